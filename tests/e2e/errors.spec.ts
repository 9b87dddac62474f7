import { expect, STATELESS, test } from "./fixtures.ts";
import { refused, thrown } from "./support/dialect.ts";

/** How a tool's task ended. */
const asTask = async ({ url, name, args = {} }: { url: string; name: string; args?: object }) => {
  const client = await connect(url);
  const task = await client.callTool(name, args as Record<string, unknown>, { task: true });
  return { taskId: task.taskId, ...(await settle(task.result())) };
};

test.describe("FastMCP", () => {
  for (const [what, name, text] of [
    ["raises", "boom", "kaboom"],
    ["raises FastMCP's own exception", "tool_error", "refused by the tool"],
    ["returns an error", "returns_error", "soft failure"],
  ] as const) {
    test(`a tool that ${what}: \`tool_error\`, with its own words`, async ({ page, fastmcp }) => {
      const ended = await page.evaluate(asTask, { url: fastmcp, name });
      expect(ended.error).toMatchObject({
        ...{ mcp: true, code: "tool_error", taskId: ended.taskId },
        data: { result: { isError: true, content: [{ type: "text", text }] } },
      });
      expect(ended.error?.message).toContain(text);
    });
  }

  test("`throwOnError: false` resolves with the result that is an error, as a task and plainly", async ({ page, fastmcp }) => {
    const results = await page.evaluate(async (url) => {
      const client = await connect(url);
      const lenient = { throwOnError: false };
      return [
        await (await client.callTool("boom", {}, { task: true, ...lenient })).result(),
        await (await client.callTool("returns_error", {}, { task: true, ...lenient })).result(),
        await client.callTool("boom", {}, lenient),
      ];
    }, fastmcp);
    expect(results).toMatchObject([
      { isError: true, content: [{ text: "kaboom" }] },
      { isError: true, content: [{ text: "soft failure" }] },
      { isError: true },
    ]);
  });

  test("a plain call whose tool fails is rejected with `tool_error`", async ({ page, fastmcp }) => {
    const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("boom")), fastmcp);
    expect(ended.error).toMatchObject({ code: "tool_error", data: { result: { isError: true } } });
    expect(ended.error?.message).toContain("kaboom");
  });

  test("a prompt and a resource that fail: `task_failed`, in the server's words", async ({ page, fastmcp }) => {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url);
      const prompt = await client.getPrompt("bad_prompt", {}, { task: true });
      const resource = await client.readResource("data://broken.txt", { task: true });
      return [await settle(prompt.result()), await settle(resource.result())];
    }, fastmcp);
    expect(ended.map((each) => each.error?.code)).toEqual(["task_failed", "task_failed"]);
    expect(ended[0]?.error?.message).toContain("prompt kaboom");
    expect(ended[1]?.error?.message).toContain("resource kaboom");
  });

  for (const server of ["fastmcp", "fastmcpStateless"] as const) {
    test.describe(server, () => {
      test.use({ server });

      test("a plain prompt that fails: `rpc`, with the server's code and message", async ({ page, url }) => {
        const ended = await page.evaluate(async (url) => settle((await connect(url)).getPrompt("bad_prompt")), url);
        expect(ended.error).toMatchObject({ code: "rpc", data: { code: 0 } });
        expect(ended.error?.data.message).toContain("prompt kaboom");
      });
    });
  }

  test("arguments that do not fit, and a tool that is not there: `tool_error`", async ({ page, fastmcp }) => {
    const ended = [
      await page.evaluate(asTask, { url: fastmcp, name: "quick", args: { value: "x" } }),
      await page.evaluate(asTask, { url: fastmcp, name: "no_such_tool" }),
    ];
    expect(ended.map((each) => each.error?.code)).toEqual(["tool_error", "tool_error"]);
  });

  test("an id that the server does not know: `task_not_found`, wherever it is asked", async ({ page, fastmcp }) => {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = client.resumeTask("no-such-task", { kind: "tool", name: "quick" });
      return [
        await settle(client.getTaskStatus("no-such-task")),
        await settle(client.getTaskResult("no-such-task")),
        await settle(client.cancelTask("no-such-task")),
        await settle(task.result()),
        await settle(task.status()),
        await settle(task.wait()),
      ];
    }, fastmcp);
    expect(ended.map((each) => each.error?.code)).toEqual(Array.from(ended, () => "task_not_found"));
    expect(ended[0]?.error?.taskId).toBe("no-such-task");
  });

  test("a cancelled task: `task_cancelled`", async ({ page, fastmcp }) => {
    const ended = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("forever", {}, { task: true });
      const result = settle(task.result());
      await task.cancel();
      return { taskId: task.taskId, ...(await result) };
    }, fastmcp);
    expect(ended.error).toMatchObject({ code: "task_cancelled", taskId: ended.taskId });
  });
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a tool that throws, and one that returns an error: `tool_error`, with its own words", async ({ page, url }) => {
      for (const [name, text] of [
        ["boom", thrown(server)],
        ["returns_error", refused(server)],
      ] as const) {
        const ended = await page.evaluate(asTask, { url, name });
        expect(ended.error).toMatchObject({
          ...{ mcp: true, code: "tool_error", taskId: ended.taskId },
          data: { result: { isError: true, content: [{ type: "text", text }] } },
        });
        expect(ended.error?.message).toContain(text);
      }
    });

    test("`throwOnError: false` resolves with the result that is an error, as a task and plainly", async ({ page, url }) => {
      const results = await page.evaluate(async (url) => {
        const client = await connect(url);
        const lenient = { throwOnError: false };
        return [
          await (await client.callTool("boom", {}, { task: true, ...lenient })).result(),
          await client.callTool("returns_error", {}, lenient),
          await settle(client.callTool("returns_error")),
        ] as const;
      }, url);
      expect(results).toMatchObject([{ isError: true }, { isError: true }, { error: { code: "tool_error" } }]);
    });

    test("a JSON-RPC error is what fails a task: `task_failed`, with all that it carries", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("protocol_error", {}, { task: true });
        const changes = changesOf(task);
        const ended = await settle(task.result());
        return { taskId: task.taskId, ended, status: await task.status(), last: changes.at(-1)?.status };
      }, url);
      expect(seen.ended.error).toMatchObject({ code: "task_failed", taskId: seen.taskId, data: { code: -32050, data: { why: "test" } } });
      expect(seen.ended.error?.message).toContain("protocol kaboom");
      expect(seen.status).toMatchObject({ status: "failed", statusMessage: expect.stringContaining("protocol kaboom") });
    });

    test("an id that the server does not know: `task_not_found`, wherever it is asked", async ({ page, url }) => {
      const ended = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = client.resumeTask("no-such-task", { kind: "tool", name: "quick" });
        return [
          await settle(client.getTaskStatus("no-such-task")),
          await settle(client.getTaskResult("no-such-task")),
          await settle(client.cancelTask("no-such-task")),
          await settle(client.updateTask("no-such-task", { name: { action: "decline" } })),
          await settle(task.result()),
          await settle(task.status()),
          await settle(task.wait()),
        ];
      }, url);
      expect(ended.map((each) => each.error?.code)).toEqual(Array.from(ended, () => "task_not_found"));
      expect(ended[0]?.error?.taskId).toBe("no-such-task");
    });

    test("a cancelled task: `task_cancelled`", async ({ page, url }) => {
      const ended = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("forever", {}, { task: true });
        const result = settle(task.result());
        await task.cancel();
        return { taskId: task.taskId, ...(await result) };
      }, url);
      expect(ended.error).toMatchObject({ code: "task_cancelled", taskId: ended.taskId });
    });

    test("a prompt that is not there: `rpc`, as a task and plainly", async ({ page, url }) => {
      const ended = await page.evaluate(async (url) => {
        const client = await connect(url);
        return [await settle(client.getPrompt("no_such_prompt")), await settle(client.getPrompt("no_such_prompt", {}, { task: true }).then((task) => task.result()))];
      }, url);
      expect(ended.map((each) => each.error?.code)).toEqual(["rpc", "rpc"]);
    });
  });
}

test("FastMCP 4: a prompt and a resource that fail are no tasks: `rpc`, in the server's words", async ({ page, fastmcp4 }) => {
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    const prompt = client.getPrompt("bad_prompt", {}, { task: true }).then((task) => task.result());
    return [await settle(prompt), await settle(client.readResource("data://broken.txt"))];
  }, fastmcp4);
  expect(ended.map((each) => each.error?.code)).toEqual(["rpc", "rpc"]);
  expect(ended[0]?.error?.message).toContain("prompt kaboom");
});

test("FastMCP 4: arguments that do not fit, and a tool that is not there: `tool_error`", async ({ page, fastmcp4 }) => {
  const ended = [
    await page.evaluate(asTask, { url: fastmcp4, name: "quick", args: { value: "x" } }),
    await page.evaluate(asTask, { url: fastmcp4, name: "no_such_tool" }),
  ];
  expect(ended.map((each) => each.error?.code)).toEqual(["tool_error", "tool_error"]);
});

test("TypeScript 2026: arguments that do not fit, and a tool that is not there: `rpc`", async ({ page, sdk2026 }) => {
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    return [
      await settle(client.callTool("quick", { value: "x" }, { task: true })),
      await settle(client.callTool("no_such_tool", {}, { task: true })),
    ];
  }, sdk2026);
  expect(ended).toMatchObject([{ error: { code: "rpc", data: { code: -32602 } } }, { error: { code: "rpc", data: { code: -32602 } } }]);
});

test.describe("TypeScript SDK", () => {
  test("a tool that throws: `task_failed`, in the server's words", async ({ page, sdk }) => {
    const ended = await page.evaluate(asTask, { url: sdk, name: "boom" });
    expect(ended.error).toMatchObject({ code: "task_failed", taskId: ended.taskId });
    expect(ended.error?.message).toContain("disk on fire");
  });

  test("a tool that returns an error: `tool_error`", async ({ page, sdk }) => {
    const ended = await page.evaluate(asTask, { url: sdk, name: "returns_error" });
    expect(ended.error).toMatchObject({ code: "tool_error", data: { result: { isError: true } } });
    expect(ended.error?.message).toContain("the tool says no");
  });

  test("an unknown id, and a task that has expired: `task_not_found`", async ({ page, sdk }) => {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("forever", {}, { task: { ttlMs: 100 } });
      await sleep(400);
      return [await settle(client.getTaskStatus("no-such-task")), await settle(task.result()), await settle(task.status())];
    }, sdk);
    expect(ended.map((each) => each.error?.code)).toEqual(["task_not_found", "task_not_found", "task_not_found"]);
  });
});

test.describe("scripted", () => {
  test("a task that expires while it is watched ends every wait with `task_not_found`", async ({ page, scripted }) => {
    const task = scripted.task();
    const watching = page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("work", {}, { task: true });
      const ended = await Promise.all([settle(task.result()), settle(task.wait()), settle(task.wait({ state: "failed" }))]);
      return { codes: ended.map((each) => each.error?.code), live: client.tasks.size };
    }, scripted.url);
    await scripted.received("tasks/get", 2);
    scripted.tasks.delete(task.taskId);
    expect(await watching).toEqual({ codes: ["task_not_found", "task_not_found", "task_not_found"], live: 0 });
  });

  test("a failed task whose result is a JSON-RPC error: `task_failed`, with that error", async ({ page, scripted }) => {
    scripted.task({ polls: ["failed"] }).error = { code: -32603, message: "out of tape", data: { reel: 7 } };
    const ended = await page.evaluate(asTask, { url: scripted.url, name: "work" });
    expect(ended.error?.code).toBe("task_failed");
    expect(ended.error?.message).toContain("out of tape");
  });

  test("a JSON-RPC error of the call itself: `rpc`, with all that it carries", async ({ page, scripted }) => {
    scripted.on("tools/call", (call) => call.error(-32050, "queue full", { retry: false, waiting: 12 }));
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url);
      return [await settle(client.callTool("work")), await settle(client.callTool("work", {}, { task: true }))];
    }, scripted.url);
    const error = { code: "rpc", data: { code: -32050, message: "queue full", data: { retry: false, waiting: 12 } } };
    expect(ended).toMatchObject([{ error }, { error }]);
  });

  test("an error is an Error with a name, a code and a message that says what happened", async ({ page, scripted }) => {
    scripted.task({ polls: ["cancelled"] });
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      const error = await task.result().catch((error: unknown) => error);
      return [error instanceof mcp.McpError, error instanceof Error, (error as Error).name, (error as Error).message !== ""];
    }, scripted.url);
    expect(seen).toEqual([true, true, "McpError", true]);
  });
});
