import { expect, STATELESS, test } from "./fixtures.ts";
import { slow } from "./support/dialect.ts";

for (const server of ["fastmcp", "sdkShared", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("a task that another page started is watched to its result in a fresh one", async ({ page, newPage, url }) => {
      const taskId = await page.evaluate(
        async ({ url, args }) => (await (await connect(url)).callTool("slow", args, { task: true })).taskId,
        { url, args: slow(server, 1000) },
      );
      const fresh = await newPage();
      await page.close();
      const seen = await fresh.evaluate(
        async ({ url, taskId }) => {
          const client = await connect(url);
          const task = client.resumeTask(taskId, { kind: "tool", name: "slow" });
          const changes = changesOf(task);
          const known = client.tasks.get(taskId) === task;
          const { taskId: id, kind, name, returnedImmediately } = task;
          const result = await task.result();
          return { id, kind, name, returnedImmediately, known, content: result.content, last: changes.at(-1)?.status };
        },
        { url, taskId },
      );
      expect(seen).toMatchObject({ id: taskId, kind: "tool", name: "slow", returnedImmediately: false, known: true });
      expect(seen.last).toBe("completed");
      expect(seen.content).toMatchObject([{ type: "text" }]);
    });
  });
}

test("what `toJSON()` gave is enough, for each kind", async ({ page, newPage, fastmcp }) => {
  const records = await page.evaluate(async (url) => {
    const client = await connect(url);
    return JSON.stringify([
      await client.callTool("quick", { value: 3 }, { task: true }),
      await client.getPrompt("slow_prompt", { topic: "moss" }, { task: true }),
      await client.readResource("data://report.txt", { task: true }),
    ]);
  }, fastmcp);
  const seen = await (
    await newPage()
  ).evaluate(
    async ({ url, records }) => {
      const client = await connect(url);
      const tasks = (JSON.parse(records) as TaskRecord[]).map((record) => client.resumeTask(record));
      const { ToolTask, PromptTask, ResourceTask } = mcp;
      return {
        classes: [tasks[0] instanceof ToolTask, tasks[1] instanceof PromptTask, tasks[2] instanceof ResourceTask],
        names: tasks.map((task) => task.name),
        results: await Promise.all(tasks.map((task) => task.result())),
      };
    },
    { url: fastmcp, records },
  );
  expect(seen.classes).toEqual([true, true, true]);
  expect(seen.names).toEqual(["quick", "slow_prompt", "data://report.txt"]);
  expect(seen.results).toMatchObject([
    { data: 6 },
    { messages: [{ content: { text: "Write about moss" } }] },
    [{ text: "report body" }],
  ]);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("what `toJSON()` gave is enough, and what had ended before has its status and its result", async ({ page, newPage, url }) => {
      const record = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("quick", { value: 3 }, { task: true });
        await task.wait();
        return JSON.stringify(task);
      }, url);
      const seen = await (
        await newPage()
      ).evaluate(
        async ({ url, record }) => {
          const client = await connect(url);
          const task = client.resumeTask(JSON.parse(record) as TaskRecord);
          const same = client.resumeTask(task.taskId) === task;
          const { kind, name } = task;
          const result = (await task.result()) as CallToolResult;
          return { same, kind, name, waited: (await task.wait()).status, status: (await task.status()).status, content: result.content };
        },
        { url, record },
      );
      expect(seen).toMatchObject({ same: true, kind: "tool", name: "quick", waited: "completed", status: "completed", content: [{ text: "6" }] });
    });
  });
}

test("it is a task at once, not a promise of one, and sends nothing by itself", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = client.resumeTask("some-task", { kind: "prompt", name: "p" });
    const same = (await Promise.resolve<Task>(task)) === task;
    return [task instanceof mcp.PromptTask, same, task.kind, task.name];
  }, fastmcp);
  expect(seen).toEqual([true, true, "prompt", "p"]);
  expect(wire.names("tasks/")).toEqual([]);
});

test("without a kind it is a tool's", async ({ page, fastmcp }) => {
  const data = await page.evaluate(async (url) => {
    const client = await connect(url);
    const { taskId } = await client.callTool("quick", { value: 3 }, { task: true });
    const again = (await connect(url)).resumeTask(taskId);
    return [again.kind, ((await again.result())).data];
  }, fastmcp);
  expect(data).toEqual(["tool", 6]);
});

test("one that is live here already is the same task", async ({ page, fastmcp }) => {
  const same = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("forever", {}, { task: true });
    return client.resumeTask(task.taskId) === task;
  }, fastmcp);
  expect(same).toBe(true);
});

test("one that ended long ago has its status and its result", async ({ page, fastmcp }) => {
  const seen = await page.evaluate(async (url) => {
    const first = await connect(url);
    const { taskId } = await first.callTool("quick", { value: 3 }, { task: true });
    await first.getTaskStatus(taskId);
    await first.close();
    await sleep(200);
    const task = (await connect(url)).resumeTask(taskId, { kind: "tool", name: "quick" });
    return [(await task.status()).status, (await task.wait()).status, (await task.result()).data];
  }, fastmcp);
  expect(seen).toEqual(["completed", "completed", 6]);
});

for (const [why, argument] of [
  ["an empty id", ""],
  ["a number", 7],
  ["a record without an id", { kind: "tool" }],
] as const) {
  test(`${why} is refused`, async ({ page, scripted }) => {
    const code = await page.evaluate(
      async ({ url, argument }) => {
        const client = await connect(url);
        try {
          client.resumeTask(argument as string);
          return "resumed";
        } catch (error) {
          return (error as McpError).code;
        }
      },
      { url: scripted.url, argument },
    );
    expect(code).toBe("invalid_argument");
  });
}
