import { expect, STATELESS, test } from "./fixtures.ts";
import { slept, slow } from "./support/dialect.ts";

test.describe("called as tasks, FastMCP", () => {
  test("a tool runs in the background to its result", async ({ page, fastmcp, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 0.4, steps: 2 }, { task: true });
      const first = await task.status();
      return { immediate: task.returnedImmediately, first: first.status, result: await task.result() };
    }, fastmcp);
    expect(seen).toMatchObject({ immediate: false, first: "working", result: { data: "slept 0.4s" } });
    expect(wire.sent("tools/call")[0]?.params).toEqual({
      name: "slow",
      arguments: { seconds: 0.4, steps: 2 },
      task: {},
    });
  });

  test("a prompt runs in the background to its messages", async ({ page, fastmcp, wire }) => {
    const result = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.getPrompt("slow_prompt", { topic: "moss" }, { task: true });
      return task.result();
    }, fastmcp);
    expect(result.messages).toEqual([{ role: "user", content: { type: "text", text: "Write about moss" } }]);
    expect(wire.sent("prompts/get")[0]?.params.task).toEqual({});
  });

  for (const [what, uri, text] of [
    ["a resource", "data://report.txt", "report body"],
    ["a resource made from a template", "data://item/7", "item 7"],
  ] as const) {
    test(`${what} is read in the background`, async ({ page, fastmcp, wire }) => {
      const contents = await page.evaluate(
        async ({ url, uri }) => {
          const client = await connect(url);
          const task = await client.readResource(uri, { task: true });
          return task.result();
        },
        { url: fastmcp, uri },
      );
      expect(contents).toMatchObject([{ text }]);
      expect(wire.sent("resources/read")[0]?.params).toEqual({ uri, task: {} });
    });
  }

  test("`ttlMs` is passed on with each kind, and told back by `status()`", async ({ page, fastmcp, wire }) => {
    const told = await page.evaluate(async (url) => {
      const client = await connect(url);
      const tasks = [
        await client.callTool("silent", { seconds: 0.2 }, { task: { ttlMs: 45_000 } }),
        await client.getPrompt("slow_prompt", { topic: "x" }, { task: { ttlMs: 46_000 } }),
        await client.readResource("data://report.txt", { task: { ttlMs: 47_000 } }),
      ];
      const first = (await tasks[0]!.status()).ttlMs;
      await Promise.all(tasks.map((task) => task.result()));
      return first;
    }, fastmcp);
    const ttl = (method: string) => wire.sent(method)[0]?.params.task.ttl;
    expect([ttl("tools/call"), ttl("prompts/get"), ttl("resources/read")]).toEqual([45_000, 46_000, 47_000]);
    expect(typeof told).toBe("number");
  });

  test("without `task` nothing is made a task, and the result comes as it is", async ({ page, fastmcp, wire }) => {
    const results = await page.evaluate(async (url) => {
      const client = await connect(url);
      return {
        tool: await client.callTool("quick", { value: 4 }),
        prompt: await client.getPrompt("plain_prompt"),
        resource: await client.readResource("data://plain.txt"),
        live: client.tasks.size,
      };
    }, fastmcp);
    expect(results).toMatchObject({
      tool: { data: 8, content: [{ type: "text", text: "8" }] },
      prompt: { messages: [{ content: { text: "plain" } }] },
      resource: [{ text: "plain" }],
      live: 0,
    });
    expect(wire.requests.filter((request) => "task" in request.params)).toEqual([]);
    expect(wire.names("tasks/")).toEqual([]);
  });

  test("many at once get each its own result", async ({ page, fastmcp }) => {
    const data = await page.evaluate(async (url) => {
      const client = await connect(url);
      const values = Array.from({ length: 12 }, (_, value) => value);
      return Promise.all(
        values.map(async (value) => (await (await client.callTool("quick", { value }, { task: true })).result()).data),
      );
    }, fastmcp);
    expect(data).toEqual(Array.from({ length: 12 }, (_, value) => value * 2));
  });
});

test.describe("called as tasks, TypeScript SDK", () => {
  test("a tool runs in the background to its result", async ({ page, sdk, wire }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { ms: 300 }, { task: { ttlMs: 30_000 } });
      const { status, ttlMs, pollIntervalMs } = await task.status();
      return { immediate: task.returnedImmediately, status, ttlMs, pollIntervalMs, result: await task.result() };
    }, sdk);
    expect(seen).toMatchObject({
      ...{ immediate: false, status: "working", ttlMs: 30_000, pollIntervalMs: 300 },
      result: { content: [{ type: "text", text: "worked 300 ms" }] },
    });
    expect(wire.sent("tools/call")[0]?.params.task).toEqual({ ttl: 30_000 });
  });

  test("a plain call of a tool that could be a task is a plain call", async ({ page, sdk, wire }) => {
    const result = await page.evaluate(async (url) => (await connect(url)).callTool("quick", { value: 3 }), sdk);
    expect(result.content).toEqual([{ type: "text", text: "6" }]);
    expect(wire.sent("tools/call")[0]?.params).not.toHaveProperty("task");
  });
});

for (const server of STATELESS) {
  test.describe(`called as tasks, ${server}`, () => {
    test.use({ server });

    test("a tool runs in the background to its result, though nobody can ask for a task", async ({ page, url, wire }) => {
      const args = slow(server, 400);
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url);
          const task = await client.callTool("slow", args, { task: { ttlMs: 45_000 } });
          const first = await task.status();
          return { immediate: task.returnedImmediately, first, result: await task.result() };
        },
        { url, args },
      );
      expect(seen).toMatchObject({ immediate: false, first: { status: "working" }, result: { content: [{ type: "text", text: slept(server, 400) }] } });
      // How long the task lives is the server's own word here: the wish has no place in the request.
      expect(seen.first.ttlMs).toBeGreaterThan(100_000);
      const { _meta, ...params } = wire.sent("tools/call")[0]!.params;
      expect(params).toEqual({ name: "slow", arguments: args });
      expect(wire.sent("tasks/result")).toEqual([]);
    });

    test("a prompt and a resource are never tasks: they answer at once", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const prompt = await client.getPrompt("plain_prompt", {}, { task: true });
        const resource = await client.readResource("data://plain.txt", { task: { ttlMs: 1000 } });
        return {
          immediate: [prompt.returnedImmediately, resource.returnedImmediately],
          prompt: (await prompt.result()).messages,
          resource: await resource.result(),
        };
      }, url);
      expect(seen).toMatchObject({ immediate: [true, true], prompt: [{ content: { text: "plain" } }], resource: [{ text: "plain" }] });
      expect(wire.names("tasks/")).toEqual([]);
      expect(wire.sent("prompts/get").length + wire.sent("resources/read").length).toBe(2);
    });

    test("without `task` what the server makes a task of is driven to its result unseen", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const result = await client.callTool("quick", { value: 4 });
        return { content: result.content, live: client.tasks.size };
      }, url);
      expect(seen).toEqual({ content: [{ type: "text", text: "8" }], live: 0 });
      expect(wire.sent("tasks/get").length).toBeGreaterThan(0);
    });

    test("many at once get each its own result", async ({ page, url }) => {
      const texts = await page.evaluate(async (url) => {
        const client = await connect(url);
        const values = Array.from({ length: 12 }, (_, value) => value);
        const call = async (value: number) => (await client.callTool("quick", { value }, { task: true })).result();
        return (await Promise.all(values.map(call))).map(({ content }) => (content[0] as { text: string }).text);
      }, url);
      expect(texts).toEqual(Array.from({ length: 12 }, (_, value) => String(value * 2)));
    });
  });
}

test("FastMCP 4: what takes a moment is got in the moment it takes", async ({ page, fastmcp4, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const prompt = await client.getPrompt("slow_prompt", { topic: "moss" }, { task: true });
    const contents = await Promise.all(["data://report.txt", "data://item/7"].map((uri) => client.readResource(uri, { task: true })));
    return { prompt: (await prompt.result()).messages, contents: await Promise.all(contents.map((task) => task.result())) };
  }, fastmcp4);
  expect(seen).toMatchObject({ prompt: [{ content: { text: "Write about moss" } }], contents: [[{ text: "report body" }], [{ text: "item 7" }]] });
  expect(wire.names("tasks/")).toEqual([]);
});

test.describe("what a call carries", () => {
  test("arguments arrive as they were given", async ({ page, scripted }) => {
    const given = { text: "zażółć 🦀 \u2028 \\ \"", deep: { list: [1, -0.5, null, true, { a: [] }] }, empty: {}, zero: 0 };
    await page.evaluate(
      async ({ url, given }) => {
        const client = await connect(url);
        await client.callTool("work", given);
      },
      { url: scripted.url, given },
    );
    expect(scripted.sent("tools/call")[0]?.params.arguments).toEqual(given);
  });

  test("`meta` goes along as `_meta`", async ({ page, scripted }) => {
    await page.evaluate(
      async (url) => (await connect(url)).callTool("work", {}, { meta: { "example.com/trace": "t1" } }),
      scripted.url,
    );
    expect(scripted.sent("tools/call")[0]?.params._meta).toMatchObject({ "example.com/trace": "t1" });
  });

  for (const [server, tool] of [
    ["fastmcp4", "reporter"],
    ["sdk2026WithoutTasks", "slow"],
  ] as const) {
    test.describe(server, () => {
      test.use({ server });

      test("`meta` goes along beside what the protocol says there, and progress comes back", async ({ page, url, wire }) => {
        const heard = await page.evaluate(
          async ({ url, tool }) => {
            const heard: number[] = [];
            const client = await connect(url);
            const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            await client.callTool(tool, { steps: 2 }, { meta: { traceparent }, onProgress: ({ progress }) => void heard.push(progress) });
            return heard;
          },
          { url, tool },
        );
        expect(heard).toEqual([1, 2]);
        expect(wire.sent("tools/call")[0]?.params._meta).toMatchObject({
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        });
      });
    });
  }

  test("`onProgress` hears of its own call, and of no other", async ({ page, scripted }) => {
    scripted.on("tools/call", (call) => {
      const progress = (progressToken: unknown, progress: number) => ({
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken, progress, total: 2 },
      });
      const { progressToken } = call.params._meta;
      const result = { jsonrpc: "2.0", id: call.message.id, result: { content: [] } };
      call.sse(progress(progressToken, 1), progress("of another", 1), progress(progressToken, 2), result);
    });
    const heard = await page.evaluate(async (url) => {
      const heard: unknown[] = [];
      const client = await connect(url);
      await client.callTool("work", {}, { onProgress: (progress) => void heard.push(progress) });
      return heard;
    }, scripted.url);
    expect(heard).toMatchObject([{ progress: 1, total: 2 }, { progress: 2, total: 2 }]);
  });

  for (const ttlMs of [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    test(`a \`ttlMs\` of ${ttlMs} is refused before anything is sent`, async ({ page, scripted }) => {
      const ended = await page.evaluate(
        async ({ url, ttlMs }) => {
          const client = await connect(url);
          return settle(client.callTool("work", {}, { task: { ttlMs } }));
        },
        { url: scripted.url, ttlMs },
      );
      expect(ended.error?.code).toBe("invalid_argument");
      expect(scripted.sent("tools/call")).toEqual([]);
    });
  }
});
