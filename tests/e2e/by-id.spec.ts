import { expect, STATELESS, test } from "./fixtures.ts";

for (const server of ["fastmcp", "sdk", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("status, result and cancel by id", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const quick = await client.callTool("quick", { value: 4 }, { task: true });
        const forever = await client.callTool("forever", {}, { task: true });
        await quick.wait();
        return {
          ids: [quick.taskId, forever.taskId],
          statuses: [await client.getTaskStatus(quick.taskId), await client.getTaskStatus(forever.taskId)],
          result: (await client.getTaskResult(quick.taskId)) as CallToolResult,
          cancelled: await client.cancelTask(forever.taskId),
          after: await client.getTaskStatus(forever.taskId),
        };
      }, url);
      const [quick, forever] = seen.ids;
      expect(seen.statuses).toMatchObject([
        { taskId: quick, status: "completed" },
        { taskId: forever, status: "working" },
      ]);
      expect(seen.result.content).toEqual([{ type: "text", text: "8" }]);
      expect(seen.cancelled).toMatchObject({ taskId: forever, status: "cancelled" });
      expect(seen.after.status).toBe("cancelled");
    });
  });
}

test("TypeScript SDK: `listTasks` hands out every task once, page by page", async ({ page, sdk, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const made = [];
    for (let value = 0; value < 23; value++) made.push((await client.callTool("quick", { value }, { task: true })).taskId);
    const walk = async (limit?: number) => {
      const [ids, sizes]: [string[], number[]] = [[], []];
      let cursor: string | undefined;
      do {
        const page = await client.listTasks({ ...(cursor && { cursor }), ...(limit && { limit }) });
        ids.push(...page.tasks.map((task) => task.taskId));
        sizes.push(page.tasks.length);
        cursor = page.nextCursor;
      } while (cursor !== undefined && sizes.length < 50);
      return { ids, sizes };
    };
    return { made, seven: await walk(7), all: await walk(), shape: (await client.listTasks({ limit: 1 })).tasks[0] };
  }, sdk);
  expect(seen.seven.ids.toSorted()).toEqual(seen.made.toSorted());
  expect(seen.all.ids.toSorted()).toEqual(seen.made.toSorted());
  expect(Math.max(...seen.seven.sizes)).toBe(7);
  expect(Math.max(...seen.all.sizes)).toBeLessThanOrEqual(50);
  expect(seen.shape).toMatchObject({ taskId: seen.made[0], ttlMs: 600_000, pollIntervalMs: 300 });
  expect(wire.sent("tasks/list").length).toBeGreaterThan(3);
});

test("FastMCP: where the server's list is empty the tasks known here are asked one by one", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const forever = await client.callTool("forever", {}, { task: true });
    const silent = await client.callTool("silent", { seconds: 5 }, { task: true });
    return { ids: [forever.taskId, silent.taskId].sort(), list: await client.listTasks() };
  }, fastmcp);
  expect(seen.list.tasks.map((task) => task.taskId).sort()).toEqual(seen.ids);
  expect(seen.list.tasks.map((task) => task.status)).toEqual(["working", "working"]);
  expect(seen.list.nextCursor).toBeUndefined();
  expect(wire.sent("tasks/list").length).toBe(1);
  expect(wire.sent("tasks/get").length).toBe(2);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("the protocol has no list of tasks: those known here are asked one by one, page by page", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const ids: string[] = [];
        for (let i = 0; i < 3; i++) ids.push((await client.callTool("forever", {}, { task: true })).taskId);
        const first = await client.listTasks({ limit: 2 });
        const { nextCursor: cursor } = first;
        return { ids, first, rest: await client.listTasks({ limit: 2, ...(cursor && { cursor }) }) };
      }, url);
      expect([...seen.first.tasks, ...seen.rest.tasks].map((task) => task.taskId).sort()).toEqual(seen.ids.sort());
      expect(seen.first.tasks.length).toBe(2);
      expect(seen.rest.nextCursor).toBeUndefined();
      expect(wire.sent("tasks/get").length).toBeGreaterThanOrEqual(3);
      expect(wire.sent("tasks/list")).toEqual([]);
    });

    test("`getTaskResult` waits for the end, and takes the result out of the status that tells of it", async ({ page, url, wire }) => {
      const [task, again, failed] = await page.evaluate(async (url) => {
        const client = await connect(url);
        const { taskId } = await client.callTool("quick", { value: 4 }, { task: true });
        const failing = await client.callTool("protocol_error", {}, { task: true });
        return [
          (await client.getTaskResult(taskId)) as CallToolResult,
          (await client.getTaskResult(taskId)) as CallToolResult,
          await settle(client.getTaskResult(failing.taskId)),
        ] as const;
      }, url);
      expect(task.content).toEqual([{ type: "text", text: "8" }]);
      expect(again).toEqual(task);
      expect(failed.error).toMatchObject({ code: "task_failed", message: expect.stringContaining("protocol kaboom") });
      expect(wire.sent("tasks/result")).toEqual([]);
    });
  });
}

test("where the server refuses to list, the tasks known here are asked, and one that is gone is left out", async ({ page, scripted }) => {
  const [gone, stays] = [scripted.task(), scripted.task()];
  scripted.on("tasks/list", (call) => call.error(-32601, "Method not found"));
  await page.evaluate(async (url) => {
    const client = await connect(url, { notifications: false });
    await client.callTool("work", {}, { task: true });
    await client.callTool("work", {}, { task: true });
    Object.assign(kept, { client });
  }, scripted.url);
  scripted.tasks.delete(gone.taskId);
  const list = await page.evaluate(() => kept.client.listTasks());
  expect(list.tasks.map((task) => task.taskId)).toEqual([stays.taskId]);
});

test("`limit` and `cursor` hold for the tasks known here, too", async ({ page, scripted }) => {
  const made = Array.from({ length: 5 }, () => scripted.task().taskId);
  scripted.on("tasks/list", (call) => call.result({ tasks: [] }));
  const pages = await page.evaluate(async (url) => {
    const client = await connect(url, { notifications: false });
    for (let i = 0; i < 5; i++) await client.callTool("work", {}, { task: true });
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTasks({ limit: 2, ...(cursor && { cursor }) });
      pages.push(page.tasks.map((task) => task.taskId));
      cursor = page.nextCursor;
    } while (cursor !== undefined && pages.length < 10);
    return pages;
  }, scripted.url);
  expect(pages.flat().sort()).toEqual(made.sort());
  expect(Math.max(...pages.map((page) => page.length))).toBe(2);
});

test("a server's page may be longer than the limit or empty in the middle: nothing is lost", async ({ page, scripted }) => {
  const tasks = Array.from({ length: 9 }, () => scripted.task().state);
  scripted.on("tasks/list", (call) => {
    const pages: Record<string, object> = {
      start: { tasks: tasks.slice(0, 5), nextCursor: "hollow" },
      hollow: { tasks: [], nextCursor: "rest" },
      rest: { tasks: tasks.slice(5) },
    };
    return call.result(pages[call.params.cursor ?? "start"]!);
  });
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const sizes: number[] = [];
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTasks({ limit: 2, ...(cursor && { cursor }) });
      sizes.push(page.tasks.length);
      ids.push(...page.tasks.map((task) => task.taskId));
      cursor = page.nextCursor;
    } while (cursor !== undefined && sizes.length < 20);
    return { ids, sizes };
  }, scripted.url);
  expect(seen.ids).toEqual(tasks.map((task) => task["taskId"]));
  expect(Math.max(...seen.sizes)).toBe(2);
});
