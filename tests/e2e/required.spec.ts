import { expect, STATELESS, test } from "./fixtures.ts";

test("FastMCP: a plain call of a tool that requires a task returns its result", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const result = await client.callTool("must_task", { value: 7 });
    return { data: result.data, content: result.content, live: client.tasks.size };
  }, fastmcp);
  expect(seen).toEqual({ data: 7, content: [{ type: "text", text: "7" }], live: 0 });
  expect(wire.sent("tools/call").map((call) => call.params.task)).toEqual([{}]);
});

test("TypeScript SDK: a plain call of a tool that requires a task returns its result", async ({ page, sdk, wire }) => {
  const result = await page.evaluate(async (url) => (await connect(url)).callTool("must_task", { value: 7 }), sdk);
  expect(result.content).toEqual([{ type: "text", text: "7" }]);
  expect(wire.sent("tools/call").map((call) => call.params.task)).toEqual([{}]);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a tool that runs as a task or not at all returns its result to a plain call, and is a task for who wants one", async ({
      page,
      url,
      wire,
    }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const result = await client.callTool("must_task", { value: 7 });
        const live = client.tasks.size;
        const task = await client.callTool("must_task", { value: 8 }, { task: true });
        return { plain: result.content, live, immediate: task.returnedImmediately, task: (await task.result()).content };
      }, url);
      expect(seen).toMatchObject({ plain: [{ text: "7" }], live: 0, immediate: false, task: [{ text: "8" }] });
      expect(wire.sent("tools/call").length).toBe(2);
    });

    test("`timeoutMs` and `signal` are for the whole call: the driven task ends with it", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        // Else a slow list would leave nothing to be cancelled.
        await client.listTools();
        const reason = new Error("enough");
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 400);
        const aborted = client.callTool("forever", {}, { signal: controller.signal }).catch((error: unknown) => error === reason);
        const late = settle(client.callTool("forever", {}, { timeoutMs: 400 }));
        return { aborted: await aborted, late: await late };
      }, url);
      expect(seen).toMatchObject({ aborted: true, late: { error: { code: "timeout" } } });
      expect(seen.late.ms).toBeLessThan(3000);
      await expect.poll(() => wire.sent("tasks/cancel").length).toBe(2);
    });
  });
}

test("with `task: true` it is a task like any other", async ({ page, fastmcp }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("must_task", { value: 7 }, { task: true });
    return [task.returnedImmediately, (await task.result()).data];
  }, fastmcp);
  expect(seen).toEqual([false, 7]);
});

test("`timeoutMs` is for the whole call, the driven task included", async ({ page, fastmcp }) => {
  const ended = await page.evaluate(
    async (url) => settle((await connect(url)).callTool("must_task", { seconds: 10 }, { timeoutMs: 400 })),
    fastmcp,
  );
  expect(ended.error?.code).toBe("timeout");
  expect(ended.ms).toBeLessThan(5000);
});

test("`signal` ends the call with its reason, and the driven task with it", async ({ page, scripted }) => {
  scripted.tools = [{ name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "required" } }];
  const task = scripted.task();
  const same = page.evaluate(async (url) => {
    const client = await connect(url);
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = client.callTool("work", {}, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 300);
    return call.then(
      () => false,
      (error: unknown) => error === reason,
    );
  }, scripted.url);
  expect(await same).toBe(true);
  await scripted.received("tasks/cancel");
  expect(task.state["status"]).toBe("cancelled");
});

test("a task that the server makes unasked is driven to its result", async ({ page, scripted }) => {
  const task = scripted.task({ polls: ["working", "completed"] });
  scripted.on("tools/call", (call) => call.result({ task: task.state }));
  const result = await page.evaluate(async (url) => (await connect(url)).callTool("work"), scripted.url);
  expect(result.content).toEqual([{ type: "text", text: "done" }]);
  expect(scripted.sent("tools/call")[0]?.params).not.toHaveProperty("task");
});

test("what the driven task's tool fails with is the call's error", async ({ page, scripted }) => {
  scripted.tools = [{ name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "required" } }];
  scripted.task({ polls: ["failed"], result: { content: [{ type: "text", text: "no" }], isError: true } });
  scripted.task({ polls: ["failed"], result: { content: [{ type: "text", text: "no" }], isError: true } });
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    return [await settle(client.callTool("work")), await settle(client.callTool("work", {}, { throwOnError: false }))];
  }, scripted.url);
  expect(ended[0]?.error?.code).toBe("tool_error");
  expect(ended[1]?.value?.isError).toBe(true);
});
