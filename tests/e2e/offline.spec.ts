import { expect, test } from "./fixtures.ts";
import config from "./playwright.config.ts";
import { slow } from "./support/dialect.ts";

/** A server that needs a network: what is on this machine does not. */
const FAR = "peer.test";
const far = (url: string): string => url.replace(/127\.0\.0\.1|localhost/, FAR);

const { launchOptions } = config.use!;
test.use({ launchOptions: { ...launchOptions, args: [...launchOptions!.args!, `--host-resolver-rules=MAP ${FAR} 127.0.0.1`] } });

for (const server of ["sdk", "sdk2026", "sdk2026Polled"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("without a network nothing is tried in vain, and with it the result is there at once", async ({ page, context, url, wire }) => {
      await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url);
          const task = await client.callTool("slow", args, { task: true });
          kept.changes = changesOf(task);
          kept.result = task.result();
        },
        { url: far(url), args: slow(server, 4_000) },
      );
      await page.waitForTimeout(1_000);
      await context.setOffline(true);
      await page.waitForTimeout(1_000);
      const before = wire.requests.length;
      await page.waitForTimeout(5_000);
      expect(wire.requests.length, "while there is no network").toBe(before);
      await context.setOffline(false);
      const ended = await page.evaluate(() => settle(kept.result));
      expect(ended.value).toBeDefined();
      expect(ended.ms).toBeLessThan(1_500);
      expect(await page.evaluate(() => kept.changes.at(-1)?.status)).toBe("completed");
    });

    test("what a caller wants to read without a network comes with it", async ({ page, context, url }) => {
      const reading = page.evaluate(async (url) => {
        const client = await connect(url);
        while (navigator.onLine) await sleep(10);
        return settle(client.listTools());
      }, far(url));
      await page.waitForTimeout(1_000);
      await context.setOffline(true);
      await page.waitForTimeout(3_000);
      await context.setOffline(false);
      const { value, ms } = await reading;
      expect(value?.length).toBeGreaterThan(0);
      expect(ms).toBeGreaterThan(2_500);
    });
  });
}

test("a server on this machine is asked all the same", async ({ page, sdk2026Polled, wire }) => {
  await page.evaluate(
    async ({ url, args }) => {
      const client = await connect(url);
      Object.defineProperty(navigator, "onLine", { value: false });
      dispatchEvent(new Event("offline"));
      await (await client.callTool("slow", args, { task: true })).result();
    },
    { url: sdk2026Polled, args: slow("sdk2026Polled", 1_000) },
  );
  expect(wire.sent("tasks/get").length).toBeGreaterThan(1);
});

for (const [what, wake] of [
  ["shown again", () => dispatchEvent(new Event("pageshow"))],
  ["seen again", () => document.dispatchEvent(new Event("visibilitychange"))],
  ["thawed", () => document.dispatchEvent(new Event("resume"))],
  ["connected again", () => dispatchEvent(new Event("online"))],
] as const) {
  test(`a page that is ${what} asks at once, whatever the server's interval`, async ({ page, sdk2026Daily }) => {
    // The polls get further apart: the next after that of the eighth second is that of the sixteenth.
    await page.evaluate(
      async ({ url, args }) => {
        const task = await (await connect(url)).callTool("slow", args, { task: true });
        kept.result = task.result();
      },
      { url: sdk2026Daily, args: slow("sdk2026Daily", 9_000) },
    );
    await page.waitForTimeout(12_000);
    await page.evaluate(wake);
    const ended = await page.evaluate(() => settle(kept.result));
    expect(ended.value).toBeDefined();
    expect(ended.ms).toBeLessThan(1_000);
  });
}

test("a client that is closed listens to nothing", async ({ page, sdk2026 }) => {
  const left = await page.evaluate(async (url) => {
    const counts = new Map<string, number>();
    for (const target of [window, document]) {
      for (const [name, step] of [["addEventListener", 1], ["removeEventListener", -1]] as const) {
        const own = target[name].bind(target) as (...args: unknown[]) => void;
        target[name] = (event: string, ...rest: unknown[]) => {
          counts.set(event, (counts.get(event) ?? 0) + step);
          own(event, ...rest);
        };
      }
    }
    const client = await connect(url);
    const most = [...counts.keys()].sort();
    await client.close();
    return { most, counts: [...counts.values()] };
  }, sdk2026);
  expect(left.most).toEqual(["offline", "online", "pageshow", "resume", "visibilitychange"]);
  expect(left.counts.every((count) => count === 0)).toBe(true);
});
