import { expect, test } from "./fixtures.ts";

/** FastMCP 2.14 creates tasks in the way of before the protocol was final: `_meta["modelcontextprotocol.io/task"]`. */
test.describe("FastMCP 2.14", () => {
  test("a tool runs in the background to its result, its steps heard", async ({ page, fastmcp2, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 0.8, steps: 2 }, { task: true });
      const changes = changesOf(task);
      const result = await task.result();
      return { immediate: task.returnedImmediately, taskId: task.taskId, result, changes, live: client.tasks.size };
    }, fastmcp2);
    expect(seen).toMatchObject({ immediate: false, live: 0, result: { data: "slept 0.8s" } });
    expect(wire.sent("tasks/result")[0]?.params.taskId).toBe(seen.taskId);
    expect(seen.changes.map((change) => change.statusMessage)).toContain("step 2 of 2");
    expect(seen.changes.at(-1)?.status).toBe("completed");
  });

  test("a prompt and a resource run in the background", async ({ page, fastmcp2 }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const prompt = await client.getPrompt("slow_prompt", { topic: "moss" }, { task: true });
      const resource = await client.readResource("data://report.txt", { task: true });
      return {
        immediate: prompt.returnedImmediately || resource.returnedImmediately,
        prompt: (await prompt.result()).messages,
        resource: await resource.result(),
      };
    }, fastmcp2);
    expect(seen).toMatchObject({
      immediate: false,
      prompt: [{ content: { text: "Write about moss" } }],
      resource: [{ text: "report body" }],
    });
  });

  test("what cannot be a task is called plainly", async ({ page, fastmcp2 }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const tool = await client.callTool("sync_only", { value: 1 }, { task: true });
      const prompt = await client.getPrompt("plain_prompt", {}, { task: true });
      return [tool.returnedImmediately, (await tool.result()).data, prompt.returnedImmediately, (await prompt.result()).messages.length];
    }, fastmcp2);
    expect(seen).toEqual([true, 2, true, 1]);
  });

  test("a refusal that says `returned_immediately` is an immediate result", async ({ page, scripted }) => {
    scripted.on("tools/call", (call) =>
      call.result({
        _meta: { "modelcontextprotocol.io/task": { returned_immediately: true } },
        content: [{ type: "text", text: "does not support task-augmented execution" }],
        isError: true,
      }),
    );
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      return { immediate: task.returnedImmediately, ended: await settle(task.result()) };
    }, scripted.url);
    expect(seen).toMatchObject({ immediate: true, ended: { error: { code: "tool_error" } } });
  });

  test("a tool that requires a task returns its result to a plain call", async ({ page, fastmcp2 }) => {
    const result = await page.evaluate(async (url) => (await connect(url)).callTool("must_task", { value: 7 }), fastmcp2);
    expect(result.data).toBe(7);
  });

  test("data, null and errors are what they are with the newer one", async ({ page, fastmcp2 }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const ended = async (name: string, args = {}) => settle((await client.callTool(name, args, { task: true })).result());
      return {
        quick: (await ended("quick", { value: 21 })).value?.data,
        nothing: (await ended("nothing")).value?.data,
        boom: (await ended("boom")).error,
        soft: (await ended("returns_error")).error?.code,
        prompt: await settle((await client.getPrompt("bad_prompt", {}, { task: true })).result()),
      };
    }, fastmcp2);
    expect(seen).toMatchObject({ quick: 42, nothing: null, boom: { code: "tool_error" }, soft: "tool_error" });
    expect(seen.boom?.message).toContain("kaboom");
    expect(seen.prompt.error).toMatchObject({ code: "task_failed" });
  });

  test("cancelling works", async ({ page, fastmcp2 }) => {
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("forever", {}, { task: true });
      const result = settle(task.result());
      await sleep(200);
      await task.cancel();
      return [(await result).error?.code, (await task.status()).status];
    }, fastmcp2);
    expect(seen).toEqual(["task_cancelled", "cancelled"]);
  });
});
