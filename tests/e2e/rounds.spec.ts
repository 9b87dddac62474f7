import { expect, test } from "./fixtures.ts";

/** Calls what asks, answering from what the test gives, and tells what was asked. */
const answering = async ({ url, name, answers }: { url: string; name: string; answers: Record<string, unknown> }) => {
  const asked: { message: string; taskId: string | undefined; key: string }[] = [];
  const client = await connect(url, {
    elicitation: ({ message }, { taskId, key }) => {
      asked.push({ message, taskId, key });
      const value = Object.entries(answers).find(([word]) => message.includes(word))?.[1];
      return value === undefined ? { action: "decline" } : { action: "accept", content: { value } };
    },
  });
  const [kind, what] = name.includes("_prompt") ? ["prompt", name] : name.includes("://") ? ["resource", name] : ["tool", name];
  const settled = await settle<unknown>(
    kind === "prompt" ? client.getPrompt(what) : kind === "resource" ? client.readResource(what) : client.callTool(what),
  );
  return { asked, settled };
};

/** Without the tasks extension these tools ask by rounds of the one request, as prompts and resources always do. */
for (const server of ["fastmcp4WithoutTasks", "sdk2026WithoutTasks"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("a tool that asks is called again with the answer, under another id, with the server's own state", async ({ page, url, wire }) => {
      const replies = page.context().waitForEvent("response", (response) => response.request().postDataJSON()?.method === "tools/call");
      const { asked, settled } = await page.evaluate(answering, { url, name: "ask_name", answers: { name: "Ada" } });
      expect(settled.value).toMatchObject({ content: [{ text: "accept: Ada" }] });
      expect(asked).toEqual([{ message: "What is your name?", taskId: undefined, key: "name" }]);
      const { result } = await (await replies).json();
      expect(result.resultType).toBe("input_required");

      const [first, second] = wire.sent("tools/call");
      expect(wire.sent("tools/call").length).toBe(2);
      expect(second?.message.id).not.toBe(first?.message.id);
      expect(first?.params).not.toHaveProperty("inputResponses");
      expect(second?.params.inputResponses).toEqual({ name: { action: "accept", content: { value: "Ada" } } });
      expect(second?.params.requestState).toBe(result.requestState);
      expect("requestState" in second!.params).toBe("requestState" in result);
      const { inputResponses: _, requestState: __, ...rest } = second!.params;
      expect(rest).toEqual(first?.params);
    });

    test("a tool may ask in several rounds, and more than one thing in a round", async ({ page, url, wire }) => {
      const answers = { name: "Ada", old: 36, colour: "blue" };
      const { asked, settled } = await page.evaluate(answering, { url, name: "ask_twice", answers });
      expect(settled.value).toMatchObject({ content: [{ text: "Ada, 36, blue" }] });
      expect(asked.map((each) => each.message).sort()).toEqual(["How old are you?", "What is your name?", "Which colour?"]);
      const calls = wire.sent("tools/call");
      expect(calls.map((call) => Object.keys(call.params.inputResponses ?? {}).sort())).toEqual([[], ["age", "name"], ["colour"]]);
      expect(new Set(calls.map((call) => call.message.id)).size).toBe(3);
    });

    test("what the user declines is told, and not a failure of the call", async ({ page, url }) => {
      const { settled } = await page.evaluate(answering, { url, name: "ask_name", answers: {} });
      expect(settled.value).toMatchObject({ content: [{ text: expect.stringMatching(/^decline: (None|undefined)$/) }] });
    });

    test("two calls that ask at the same time get each their own answer", async ({ page, url }) => {
      const texts = await page.evaluate(async (url) => {
        let asked = 0;
        const client = await connect(url, {
          elicitation: async () => {
            const value = `guest ${++asked}`;
            await sleep(asked === 1 ? 300 : 10);
            return { action: "accept", content: { value } };
          },
        });
        const results = await Promise.all([client.callTool("ask_name"), client.callTool("ask_name")]);
        return results.map(({ content }) => (content[0] as { text: string }).text).sort();
      }, url);
      expect(texts).toEqual(["accept: guest 1", "accept: guest 2"]);
    });

    test("who leaves while the user thinks ends the question, and nothing more is sent", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        let withdrawn = false;
        const client = await connect(url, {
          elicitation: (_, { signal }) =>
            new Promise(() => {
              signal.onabort = () => (withdrawn = true);
            }),
        });
        const late = await settle(client.callTool("ask_name", {}, { timeoutMs: 400 }));
        await sleep(200);
        return { code: late.error?.code, withdrawn };
      }, url);
      expect(seen).toEqual({ code: "timeout", withdrawn: true });
      expect(wire.sent("tools/call").length).toBe(1);
    });

    test("a handler that fails: `input_required`, with what it threw as the cause", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const cause = new Error("the form broke");
        const client = await connect(url, { elicitation: () => Promise.reject(cause) });
        return client.callTool("ask_name").then(
          () => ["resolved"],
          (error: McpError) => [error.code, error.cause === cause, Object.keys((error.data as { inputRequests: object }).inputRequests)],
        );
      }, url);
      expect(seen).toEqual(["input_required", true, ["name"]]);
      expect(wire.sent("tools/call").length).toBe(1);
    });

    test("an answer that the protocol does not have: `invalid_argument`, and it is not sent", async ({ page, url, wire }) => {
      const ended = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => ({ action: "maybe" }) as never });
        return settle(client.callTool("ask_name"));
      }, url);
      expect(ended.error?.code).toBe("invalid_argument");
      expect(wire.sent("tools/call").length).toBe(1);
    });
  });
}

for (const [what, name, text] of [
  ["a prompt", "asking_prompt", { messages: [{ content: { text: "Ada" } }] }],
  ["a resource", "data://asking.txt", [{ text: "Ada" }]],
] as [string, string, Record<string, unknown> | unknown[]][]) {
  for (const server of ["sdk2026", "sdk2026Sse", "sdk2026WithoutTasks"] as const) {
    test.describe(server, () => {
      test.use({ server });

      test(`${what} that asks is got again with the answer`, async ({ page, url, wire }) => {
        const { asked, settled } = await page.evaluate(answering, { url, name, answers: { name: "Ada" } });
        expect(settled.value).toMatchObject(text);
        expect(asked).toMatchObject([{ message: "What is your name?", key: "name" }]);
        const [first, second] = wire.requests.slice(-2);
        expect(second?.name).toBe(first?.name);
        expect(second?.message.id).not.toBe(first?.message.id);
        expect(second?.params.requestState).toMatch(/.+/);
      });
    });
  }
}

test("a prompt that asks is answered as a task, too, and is immediate", async ({ page, sdk2026 }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url, { elicitation: () => ({ action: "accept", content: { value: "Ada" } }) });
    const task = await client.getPrompt("asking_prompt", {}, { task: true });
    return { immediate: task.returnedImmediately, messages: (await task.result()).messages };
  }, sdk2026);
  expect(seen).toMatchObject({ immediate: true, messages: [{ content: { text: "Ada" } }] });
});

test("TypeScript 2026: without handlers a client that did not say that it answers is not asked", async ({ page, sdk2026WithoutTasks, wire }) => {
  const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("ask_name")), sdk2026WithoutTasks);
  expect(ended.error).toMatchObject({ code: "rpc", data: { code: -32021 } });
  expect(wire.sent("tools/call")[0]?.params._meta["io.modelcontextprotocol/clientCapabilities"]).not.toHaveProperty("elicitation");
});

test("FastMCP 4 asks all the same: `input_required`, with what it asks", async ({ page, fastmcp4WithoutTasks, wire }) => {
  const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("ask_name")), fastmcp4WithoutTasks);
  expect(ended.error).toMatchObject({ code: "input_required", data: { inputRequests: { name: { method: "elicitation/create" } } } });
  expect(wire.sent("tools/call").length).toBe(1);
});

test("`sampling` and `roots` answer what is asked of them, each declared by its being there", async ({ page, sdk2026WithoutTasks, wire }) => {
  const texts = await page.evaluate(async (url) => {
    const client = await connect(url, {
      sampling: ({ messages }) => ({ role: "assistant", model: "none", content: { type: "text", text: `heard ${messages.length}` } }),
      roots: () => ({ roots: [{ uri: "file:///home/ada" }] }),
    });
    const text = async (name: string) => ((await client.callTool(name)).content[0] as { text: string }).text;
    return [await text("sample"), await text("list_roots")];
  }, sdk2026WithoutTasks);
  expect(texts).toEqual(["the model says: heard 1", "file:///home/ada"]);
  for (const { params } of wire.requests) {
    const capabilities = params._meta["io.modelcontextprotocol/clientCapabilities"];
    expect(Object.keys(capabilities).sort()).toEqual(["extensions", "roots", "sampling"]);
  }
});
