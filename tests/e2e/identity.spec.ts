import { expect, STATELESS, test } from "./fixtures.ts";

test("a background task is named by the server's id, its kind and what was called", async ({ page, fastmcp, wire }) => {
  const tasks = await page.evaluate(async (url) => {
    const client = await connect(url);
    const identity = ({ taskId, kind, name, returnedImmediately }: Task) => ({
      ...{ taskId, kind, name, returnedImmediately },
    });
    return [
      identity(await client.callTool("quick", { value: 1 }, { task: true })),
      identity(await client.getPrompt("slow_prompt", { topic: "x" }, { task: true })),
      identity(await client.readResource("data://report.txt", { task: true })),
    ];
  }, fastmcp);
  expect(tasks).toMatchObject([
    { kind: "tool", name: "quick", returnedImmediately: false },
    { kind: "prompt", name: "slow_prompt", returnedImmediately: false },
    { kind: "resource", name: "data://report.txt", returnedImmediately: false },
  ]);
  expect(new Set(tasks.map((task) => task.taskId)).size).toBe(3);
  expect(wire.names("tasks/")).toEqual([]);
});

for (const server of ["fastmcp", "sdk", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("the id is the one that the server knows", async ({ page, url }) => {
      const [known, own] = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("quick", { value: 1 }, { task: true });
        return [(await client.getTaskStatus(task.taskId)).taskId, task.taskId];
      }, url);
      expect(known).toBe(own);
    });
  });
}

test("an immediate task has an id of its own making, and says that it is immediate", async ({ page, fastmcp }) => {
  const tasks = await page.evaluate(async (url) => {
    const client = await connect(url);
    const made = [
      await client.callTool("sync_only", { value: 1 }, { task: true }),
      await client.callTool("sync_only", { value: 1 }, { task: true }),
      await client.getPrompt("plain_prompt", {}, { task: true }),
      await client.readResource("data://plain.txt", { task: true }),
    ];
    return made.map(({ taskId, kind, name, returnedImmediately }) => ({ taskId, kind, name, returnedImmediately }));
  }, fastmcp);
  expect(tasks).toMatchObject([
    { kind: "tool", name: "sync_only", returnedImmediately: true },
    { kind: "tool", name: "sync_only", returnedImmediately: true },
    { kind: "prompt", name: "plain_prompt", returnedImmediately: true },
    { kind: "resource", name: "data://plain.txt", returnedImmediately: true },
  ]);
  expect(tasks.every((task) => task.taskId.length > 8)).toBe(true);
  expect(new Set(tasks.map((task) => task.taskId)).size).toBe(4);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("only a tool becomes a task, and only one that the server makes a task of", async ({ page, url }) => {
      const tasks = await page.evaluate(async (url) => {
        const client = await connect(url);
        const made = [
          await client.callTool("quick", { value: 1 }, { task: true }),
          await client.callTool("sync_only", { value: 1 }, { task: true }),
          await client.getPrompt("plain_prompt", {}, { task: true }),
          await client.readResource("data://plain.txt", { task: true }),
        ];
        const { ToolTask, PromptTask, ResourceTask } = mcp;
        const kinds = [ToolTask, ToolTask, PromptTask, ResourceTask];
        return made.map((task, i) => {
          const { taskId, kind, name, returnedImmediately } = task;
          return { taskId, kind, name, returnedImmediately, isOfItsKind: task instanceof kinds[i]!, thenable: "then" in task };
        });
      }, url);
      const every = { isOfItsKind: true, thenable: false };
      expect(tasks).toMatchObject([
        { ...every, kind: "tool", name: "quick", returnedImmediately: false },
        { ...every, kind: "tool", name: "sync_only", returnedImmediately: true },
        { ...every, kind: "prompt", name: "plain_prompt", returnedImmediately: true },
        { ...every, kind: "resource", name: "data://plain.txt", returnedImmediately: true },
      ]);
      expect(new Set(tasks.map((task) => task.taskId)).size).toBe(4);
    });
  });
}

test("each kind has its class, and no task is thenable", async ({ page, fastmcp }) => {
  const classes = await page.evaluate(async (url) => {
    const client = await connect(url);
    const tasks = [
      await client.callTool("quick", { value: 1 }, { task: true }),
      await client.getPrompt("slow_prompt", { topic: "x" }, { task: true }),
      await client.readResource("data://report.txt", { task: true }),
      await client.callTool("sync_only", {}, { task: true }),
    ];
    const { Task, ToolTask, PromptTask, ResourceTask } = mcp;
    return tasks.map((task) => [
      task instanceof Task && !("then" in task),
      ...[ToolTask, PromptTask, ResourceTask].map((kind) => task instanceof kind),
    ]);
  }, fastmcp);
  expect(classes).toEqual([
    [true, true, false, false],
    [true, false, true, false],
    [true, false, false, true],
    [true, true, false, false],
  ]);
});

test("`client.tasks` holds what is live, by id, and nothing else", async ({ page, fastmcp }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const running = await client.callTool("forever", {}, { task: true });
    const silent = await client.callTool("silent", { seconds: 0.5 }, { task: true });
    await client.callTool("sync_only", {}, { task: true });
    const both = [...client.tasks.keys()];
    await silent.result();
    const one = [...client.tasks.values()];
    await running.cancel();
    await running.wait({ state: "cancelled" });
    return { expected: [running.taskId, silent.taskId], both, same: one[0] === running, one: one.length, none: client.tasks.size };
  }, fastmcp);
  expect(seen.both).toEqual(seen.expected);
  expect(seen).toMatchObject({ same: true, one: 1, none: 0 });
});

test("`toJSON()` is a record that survives JSON", async ({ page, fastmcp }) => {
  const [taskId, record] = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("quick", { value: 1 }, { task: true });
    return [task.taskId, JSON.parse(JSON.stringify(task))] as const;
  }, fastmcp);
  expect(record).toMatchObject({ taskId, kind: "tool", name: "quick" });
});
