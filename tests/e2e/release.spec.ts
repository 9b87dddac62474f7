import type { CDPSession, Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

interface Held {
  /** Bytes of WebAssembly memory. */
  wasm: number;
  /** Places in WebAssembly tables, where what Rust holds of JavaScript is kept. */
  references: number;
  /** Bytes of JavaScript. */
  heap: number;
}

/** What the page holds, after it has thrown away what it can. */
async function held(cdp: CDPSession): Promise<Held> {
  for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
  const total = async (kind: string, measure: string) => {
    const { result: prototype } = await cdp.send("Runtime.evaluate", { expression: `WebAssembly.${kind}.prototype` });
    const { objects } = await cdp.send("Runtime.queryObjects", { prototypeObjectId: prototype.objectId! });
    const { result } = await cdp.send("Runtime.callFunctionOn", {
      objectId: objects.objectId!,
      functionDeclaration: `function () { return [...this].reduce((sum, each) => sum + each.${measure}, 0); }`,
      returnByValue: true,
    });
    await cdp.send("Runtime.releaseObject", { objectId: objects.objectId! });
    return result.value as number;
  };
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return { wasm: await total("Memory", "buffer.byteLength"), references: await total("Table", "length"), heap: usedSize };
}

/** Memory and tables never shrink: that a busier moment took one step more is no leak. 130 bytes a task would be two. */
function expectNoGrowth(before: Held, after: Held): void {
  expect(after.wasm - before.wasm).toBeLessThanOrEqual(65_536);
  expect(after.references - before.references).toBeLessThanOrEqual(256);
  expect(after.heap - before.heap).toBeLessThan(150_000);
}

/** Makes tasks and follows each to its end, so many at a time, with a callback, an iterator, a wait and a result each. */
const finish = (page: Page, count: number, tool: string, atOnce = 20) =>
  page.evaluate(
    async ({ count, tool, atOnce }) => {
      const client = kept.client;
      let finished = 0;
      const one = async () => {
        const task = await client.callTool(tool, { value: 1 }, { task: true });
        task.onStatusChange(() => {});
        const iterated = (async () => {
          for await (const _ of task);
        })();
        await Promise.all([iterated, task.wait(), task.result()]);
        finished++;
      };
      for (let i = 0; i < count; i += atOnce) await Promise.all(Array.from({ length: atOnce }, one));
      return { finished, live: client.tasks.size };
    },
    { count, tool, atOnce },
  );

const open = (page: Page, url: string) =>
  page.evaluate(async (url) => void Object.assign(kept, { client: await connect(url) }), url);

// The stream of the newer protocol is opened anew for the tasks that came, which takes a moment however many they are.
for (const [server, atOnce] of [
  ["fastmcp", 20],
  ["sdk2026", 100],
] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("1,000 tasks made and finished leave nothing behind", async ({ page, url }) => {
      test.setTimeout(240_000);
      await open(page, url);
      const cdp = await page.context().newCDPSession(page);
      await finish(page, 200, "quick", atOnce);
      const before = await held(cdp);
      expect(await finish(page, 1000, "quick", atOnce)).toEqual({ finished: 1000, live: 0 });
      const after = await held(cdp);
      expectNoGrowth(before, after);
    });
  });
}

test("questions that were answered leave nothing behind", async ({ page, sdk2026 }) => {
  test.setTimeout(240_000);
  await page.evaluate(async (url) => {
    const client = await connect(url, { elicitation: () => ({ action: "accept", content: { value: "Ada" } }) });
    Object.assign(kept, { client });
  }, sdk2026);
  const answer = (count: number) =>
    page.evaluate(async (count) => {
      for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, () => kept.client.callTool("ask_name")));
      return kept.client.tasks.size;
    }, count);
  const cdp = await page.context().newCDPSession(page);
  await answer(50);
  const before = await held(cdp);
  expect(await answer(200)).toBe(0);
  const after = await held(cdp);
  expectNoGrowth(before, after);
});

test("1,000 tasks made and finished leave no stream, no request and no task behind: scripted", async ({ page, scripted }) => {
  test.setTimeout(240_000);
  for (let i = 0; i < 1200; i++) scripted.task({ polls: ["working", "completed"], pollInterval: 20 });
  await open(page, scripted.url);
  const cdp = await page.context().newCDPSession(page);
  await finish(page, 200, "work");
  const before = await held(cdp);
  expect(await finish(page, 1000, "work")).toEqual({ finished: 1000, live: 0 });
  const after = await held(cdp);
  expectNoGrowth(before, after);
  await scripted.until(() => scripted.streams === 0);
  expect(scripted.sent("GET").length).toBeLessThan(3);
  const sent = scripted.requests.length;
  await page.evaluate(() => sleep(500));
  expect(scripted.requests.length).toBe(sent);
});

test("callbacks, signals' listeners and tasks are let go when the task has ended", async ({ page, scripted }) => {
  scripted.task({ polls: ["working", "completed"] });
  await page.evaluate(async (url) => {
    const client = await connect(url);
    const weak: WeakRef<object>[] = [];
    const controller = new AbortController();
    await (async () => {
      const task = await client.callTool("work", {}, { task: true });
      const callback = () => {};
      task.onStatusChange(callback);
      const result = await task.result({ signal: controller.signal, timeoutMs: 60_000 });
      weak.push(new WeakRef(task), new WeakRef(callback), new WeakRef(result));
    })();
    // The client and the signal live on: neither may hold on to the task.
    Object.assign(kept, { client, controller, weak });
  }, scripted.url);
  const cdp = await page.context().newCDPSession(page);
  await expect(async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    expect(await page.evaluate(() => kept.weak.map((each) => each.deref() === undefined))).toEqual([true, true, true]);
  }).toPass({ timeout: 5000 });
});

test("callbacks and tasks are let go when the client is closed in the middle of the work", async ({ page, scripted }) => {
  scripted.task({ pollInterval: 60_000 });
  await page.evaluate(async (url) => {
    const weak: WeakRef<object>[] = [];
    await (async () => {
      const client = await connect(url);
      const task = await client.callTool("work", {}, { task: true });
      const callback = () => {};
      task.onStatusChange(callback);
      const waiting = settle(task.wait());
      await sleep(100);
      await client.close();
      await waiting;
      weak.push(new WeakRef(client), new WeakRef(task), new WeakRef(callback));
    })();
    Object.assign(kept, { weak });
  }, scripted.url);
  await scripted.until(() => scripted.streams === 0);
  const cdp = await page.context().newCDPSession(page);
  await expect(async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    expect(await page.evaluate(() => kept.weak.map((each) => each.deref() === undefined))).toEqual([true, true, true]);
  }).toPass({ timeout: 5000 });
});

test("100 clients opened and closed leave no growth", async ({ page, scripted }) => {
  test.setTimeout(60_000);
  const cycle = (count: number) =>
    page.evaluate(
      async ({ url, count }) => {
        for (let i = 0; i < count; i++) {
          const client = await connect(url);
          await client.listTools();
          await client.close();
        }
      },
      { url: scripted.url, count },
    );
  const cdp = await page.context().newCDPSession(page);
  await cycle(20);
  const before = await held(cdp);
  await cycle(100);
  const after = await held(cdp);
  expectNoGrowth(before, after);
});
