import { expect, test } from "./fixtures.ts";

test("FastMCP: `status()` is the server's truth within one poll interval, from first to last", async ({ page, fastmcp }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("slow", { seconds: 1.6, steps: 2 }, { task: true });
    const at = async (ms: number) => (await sleep(ms), task.status());
    // Half a second is the interval that this tool asks for.
    return [await at(550), await at(750), await at(850)];
  }, fastmcp);
  expect(seen).toMatchObject([
    { status: "working", statusMessage: "step 1 of 2" },
    { status: "working", statusMessage: "step 2 of 2" },
    { status: "completed" },
  ]);
});

test("FastMCP without sessions: `status()` asks the server each time", async ({ page, fastmcpStateless, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("slow", { seconds: 0.6, steps: 2 }, { task: true });
    await sleep(50);
    const first = await task.status();
    await sleep(300);
    const second = await task.status();
    await sleep(400);
    return [first, second, await task.status()];
  }, fastmcpStateless);
  expect(seen).toMatchObject([
    { status: "working", statusMessage: "step 1 of 2" },
    { status: "working", statusMessage: "step 2 of 2" },
    { status: "completed" },
  ]);
  expect(wire.sent("tasks/get").length).toBe(3);
});

test("TypeScript SDK: `status()` is the server's truth within one poll interval", async ({ page, sdk }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("slow", { ms: 800, steps: 2 }, { task: true });
    const at = async (ms: number) => (await sleep(ms), task.status());
    return [await at(350), await at(350), await at(400)];
  }, sdk);
  expect(seen).toMatchObject([
    { status: "working", statusMessage: "step 1 of 2" },
    { status: "working", statusMessage: "step 2 of 2" },
    { status: "completed" },
  ]);
});

test("a status has one shape, with durations in milliseconds", async ({ page, scripted }) => {
  const createdAt = "2026-01-02T03:04:05.678901+00:00";
  const task = scripted.task({ ttl: 90_000, pollInterval: 120 }).set("working", { statusMessage: "half", createdAt });
  const statuses = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("work", {}, { task: true });
    return { ofTask: await task.status(), byId: await client.getTaskStatus(task.taskId) };
  }, scripted.url);
  const shape = {
    ...{ taskId: task.taskId, status: "working", statusMessage: "half", ttlMs: 90_000, pollIntervalMs: 120 },
    ...{ createdAt, lastUpdatedAt: task.state["lastUpdatedAt"] },
  };
  expect(statuses).toEqual({ ofTask: shape, byId: shape });
});

test("`ttlMs` is null where the server sets no limit", async ({ page, scripted }) => {
  scripted.task({ ttl: null });
  const status = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return task.status();
  }, scripted.url);
  expect(status.ttlMs).toBeNull();
});

test("a stream that is open but says nothing does not make the status stale", async ({ page, scripted }) => {
  const task = scripted.task({ pollInterval: 100 });
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    Object.assign(kept, { task });
    await task.status();
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1);
  task.set("working", { statusMessage: "moved in silence" });
  const status = await page.evaluate(async () => {
    await sleep(100);
    return kept.task.status();
  });
  expect(status.statusMessage).toBe("moved in silence");
});

test("a status that a live stream delivers is at hand at once", async ({ page, scripted }) => {
  const task = scripted.task({ pollInterval: 60_000 });
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    Object.assign(kept, { task, changes: changesOf(task) });
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1);
  task.push("working", { statusMessage: "pushed" });
  await page.waitForFunction("kept.changes.at(-1)?.statusMessage === 'pushed'");
  const asked = scripted.sent("tasks/get").length;
  const status = await page.evaluate(async () => kept.task.status());
  expect(status.statusMessage).toBe("pushed");
  expect(scripted.sent("tasks/get").length - asked).toBeLessThanOrEqual(1);
});

test("after the end nothing is asked any more", async ({ page, scripted }) => {
  scripted.task({ polls: ["completed"] });
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    await task.result();
    return [await task.status(), await task.status()];
  }, scripted.url);
  expect(statuses).toMatchObject([{ status: "completed" }, { status: "completed" }]);
  expect(scripted.sent("tasks/get").length).toBe(1);
});

test("callers at the same time each get the status", async ({ page, scripted }) => {
  scripted.task({ pollInterval: 1000 });
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return Promise.all(Array.from({ length: 5 }, () => task.status()));
  }, scripted.url);
  expect(statuses.map((status) => status.status)).toEqual(Array.from({ length: 5 }, () => "working"));
});
