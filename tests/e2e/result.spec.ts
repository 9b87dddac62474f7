import { expect, STATELESS, test } from "./fixtures.ts";
import { slow } from "./support/dialect.ts";

test("every caller gets the one promise, and the server is asked once", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("slow", { seconds: 0.4 }, { task: true });
    const [one, two] = [task.result(), task.result()];
    const [first, second, third] = await Promise.all([one, two, task.result({ timeoutMs: 5000 })]);
    const later = await task.result();
    return { promise: one === two, object: first === second && second === third && third === later, data: later.data };
  }, fastmcp);
  expect(seen).toEqual({ promise: true, object: true, data: "slept 0.4s" });
  expect(wire.sent("tasks/result").length).toBe(1);
  expect(wire.sent("tools/call").length).toBe(1);
});

test("TypeScript SDK: concurrent callers get one result of one run", async ({ page, sdk, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("slow", { ms: 400 }, { task: true });
    const results = await Promise.all(Array.from({ length: 5 }, () => task.result()));
    return { one: new Set(results).size, content: results[0]?.content };
  }, sdk);
  expect(seen).toEqual({ one: 1, content: [{ type: "text", text: "worked 400 ms" }] });
  expect(wire.sent("tasks/result").length).toBe(1);
});

test("once settled it outlives `close()`", async ({ page, fastmcp, wire }) => {
  const [before, after] = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("quick", { value: 21 }, { task: true });
    const before = await task.result();
    await client.close();
    return [before.data, (await task.result()).data];
  }, fastmcp);
  expect([before, after]).toEqual([42, 42]);
  expect(wire.sent("tasks/result").length).toBe(1);
});

test("an error is kept as well", async ({ page, fastmcp, wire }) => {
  const same = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("boom", {}, { task: true });
    const error = () => task.result().catch((error: unknown) => error);
    const first = await error();
    await client.close();
    return first === (await error()) && first instanceof mcp.McpError;
  }, fastmcp);
  expect(same).toBe(true);
  expect(wire.sent("tasks/result").length).toBe(1);
});

test("while it is pending, `close()` rejects it with `closed`", async ({ page, fastmcp }) => {
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("forever", {}, { task: true });
    const pending = settle(task.result());
    await sleep(100);
    await client.close();
    return pending;
  }, fastmcp);
  expect(ended.error?.code).toBe("closed");
});

test("`timeoutMs` and `signal` end one caller's wait, and nobody else's", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("slow", { seconds: 0.8 }, { task: true });
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    const aborted = task.result({ signal: controller.signal }).catch((error: unknown) => error === reason);
    const late = settle(task.result({ timeoutMs: 100 }));
    const patient = task.result();
    return { aborted: await aborted, late: await late, data: (await patient).data };
  }, fastmcp);
  expect(seen).toMatchObject({ aborted: true, late: { error: { code: "timeout" } }, data: "slept 0.8s" });
  expect(wire.sent("tasks/cancel")).toEqual([]);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("it is one promise for all, comes with the status that tells of the end, and outlives `close()`", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url);
          const task = await client.callTool("slow", args, { task: true });
          const [one, two] = [task.result(), task.result()];
          const results = await Promise.all([one, two, task.result({ timeoutMs: 5000 })]);
          await client.close();
          return { promise: one === two, objects: new Set([...results, await task.result()]).size };
        },
        { url, args: slow(server, 400) },
      );
      expect(seen).toEqual({ promise: true, objects: 1 });
      expect(wire.sent("tools/call").length).toBe(1);
      expect(wire.names("tasks/").every((name) => name === "tasks/get")).toBe(true);
    });

    test("an error is kept as well", async ({ page, url, wire }) => {
      const same = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("boom", {}, { task: true });
        const error = () => task.result().catch((error: unknown) => error);
        const first = await error();
        await client.close();
        return first === (await error()) && first instanceof mcp.McpError;
      }, url);
      expect(same).toBe(true);
      expect(wire.sent("tools/call").length).toBe(1);
    });

    test("one caller's limits end its own wait, and `close()` everybody's", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("forever", {}, { task: true });
        const reason = new Error("enough");
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 100);
        const aborted = task.result({ signal: controller.signal }).catch((error: unknown) => error === reason);
        const late = settle(task.result({ timeoutMs: 100 }));
        const patient = settle(task.result());
        const ended = [await aborted, (await late).error?.code];
        await client.close();
        return [...ended, (await patient).error?.code];
      }, url);
      expect(seen).toEqual([true, "timeout", "closed"]);
      expect(wire.sent("tasks/cancel")).toEqual([]);
    });
  });
}

test("it is asked for only when the task has ended", async ({ page, scripted }) => {
  const task = scripted.task({ polls: ["working", "working", "completed"] });
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    await task.result();
  }, scripted.url);
  const names = scripted.requests.map((call) => call.name).filter((name) => name.startsWith("tasks/"));
  expect(names).toEqual(["tasks/get", "tasks/get", "tasks/get", "tasks/result"]);
  expect(task.polls).toEqual([]);
});

test("an end that is pushed before the result is there is waited out, while the task says that it is working", async ({ page, scripted }) => {
  const task = scripted.task({ polls: ["working", "working", "completed"] });
  const result = page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return task.result();
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1 && scripted.sent("tools/call").length === 1);
  scripted.push({ jsonrpc: "2.0", method: "notifications/tasks/status", params: { ...task.state, status: "completed" } });
  expect((await result).content).toEqual([{ type: "text", text: "done" }]);
});

test("a result that never comes though the task has ended is not asked for without end", async ({ page, scripted }) => {
  scripted.task({ polls: ["completed"] });
  scripted.on("tasks/result", (call) => call.error(-32602, "Task not completed yet (current state: working)"));
  const ended = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return settle(task.result({ timeoutMs: 8000 }));
  }, scripted.url);
  expect(ended.error?.mcp).toBe(true);
  expect(scripted.sent("tasks/result").length).toBeLessThan(20);
});
