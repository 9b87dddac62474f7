import { expect, STATELESS, test } from "./fixtures.ts";

/** What the same code yields wherever it runs: the body of every test here. */
interface Outcome {
  immediate: boolean;
  data: unknown;
}

const asTask = async ({ url, name, args }: { url: string; name: string; args: object }): Promise<Outcome> => {
  const client = await connect(url);
  const task = await client.callTool(name, args as Record<string, unknown>, { task: { ttlMs: 60_000 } });
  const result = await task.result();
  return { immediate: task.returnedImmediately, data: result.data ?? (result.content[0] as { text: string }).text };
};

test("FastMCP without tasks: a tool, a prompt and a resource work, and nothing of tasks is sent", async ({
  page,
  fastmcpWithoutTasks: url,
  wire,
}) => {
  const outcome = await page.evaluate(async (url) => {
    const client = await connect(url);
    const tool = await client.callTool("quick", { value: 4 }, { task: true });
    const prompt = await client.getPrompt("slow_prompt", { topic: "x" }, { task: true });
    const resource = await client.readResource("data://report.txt", { task: { ttlMs: 1000 } });
    return {
      immediate: [tool, prompt, resource].map((task) => task.returnedImmediately),
      tool: (await tool.result()).data,
      prompt: (await prompt.result()).messages.length,
      resource: (await resource.result()).length,
    };
  }, url);
  expect(outcome).toEqual({ immediate: [true, true, true], tool: 8, prompt: 1, resource: 1 });
  expect(wire.requests.filter((request) => "task" in request.params)).toEqual([]);
  expect(wire.names("tasks/")).toEqual([]);
});

test("FastMCP: a tool that forbids tasks is called plainly", async ({ page, fastmcp, wire }) => {
  const outcome = await page.evaluate(asTask, { url: fastmcp, name: "sync_only", args: { value: 4 } });
  expect(outcome).toEqual({ immediate: true, data: 5 });
  expect(wire.sent("tools/call").map((call) => "task" in call.params)).toEqual([false]);
});

test("TypeScript SDK: a tool that forbids tasks is called plainly", async ({ page, sdk, wire }) => {
  const outcome = await page.evaluate(asTask, { url: sdk, name: "sync_only", args: { value: 4 } });
  expect(outcome).toEqual({ immediate: true, data: "5" });
  expect(wire.sent("tools/call").map((call) => "task" in call.params)).toEqual([false]);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a tool that the server answers at once is an immediate task", async ({ page, url, wire }) => {
      const outcome = await page.evaluate(asTask, { url, name: "sync_only", args: { value: 4 } });
      expect({ ...outcome, data: Number(outcome.data) }).toEqual({ immediate: true, data: 5 });
      expect(wire.sent("tools/call").length).toBe(1);
      expect(wire.names("tasks/")).toEqual([]);
    });
  });
}

for (const server of ["fastmcp4WithoutTasks", "sdk2026WithoutTasks"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("a server without the extension: the same code works, and nothing of tasks is sent", async ({ page, url, wire }) => {
      const outcome = await page.evaluate(async (url) => {
        const client = await connect(url);
        const made = [
          await client.callTool("quick", { value: 4 }, { task: true }),
          await client.getPrompt("plain_prompt", {}, { task: true }),
          await client.readResource("data://plain.txt", { task: { ttlMs: 1000 } }),
        ];
        const results = await Promise.all(made.map((task) => task.result()));
        return { immediate: made.map((task) => task.returnedImmediately), tool: (results[0] as CallToolResult).content };
      }, url);
      expect(outcome).toEqual({ immediate: [true, true, true], tool: [{ type: "text", text: "8" }] });
      expect(wire.names("tasks/")).toEqual([]);
      expect(wire.sent("subscriptions/listen")).toEqual([]);
    });

    test("what fails at once fails as it would have in the background", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const tool = await client.callTool("boom", {}, { task: true });
        const ended = await settle(tool.result());
        const lenient = await settle((await client.callTool("boom", {}, { task: true, throwOnError: false })).result());
        return { immediate: tool.returnedImmediately, code: ended.error?.code, isError: lenient.value?.isError };
      }, url);
      expect(seen).toEqual({ immediate: true, code: "tool_error", isError: true });
    });

    test("requests about tasks are refused here", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const ended = [
          await settle(client.getTaskStatus("some-task")),
          await settle(client.getTaskResult("some-task")),
          await settle(client.cancelTask("some-task")),
          await settle(client.updateTask("some-task", {})),
        ];
        return { codes: ended.map((each) => each.error?.code), tasks: (await client.listTasks()).tasks };
      }, url);
      expect(seen).toEqual({ codes: Array.from({ length: 4 }, () => "unsupported"), tasks: [] });
      expect(wire.names()).toEqual(["server/discover"]);
    });
  });
}

test("FastMCP: a prompt and a resource that forbid tasks are got plainly, though only the refusal says so", async ({
  page,
  fastmcp,
}) => {
  const outcome = await page.evaluate(async (url) => {
    const client = await connect(url);
    const prompt = await client.getPrompt("plain_prompt", {}, { task: true });
    const resource = await client.readResource("data://plain.txt", { task: true });
    return {
      immediate: prompt.returnedImmediately && resource.returnedImmediately,
      prompt: (await prompt.result()).messages,
      resource: await resource.result(),
    };
  }, fastmcp);
  expect(outcome).toMatchObject({
    immediate: true,
    prompt: [{ content: { text: "plain" } }],
    resource: [{ text: "plain" }],
  });
});

test("TypeScript SDK: a kind of request that the server does not run as tasks is sent plainly", async ({ page, sdk, wire }) => {
  const outcome = await page.evaluate(async (url) => {
    const client = await connect(url);
    const prompt = await client.getPrompt("plain_prompt", {}, { task: true });
    const resource = await client.readResource("data://plain.txt", { task: true });
    return [prompt.returnedImmediately, resource.returnedImmediately, (await resource.result()).length];
  }, sdk);
  expect(outcome).toEqual([true, true, 1]);
  expect(wire.requests.filter((request) => "task" in request.params)).toEqual([]);
});

const optional = [{ name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "optional" } }];
for (const [why, capabilities, tools] of [
  ["no `tasks` capability", { tools: {} }, optional],
  ["a `tasks` capability without `requests`", { tools: {}, tasks: { list: {}, cancel: {} } }, optional],
  ["`requests` of another kind", { tools: {}, tasks: { requests: { prompts: { get: {} } } } }, optional],
  ["`requests.tools` without `call`", { tools: {}, tasks: { requests: { tools: {} } } }, optional],
  ["a tool without `execution`", undefined, [{ name: "work", inputSchema: { type: "object" } }]],
  ["a tool with an `execution` that does not speak of tasks", undefined, [{ ...optional[0], execution: {} }]],
  ["a tool with a `taskSupport` that nobody knows", undefined, [{ ...optional[0], execution: { taskSupport: "sometimes" } }]],
  ["a tool that is not in the list", undefined, []],
] as const) {
  test(`no task is asked for with ${why}`, async ({ page, scripted, wire }) => {
    scripted.tools = [...tools];
    if (capabilities) scripted.capabilities = capabilities as unknown as typeof scripted.capabilities;
    const outcome = await page.evaluate(asTask, { url: scripted.url, name: "work", args: {} });
    expect(outcome).toEqual({ immediate: true, data: "at once" });
    expect(wire.sent("tools/call").map((call) => "task" in call.params)).toEqual([false]);
  });
}

test("a server may answer at once though a task was asked for", async ({ page, scripted, wire }) => {
  const outcome = await page.evaluate(asTask, { url: scripted.url, name: "work", args: {} });
  expect(outcome).toEqual({ immediate: true, data: "at once" });
  expect(wire.sent("tools/call").map((call) => "task" in call.params)).toEqual([true]);
});

for (const server of ["fastmcpWithoutTasks", "fastmcp4WithoutTasks", "sdk2026WithoutTasks"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("everything on an immediate task works, and sends nothing", async ({ page, url, wire }) => {
      const before = await page.evaluate(async (url) => {
        const client = await connect(url);
        kept.task = await client.callTool("quick", { value: 2 }, { task: true });
        return (await kept.task.status()).status;
      }, url);
      const sent = wire.requests.length;
      const seen = await page.evaluate(async () => {
        const { task } = kept;
        const changes = changesOf(task);
        const iterated: string[] = [];
        for await (const status of task) iterated.push(status.status);
        await task.cancel();
        const [one, two] = [task.result(), task.result()];
        const seen = {
          status: await task.status(),
          left: (await task.wait()).status,
          reached: (await task.wait({ state: "completed" })).status,
          impossible: await settle(task.wait({ state: "cancelled" })),
          same: one === two,
          text: (await one).content,
          changes,
          iterated,
          taskId: task.taskId,
        };
        task.detach();
        return seen;
      });
      expect(before).toBe("completed");
      expect(seen.status).toMatchObject({ taskId: seen.taskId, status: "completed", ttlMs: null });
      expect(seen).toMatchObject({ left: "completed", reached: "completed", same: true, text: [{ text: "4" }] });
      expect(seen.impossible.error?.mcp).toBe(true);
      expect(seen.changes.length).toBeLessThanOrEqual(1);
      expect(seen.iterated.length).toBeLessThanOrEqual(1);
      expect(wire.requests.length).toBe(sent);
    });
  });
}

test("what fails at once fails as it would have in the background", async ({ page, fastmcpWithoutTasks: url }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const tool = await client.callTool("boom", { after: 0 }, { task: true });
    return {
      immediate: tool.returnedImmediately,
      tool: await settle(tool.result()),
      lenient: await settle((await client.callTool("boom", { after: 0 }, { task: true, throwOnError: false })).result()),
      prompt: await settle(client.getPrompt("bad_prompt", {}, { task: true }).then((task) => task.result())),
    };
  }, url);
  expect(seen.immediate).toBe(true);
  expect(seen.tool.error?.code).toBe("tool_error");
  expect(seen.lenient.value?.isError).toBe(true);
  expect(seen.prompt.error?.code).toBe("rpc");
});

test("the protocol's own task requests are refused here where the server has none", async ({ page, fastmcpWithoutTasks: url, wire }) => {
  const codes = await page.evaluate(async (url) => {
    const client = await connect(url);
    const ended = [
      await settle(client.getTaskStatus("some-task")),
      await settle(client.getTaskResult("some-task")),
      await settle(client.cancelTask("some-task")),
    ];
    return { codes: ended.map((each) => each.error?.code), tasks: (await client.listTasks()).tasks };
  }, url);
  expect(codes).toEqual({ codes: ["unsupported", "unsupported", "unsupported"], tasks: [] });
  expect(wire.names("tasks/")).toEqual([]);
});

test("a server without `tasks.cancel` is not asked to cancel, one without `tasks.list` not to list", async ({ page, scripted }) => {
  scripted.capabilities = { tools: {}, tasks: { requests: { tools: { call: {} } } } } as unknown as typeof scripted.capabilities;
  scripted.task();
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("work", {}, { task: true });
    return { cancel: await settle(task.cancel()), list: await settle(client.listTasks()) };
  }, scripted.url);
  expect(ended.cancel.error?.code).toBe("unsupported");
  expect(ended.list.value?.tasks.length).toBe(1);
  expect(scripted.sent("tasks/cancel")).toEqual([]);
  expect(scripted.sent("tasks/list")).toEqual([]);
});
