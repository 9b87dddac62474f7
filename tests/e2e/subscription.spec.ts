import type { Page, Request } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

/** Runs `slow` in the background and tells what was heard of it. */
const run = async ({ url, ms, steps, notifications = true }: { url: string; ms: number; steps: number; notifications?: boolean }) => {
  const client = await connect(url, { notifications });
  const task = await client.callTool("slow", { ms, steps }, { task: true });
  const changes = changesOf(task);
  const [waited, result] = await Promise.all([settle(task.wait()), settle(task.result())]);
  return { taskId: task.taskId, waited, content: result.value?.content, messages: changes.map((change) => change.statusMessage) };
};

/** The end of the page's next stream, from whichever side. */
function streamEnds(page: Page): Promise<Request> {
  const predicate = (request: Request) => request.postDataJSON()?.method === "subscriptions/listen";
  const options = { predicate, timeout: 15_000 };
  return Promise.race([page.waitForEvent("requestfailed", options), page.waitForEvent("requestfinished", options)]);
}

test("every step and the end are pushed, and wake every wait, though the poll interval is a minute", async ({ page, sdk2026Patient: url, wire }) => {
  const seen = await page.evaluate(run, { url, ms: 1500, steps: 3 });
  expect(seen.waited.value?.status).toBe("completed");
  expect(seen.waited.ms).toBeLessThan(4000);
  expect(seen.messages).toEqual(expect.arrayContaining(["step 2 of 3", "step 3 of 3"]));
  expect(seen.content).toMatchObject([{ text: "worked 1500 ms" }]);
  expect(wire.sent("subscriptions/listen").map((listen) => listen.params.notifications.taskIds)).toEqual([[seen.taskId]]);
  // One look after the stream was acknowledged: what happened before it is not told again.
  expect(wire.sent("tasks/get").length).toBeLessThanOrEqual(2);
});

for (const server of ["sdk2026", "sdk2026Bare", "sdk2026Sse"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("while a stream delivers, polls rest, and the result comes with the push", async ({ page, url, wire }) => {
      const seen = await page.evaluate(run, { url, ms: 3000, steps: 3 });
      expect(seen.content).toMatchObject([{ text: "worked 3000 ms" }]);
      expect(seen.messages).toEqual(expect.arrayContaining(["step 2 of 3", "step 3 of 3"]));
      expect(wire.sent("subscriptions/listen").length).toBe(1);
      expect(wire.sent("tasks/get").length).toBeLessThanOrEqual(4);
    });
  });
}

test("one stream serves all tasks: opened anew with those that came, not with those that ended", async ({ page, sdk2026Patient: url, wire }) => {
  const ids = await page.evaluate(async (url) => {
    const client = await connect(url);
    const start = async (ms: number) => client.callTool("slow", { ms, steps: 1 }, { task: true });
    const one = await start(2500);
    await sleep(700);
    const [two, three] = await Promise.all([start(600), start(2500)]);
    await two.result();
    await sleep(700);
    const four = await start(600);
    await Promise.all([one, three, four].map((task) => task.result()));
    return [one, two, three, four].map((task) => task.taskId);
  }, url);
  const [one, two, three, four] = ids;
  const asked = wire.sent("subscriptions/listen").map((listen) => (listen.params.notifications.taskIds as string[]).toSorted());
  // The two that come together share a stream, unless one of them is slow to come.
  expect([3, 4]).toContain(asked.length);
  expect(asked[0]).toEqual([one]);
  expect(asked.at(-2)).toEqual([one, two, three].toSorted());
  expect(asked.at(-1)).toContain(four);
  expect(asked.at(-1)).not.toContain(two);
});

test("50 tasks at once do not mean 50 streams, nor a storm of polls", async ({ page, sdk2026Patient: url, wire }) => {
  const texts = await page.evaluate(async (url) => {
    const client = await connect(url);
    const one = async () => (await client.callTool("slow", { ms: 2500, steps: 1 }, { task: true })).result();
    const results = await Promise.all(Array.from({ length: 50 }, one));
    return new Set(results.map(({ content }) => (content[0] as { text: string }).text)).size;
  }, url);
  expect(texts).toBe(1);
  expect(wire.sent("tools/call").length).toBe(50);
  expect(wire.sent("subscriptions/listen").length).toBeLessThanOrEqual(5);
  expect(wire.sent("tasks/get").length).toBeLessThanOrEqual(100);
});

test("a stream that ends in peace, again and again, is replaced, and what it did not tell is polled", async ({ page, sdk2026Ending: url, wire }) => {
  const seen = await page.evaluate(run, { url, ms: 4000, steps: 8 });
  expect(seen.content).toMatchObject([{ text: "worked 4000 ms" }]);
  expect(seen.messages).toEqual(expect.arrayContaining(["step 4 of 8", "step 8 of 8"]));
  expect(wire.sent("subscriptions/listen").length).toBeGreaterThan(1);
  expect(wire.sent("subscriptions/listen").length).toBeLessThan(5);
  expect(wire.sent("tasks/get").length).toBeLessThan(20);
});

test("a stream that breaks off is replaced, and nothing is lost", async ({ page, sdk2026: url, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("hang_up", {}, { task: true });
    const changes = changesOf(task);
    const result = await task.result();
    return { content: result.content, messages: changes.map((change) => change.statusMessage) };
  }, url);
  expect(seen.content).toMatchObject([{ text: "survived" }]);
  expect(seen.messages).toContain("while there was no stream");
  expect(wire.sent("subscriptions/listen").length).toBeGreaterThan(1);
});

test("a server that takes on no task is polled, and not asked for ever", async ({ page, sdk2026Polled: url, wire }) => {
  const texts = await page.evaluate(async (url) => {
    const client = await connect(url);
    const texts: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { content } = await (await client.callTool("slow", { ms: 700 }, { task: true })).result();
      texts.push((content[0] as { text: string }).text);
    }
    return texts;
  }, url);
  expect(texts).toEqual(Array.from(texts, () => "worked 700 ms"));
  expect(wire.sent("subscriptions/listen").length).toBeLessThanOrEqual(3);
  expect(wire.sent("tasks/get").length).toBeGreaterThanOrEqual(10);
});

test("FastMCP 4, which has no such stream, is asked for it once", async ({ page, fastmcp4: url, wire }) => {
  await page.evaluate(async (url) => {
    const client = await connect(url);
    for (let i = 0; i < 3; i++) await (await client.callTool("silent", { seconds: 0.5 }, { task: true })).result();
  }, url);
  expect(wire.sent("subscriptions/listen").length).toBe(1);
});

test("`notifications: false` asks for none", async ({ page, sdk2026: url, wire }) => {
  const seen = await page.evaluate(run, { url, ms: 700, steps: 2, notifications: false });
  expect(seen.content).toMatchObject([{ text: "worked 700 ms" }]);
  expect(wire.sent("subscriptions/listen")).toEqual([]);
  expect(wire.sent("tasks/get").length).toBeGreaterThan(1);
});

test("there is none before a task nor for one that is immediate, and it is given up a while after the last", async ({ page, sdk2026: url, wire }) => {
  await page.evaluate(async (url) => {
    const client = await connect(url);
    await client.listTools();
    await (await client.callTool("sync_only", { value: 1 }, { task: true })).result();
    await sleep(300);
    Object.assign(kept, { client });
  }, url);
  expect(wire.sent("subscriptions/listen")).toEqual([]);
  const ended = streamEnds(page);
  await page.evaluate(async () => (await kept.client.callTool("slow", { ms: 400 }, { task: true })).result());
  expect(wire.sent("subscriptions/listen").length).toBe(1);
  const start = performance.now();
  await ended;
  expect(performance.now() - start).toBeGreaterThan(1000);
  expect(wire.sent("subscriptions/listen").length).toBe(1);
});

test("`close()` ends it at once", async ({ page, sdk2026: url, wire }) => {
  const ended = streamEnds(page);
  await page.evaluate(async (url) => {
    const client = await connect(url);
    await client.callTool("forever", {}, { task: true });
    await sleep(300);
    Object.assign(kept, { client });
  }, url);
  expect(wire.sent("subscriptions/listen").length).toBe(1);
  await page.evaluate(() => kept.client.close());
  await ended;
});

test("who listens to the server's own notifications has a stream without a task, and lists that changed are read again", async ({
  page,
  sdk2026: url,
  wire,
}) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const heard: string[] = [];
    client.onNotification("notifications/tools/list_changed", () => void heard.push("changed"));
    const before = (await client.listTools()).length;
    await client.listTools();
    await sleep(300);
    await (await connect(url)).callTool("learn", { name: `learned-${Date.now()}` });
    while (heard.length === 0) await sleep(10);
    return { heard: heard.length, more: (await client.listTools()).length - before };
  }, url);
  expect(seen).toEqual({ heard: 1, more: 1 });
  const { notifications } = wire.sent("subscriptions/listen")[0]!.params;
  expect(notifications).toMatchObject({ toolsListChanged: true });
  expect(notifications).not.toHaveProperty("taskIds");
  // The other client reads the list once, before its call.
  expect(wire.sent("tools/list").length).toBe(3);
});
