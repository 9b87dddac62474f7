import { FaultProxy } from "../peers/fault-proxy.mjs";
import { expect, type PeerName, test as base } from "./fixtures.ts";
import { slow } from "./support/dialect.ts";
import { openThrottling } from "./support/hidden.ts";

const test = base.extend<{ sleep: (ms: number) => Promise<void> }>({
  // One browser for both: the page is its, and it is what sleeps.
  sleep: async ({ context }, use) => use((context as typeof context & { sleep: (ms: number) => Promise<void> }).sleep),
  context: async ({}, use) => {
    const { context, sleep, close } = await openThrottling();
    await use(Object.assign(context, { sleep }));
    await close();
  },
});

/** The machine sleeps while the task works, and the task ends while it sleeps. */
const TASK = 3_000;
const SLEEP = 6_000;

/** Two that push, two that are asked; and whether the connections survive. */
const NIGHTS: { server: PeerName; breaks: boolean }[] = [
  { server: "sdkPatient", breaks: false },
  { server: "sdkPatient", breaks: true },
  { server: "sdk", breaks: true },
  { server: "sdk2026Patient", breaks: true },
  { server: "sdk2026Polled", breaks: false },
  { server: "sdk2026Polled", breaks: true },
];

for (const { server, breaks } of NIGHTS) {
  test.describe(server, () => {
    test.use({ server });

    test(`what ended while the machine slept is there when it wakes${breaks ? ", though no connection has survived" : ""}`, async ({ page, url, sleep }) => {
      test.setTimeout(60_000);
      const proxy = await FaultProxy.start(url);
      await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url, { timeoutMs: 5_000 });
          const task = await client.callTool("slow", args, { task: true });
          Object.assign(kept, { client, changes: changesOf(task), result: task.result(), endedAt: 0 });
          void kept.result.then(() => (kept.endedAt = Date.now()));
        },
        { url: proxy.url, args: slow(server, TASK) },
      );
      await page.waitForTimeout(500);
      const asleep = sleep(SLEEP);
      if (breaks) setTimeout(() => proxy.hangUp(), SLEEP / 2);
      await asleep;
      const awake = Date.now();
      const seen = await page.evaluate(async () => {
        const { value } = await settle(kept.result);
        const next = await settle(kept.client.listTools());
        return { value, endedAt: kept.endedAt, last: kept.changes.at(-1)?.status, next: next.error?.code };
      });
      test.info().annotations.push({ type: "seen so late, in ms", description: String(seen.endedAt - awake) });
      expect(seen.value).toBeDefined();
      expect(seen.endedAt - awake).toBeLessThan(3_000);
      expect(seen).toMatchObject({ last: "completed", next: undefined });
      await proxy.close();
    });
  });
}
