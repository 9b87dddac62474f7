import { expect, test } from "./fixtures.ts";

/** Starts the scripted task in the page, watches it, and leaves all of it in the page's globals. */
const watch = async (url: string) => {
  const client = await connect(url);
  const task = await client.callTool("work", {}, { task: true });
  Object.assign(kept, { client, task, changes: changesOf(task), waiting: settle(task.wait()) });
  return task.taskId;
};
const messages = () => kept.changes.flatMap((change) => change.statusMessage ?? []);

test.describe("real servers, whose poll interval is a minute", () => {
  test("FastMCP: the end is pushed, and wakes every wait", async ({ page, fastmcp, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("patient", { seconds: 1.5 }, { task: true });
      const [waited, result] = await Promise.all([settle(task.wait()), settle(task.result())]);
      return { waited, data: result.value?.data };
    }, fastmcp);
    expect(seen).toMatchObject({ waited: { value: { status: "completed" } }, data: "done" });
    expect(seen.waited.ms).toBeGreaterThan(1000);
    expect(seen.waited.ms).toBeLessThan(4000);
    expect(wire.sent("GET").length).toBe(1);
    expect(wire.sent("tasks/get").length).toBeLessThan(4);
  });

  test("TypeScript SDK: every step and the end are pushed", async ({ page, sdkPatient, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("slow", { ms: 1500, steps: 3 }, { task: true });
      const changes = changesOf(task);
      return { waited: await settle(task.wait()), changes };
    }, sdkPatient);
    expect(seen.waited.value?.status).toBe("completed");
    expect(seen.waited.ms).toBeLessThan(4000);
    expect(seen.changes.map((change) => change.statusMessage)).toEqual(expect.arrayContaining(["step 2 of 3", "step 3 of 3"]));
    expect(wire.sent("GET").length).toBe(1);
  });

  test("TypeScript SDK: a stream that ends is taken up again where it broke off", async ({ page, sdkPatient, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("hang_up", {}, { task: true });
      const changes = changesOf(task);
      return { waited: await settle(task.wait({ timeoutMs: 10_000 })), changes };
    }, sdkPatient);
    expect(seen.waited.value?.status).toBe("completed");
    expect(seen.changes.map((change) => change.statusMessage)).toContain("while there was no stream");
    expect(wire.sent("GET").length).toBeGreaterThan(1);
    expect(wire.sent("GET")[1]?.headers).toHaveProperty("last-event-id");
  });

  test("FastMCP: a failure that is pushed in general words is told in the fuller ones of the poll", async ({ page, fastmcp }) => {
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("boom", { after: 0.5 }, { task: true });
      const changes = changesOf(task);
      await settle(task.result());
      return { changes, status: await task.status() };
    }, fastmcp);
    const failed = seen.changes.filter((change) => change.status === "failed");
    expect(failed.map((change) => change.statusMessage)).toEqual(["Task failed: kaboom"]);
    expect(seen.status.statusMessage).toBe("Task failed: kaboom");
  });
});

test.describe("scripted, with a poll interval of a minute", () => {
  test("a push wakes a wait at once", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    const start = performance.now();
    task.push("completed");
    const ended = await page.evaluate(() => kept.waiting);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(ended).toMatchObject({ value: { status: "completed" } });
  });

  test("a status before the response that creates the task is kept for it", async ({ page, scripted }) => {
    scripted.task({ pollInterval: 60_000 });
    await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    const early = scripted.task({ pollInterval: 60_000 });
    scripted.on("tools/call", async (call) => {
      early.push("working", { statusMessage: "early" }).push("completed", { statusMessage: "done already" });
      await new Promise((later) => setTimeout(later, 150));
      const { state } = early;
      return call.result({ task: { ...state, status: "working", statusMessage: undefined } });
    });
    const seen = await page.evaluate(async () => {
      const task = await kept.client.callTool("work", {}, { task: true });
      const ended = await settle(task.wait({ timeoutMs: 5000 }));
      return { ended, result: await settle(task.result({ timeoutMs: 5000 })) };
    });
    expect(seen.ended.value?.status).toBe("completed");
    expect(seen.ended.ms).toBeLessThan(1000);
    expect(seen.result.value?.content).toEqual([{ type: "text", text: "done" }]);
  });

  test("a status on the call's own SSE stream, before its response, counts as well", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    scripted.on("tools/call", (call) => {
      const created = { jsonrpc: "2.0", id: call.message.id, result: { task: task.state } };
      task.set("completed");
      call.sse({ jsonrpc: "2.0", method: "notifications/tasks/status", params: task.state }, created);
    });
    const ended = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      return settle(task.wait({ timeoutMs: 5000 }));
    }, scripted.url);
    expect(ended.value?.status).toBe("completed");
    expect(ended.ms).toBeLessThan(1000);
  });

  test("a duplicate is heard once, and a late one not at all", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    task.push("working", { statusMessage: "one" }).push("working", { statusMessage: "one" });
    task.push("completed", { statusMessage: "end" }).push("completed", { statusMessage: "end" });
    task.push("working", { statusMessage: "late" });
    await page.evaluate(() => kept.waiting);
    await page.evaluate(() => sleep(100));
    expect(await page.evaluate(messages)).toEqual(["one", "end"]);
    expect(await page.evaluate(async () => kept.task.status())).toMatchObject({ status: "completed" });
  });

  test("one without a message, without times or with members that nobody knows is understood", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    const taskId = await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    const status = (params: object) => scripted.push({ jsonrpc: "2.0", method: "notifications/tasks/status", params });
    status({ taskId, status: "working", statusMessage: "spoken", "x-unknown": { a: [1] } });
    status({ taskId, status: "working" });
    task.set("input_required");
    status({ taskId, status: "input_required" });
    expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { taskId, status: "input_required" } });
    expect(await page.evaluate(messages)).toContain("spoken");
  });

  test("what makes no sense is passed over", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    const taskId = await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    for (const params of [
      ...[undefined, null, {}, { taskId }, { taskId, status: null }, { taskId, status: "exploded" }],
      ...[{ taskId: 7, status: "completed" }, { taskId: "of-somebody-else", status: "completed" }],
    ]) {
      scripted.push({ jsonrpc: "2.0", method: "notifications/tasks/status", params });
    }
    scripted.push({ jsonrpc: "2.0", method: "notifications/of-another-day", params: { taskId, status: "failed" } });
    scripted.push({ unknown: true });
    expect(await page.evaluate(async () => kept.task.status())).toMatchObject({ status: "working" });
    task.push("completed");
    expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { status: "completed" } });
  });
});

test.describe("the stream", () => {
  test("there is one while tasks are live, and none before or after", async ({ page, scripted }) => {
    const tasks = [scripted.task({ pollInterval: 60_000 }), scripted.task({ pollInterval: 60_000 })];
    await page.evaluate(async (url) => {
      const client = await connect(url);
      await client.listTools();
      Object.assign(kept, { client });
    }, scripted.url);
    expect(scripted.sent("GET").length).toBe(0);
    const ended = page.evaluate(async () => {
      const client = kept.client;
      const [one, two] = [await client.callTool("work", {}, { task: true }), await client.callTool("work", {}, { task: true })];
      await Promise.all([one.result(), two.result()]);
    });
    await scripted.until(() => scripted.streams === 1 && scripted.sent("tools/call").length === 2);
    tasks[0]!.push("completed");
    await scripted.received("tasks/result");
    expect(scripted.streams).toBe(1);
    tasks[1]!.push("completed");
    await ended;
    await scripted.until(() => scripted.streams === 0);
    expect(scripted.sent("GET").length).toBe(1);
  });

  test("`notifications: false` opens none", async ({ page, scripted }) => {
    scripted.task({ polls: ["working", "working", "completed"] });
    const status = await page.evaluate(async (url) => {
      const task = await (await connect(url, { notifications: false })).callTool("work", {}, { task: true });
      return (await task.wait()).status;
    }, scripted.url);
    expect(status).toBe("completed");
    expect(scripted.sent("GET")).toEqual([]);
  });

  test("one that breaks is opened again, from the last event that had an id", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    scripted.on("GET", (call) => {
      call.stream();
      if (call.nth === 0) call.write(`retry: 30\nid: first\ndata:\n\n`);
    });
    await page.evaluate(watch, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    scripted.push({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "still here" } });
    await page.evaluate(() => sleep(50));
    scripted.hangUp();
    const again = await scripted.received("GET", 2);
    expect(again.headers["last-event-id"]).toBe("first");
    task.push("completed");
    expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { status: "completed" } });
  });

  test("one that breaks at once, again and again, is not opened in a loop", async ({ page, scripted }) => {
    scripted.task({ polls: Array.from({ length: 8 }, () => "working"), pollInterval: 100 });
    scripted.on("GET", (call) => {
      call.stream();
      call.response.end();
    });
    await page.evaluate(watch, scripted.url);
    await page.evaluate(() => sleep(2000));
    expect(scripted.sent("GET").length).toBeLessThan(8);
  });

  for (const status of [405, 409, 404, 500]) {
    test(`a ${status} for it is no reason to fail, nor to ask again and again`, async ({ page, scripted }) => {
      const task = scripted.task({ pollInterval: 50 });
      scripted.on("GET", (call) => call.http(status));
      await page.evaluate(watch, scripted.url);
      await scripted.received("tasks/get", 12);
      task.set("completed");
      expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { status: "completed" } });
      expect(scripted.sent("GET").length).toBeLessThanOrEqual(status === 405 ? 1 : 3);
      expect(scripted.sent("initialize").length).toBe(1);
    });
  }

  test("`onNotification` hears what the server says, until it is unsubscribed", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    await page.evaluate(async (url) => {
      const client = await connect(url);
      const heard: unknown[] = [];
      const leave = client.onNotification("notifications/message", (params) => void heard.push(params));
      const task = await client.callTool("work", {}, { task: true });
      Object.assign(kept, { heard, leave, waiting: settle(task.wait()) });
    }, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    const say = (data: string) => scripted.push({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data } });
    say("one");
    say("two");
    await page.waitForFunction("kept.heard.length === 2");
    await page.evaluate(() => kept.leave());
    say("three");
    task.push("completed");
    await page.evaluate(() => kept.waiting);
    expect(JSON.stringify(await page.evaluate(() => kept.heard))).toContain("one");
    expect(await page.evaluate(() => kept.heard.length)).toBe(2);
  });
});
