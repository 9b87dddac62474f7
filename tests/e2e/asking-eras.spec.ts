import { expect, STATELESS, test } from "./fixtures.ts";
import { ASKING } from "./support/asking.ts";

const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

/** What both official TypeScript servers can show, each in its era. */
for (const server of ["sdk", "sdk2026"] as const) {
  const isStateless = server === "sdk2026";
  test.describe(server, () => {
    test.use({ server });

    test("several questions are each asked once, however long the answers take, and further ones after them", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const asked: string[] = [];
        const keys = new Set<string>();
        const client = await connect(url, {
          elicitation: async ({ message }, { key }) => {
            asked.push(message);
            keys.add(key);
            await sleep(message.includes("old") ? 1200 : 600);
            return { action: "accept", content: { value: message.includes("name") ? "Ada" : message.includes("old") ? 36 : "blue" } };
          },
        });
        const task = await client.callTool("ask_twice", {}, { task: true });
        const [one, two] = await Promise.all([task.result(), task.result({ timeoutMs: 15_000 })]);
        return { asked, keys: keys.size, content: one.content, same: one === two };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: "Ada, 36, blue" }], same: true, keys: 3 });
      expect(seen.asked.slice(0, 2).sort()).toEqual(["How old are you?", "What is your name?"]);
      expect(seen.asked.slice(2)).toEqual(["Which colour?"]);
    });

    test("several wait side by side, to be answered by hand in any order", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => new Promise(() => {}) });
        const task = await client.callTool("ask_twice", {}, { task: true });
        // The questions of the task, once so many are open, and this one among them.
        const open = async (count: number, word: string) => {
          for (;;) {
            const { inputRequests = {} } = await task.wait({ state: "input_required" });
            const found = Object.entries(inputRequests);
            const key = found.find(([, request]) => JSON.stringify(request).includes(word))?.[0];
            if (found.length === count && key !== undefined) return key;
            await sleep(50);
          }
        };
        await task.respond(await open(2, "old"), { action: "accept", content: { value: 36 } });
        await task.respond(await open(1, "name"), { action: "accept", content: { value: "Ada" } });
        await task.respond(await open(1, "colour"), { action: "accept", content: { value: "blue" } });
        return (await task.result()).content;
      }, url);
      expect(seen).toMatchObject([{ text: "Ada, 36, blue" }]);
    });

    test("what the handlers are is what is declared, and nothing else is", async ({ page, url, wire }) => {
      await page.evaluate(async (url) => {
        const elicitation = () => ({ action: "cancel" }) as const;
        const sampling = () => ({ role: "assistant", model: "none", content: {} }) as const;
        const roots = () => ({ roots: [] });
        for (const handlers of [{}, { elicitation }, { sampling }, { roots }, { elicitation, sampling, roots }]) {
          const client = await connect(url, handlers);
          await client.listTools();
          await client.close();
        }
      }, url);
      const requests = isStateless ? wire.sent("tools/list") : wire.sent("initialize");
      const declared = requests.map(({ params }) => (isStateless ? params._meta[CAPABILITIES] : params.capabilities));
      const [elicitation, sampling, roots] = [{ form: {}, url: {} }, { tools: {} }, {}];
      const expected = [{}, { elicitation }, { sampling }, { roots }, { elicitation, sampling, roots }];
      expect(declared.map(({ extensions: _, ...rest }) => rest)).toEqual(expected);
    });

    test("a conversation goes to the model as it was sent, and its answer back as it is", async ({ page, url }) => {
      const data = "AAAA";
      const content = [
        { type: "text", text: "Say hi" },
        { type: "image", data, mimeType: "image/png" },
        { type: "audio", data, mimeType: "audio/wav" },
      ];
      const more = {
        messages: content.map((each) => ({ role: "user", content: each })),
        systemPrompt: "Be brief",
        temperature: 0.5,
        modelPreferences: { hints: [{ name: "small" }], speedPriority: 0.9 },
        tools: [{ name: "add", description: "Add", inputSchema: { type: "object", properties: { a: { type: "number" } } } }],
        toolChoice: { mode: "auto" },
      };
      const seen = await page.evaluate(
        async ({ url, more }) => {
          const heard: unknown[] = [];
          const client = await connect(url, {
            sampling: (params, { taskId }) => {
              heard.push(params, taskId);
              return { role: "assistant", model: "none", stopReason: "endTurn", content: { type: "text", text: "hi" } };
            },
          });
          const task = await client.callTool("sample", { more }, { task: true });
          const { content } = await task.result();
          return { heard, taskId: task.taskId, content };
        },
        { url, more },
      );
      expect(seen.content).toMatchObject([{ text: "the model says: hi" }]);
      const { _meta: __, ...params } = seen.heard[0] as Record<string, unknown>;
      expect(params).toEqual({ maxTokens: 16, ...more });
      expect(seen.heard[1]).toBe(seen.taskId);
    });

    test("the roots are what the page says", async ({ page, url }) => {
      const content = await page.evaluate(async (url) => {
        const client = await connect(url, { roots: () => ({ roots: [{ uri: "file:///home/ada", name: "home" }] }) });
        return (await client.callTool("list_roots")).content;
      }, url);
      expect(content).toMatchObject([{ text: "file:///home/ada" }]);
    });

    test("what a form's answer leaves out has its default, and only what has one", async ({ page, url }) => {
      const content = await page.evaluate(async (url) => {
        const client = await connect(url, {
          elicitation: () => ({ action: "accept", content: { name: "Ada", member: false } }),
        });
        return (await client.callTool("ask_form")).content;
      }, url);
      expect(JSON.parse((content[0] as { text: string }).text)).toMatchObject({
        action: "accept",
        content: { name: "Ada", age: 30, score: 9.5, member: false, colour: "blue", size: "l", days: ["mon"] },
      });
      expect((content[0] as { text: string }).text).not.toContain("note");
    });

    test("an answer that the protocol does not have is not sent", async ({ page, url, wire }) => {
      const ended = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => ({ action: "maybe" }) as never });
        const task = await client.callTool("ask_name", {}, { task: true });
        return settle(task.result());
      }, url);
      expect(ended.error?.code).toBe(isStateless ? "invalid_argument" : "task_failed");
      expect(JSON.stringify(wire.requests.map(({ message }) => message ?? null))).not.toContain("maybe");
    });

    test("a page to visit is shown by the handler alone, and the user's word goes back", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const asked: unknown[] = [];
        const client = await connect(url, { elicitation: (params) => (asked.push(params), { action: "accept" }) });
        const { content } = await client.callTool("ask_to_visit", { url: "https://example.com/sign-in" });
        return { asked, content };
      }, url);
      expect(seen.content).toMatchObject([{ text: "accept" }]);
      expect(seen.asked).toMatchObject([{ mode: "url", message: "Please sign in", url: "https://example.com/sign-in" }]);
    });

    for (const address of ["javascript:alert(1)", "ftp://example.com/", "//example.com/", "data:text/html,hi"]) {
      test(`a page at ${address} is not put to the user`, async ({ page, url, wire }) => {
        const seen = await page.evaluate(
          async ({ url, address }) => {
            let asked = 0;
            const client = await connect(url, { elicitation: () => (asked++, { action: "accept" }) });
            const task = await client.callTool("ask_to_visit", { url: address }, { task: true });
            return { ended: await settle(task.result()), asked };
          },
          { url, address },
        );
        expect(seen.asked).toBe(0);
        expect(seen.ended.error?.code).toBe(isStateless ? "input_required" : "task_failed");
        if (!isStateless) expect(wire.sent("response").map(({ message }) => message.error.code)).toEqual([-32602]);
      });
    }

    test("a page that is not one in development has its user visit https alone", async ({ page, site, url, wire }) => {
      // Another name of this machine, which no rule takes for it.
      await page.goto(site.replace("127.0.0.1", "[::ffff:127.0.0.1]"));
      const seen = await page.evaluate(async (url) => {
        const asked: string[] = [];
        const client = await connect(url, { elicitation: (params) => (asked.push(params.url!), { action: "accept" }) });
        const [http, https] = await Promise.all(
          ["http://example.com/", "https://example.com/"].map((address) => settle(client.callTool("ask_to_visit", { url: address }))),
        );
        return { code: http!.error?.code, content: https!.value?.content, asked };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: "accept" }], asked: ["https://example.com/"] });
      expect(seen.code).toBe(isStateless ? "input_required" : "task_failed");
      // The files of such a page are no requests to a server.
      for (const { url: file } of wire.requests.splice(0)) expect(file === url || file.includes("[::ffff:")).toBe(true);
    });

    test("a page on this machine may have its user visit http, too", async ({ page, url }) => {
      const content = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => ({ action: "accept" }) });
        return (await client.callTool("ask_to_visit", { url: "http://localhost:1/" })).content;
      }, url);
      expect(content).toMatchObject([{ text: "accept" }]);
    });

    test("a question that the server no longer asks is withdrawn", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        let aborted = -1;
        let asked = 0;
        const client = await connect(url, {
          elicitation: (_, { signal }) =>
            new Promise(() => {
              asked = performance.now();
              signal.onabort = () => (aborted = performance.now() - asked);
            }),
        });
        const task = await client.callTool("ask_and_give_up", { withinMs: 600, thenMs: 2500 }, { task: true });
        const changes = changesOf(task);
        const { content } = await task.result();
        return { content, aborted, last: changes.at(-1), asked: changes.filter(({ inputRequests }) => inputRequests !== undefined).length };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: "gave up" }], last: { status: "completed" } });
      expect(seen.last).not.toHaveProperty("inputRequests");
      expect(seen.asked).toBeGreaterThan(0);
      // The older server takes it back without a word: there it ends with the task.
      expect(seen.aborted).toBeGreaterThan(400);
      if (isStateless) expect(seen.aborted).toBeLessThan(2000);
      expect([...wire.sent("tasks/update"), ...wire.sent("response")]).toEqual([]);
    });
  });
}

/** Where a question outlives the page that was asked it. */
for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a page that is reloaded while the question is open is asked it, once, and gets the result", async ({ page, url, wire }) => {
      const record = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => new Promise(() => {}) });
        const task = await client.callTool("ask_name", {}, { task: true });
        void settle(task.result());
        await task.wait({ state: "input_required" });
        return JSON.stringify(task);
      }, url);
      await page.reload();
      const seen = await page.evaluate(
        async ({ url, record }) => {
          const asked: string[] = [];
          const client = await connect(url, {
            elicitation: ({ message }) => (asked.push(message), { action: "accept", content: { value: "Ada" } }),
          });
          const task = client.resumeTask(JSON.parse(record) as TaskRecord) as ToolTask;
          const [one, two] = await Promise.all([task.result(), task.result({ timeoutMs: 15_000 })]);
          return { asked, content: one.content, same: one === two };
        },
        { url, record },
      );
      expect(seen).toMatchObject({ asked: ["What is your name?"], content: [{ text: "accept: Ada" }], same: true });
      expect(wire.sent("tasks/update").length).toBe(1);
    });

    test("what was answered before the page was reloaded is not asked again, and what was not is", async ({ page, url, wire }) => {
      const record = await page.evaluate(async (url) => {
        const client = await connect(url, {
          elicitation: ({ message }) =>
            message.includes("old") ? new Promise(() => {}) : { action: "accept", content: { value: "Ada" } },
        });
        const task = await client.callTool("ask_twice", {}, { task: true });
        void settle(task.result());
        await sleep(1500);
        return JSON.stringify(task);
      }, url);
      expect(wire.sent("tasks/update").length).toBe(1);
      await page.reload();
      const seen = await page.evaluate(
        async ({ url, record }) => {
          const asked: string[] = [];
          const client = await connect(url, {
            elicitation: ({ message }) => (asked.push(message), { action: "accept", content: { value: message.includes("old") ? 36 : "blue" } }),
          });
          const task = client.resumeTask(JSON.parse(record) as TaskRecord) as ToolTask;
          return { content: (await task.result()).content, asked };
        },
        { url, record },
      );
      expect(seen).toMatchObject({ content: [{ text: "Ada, 36, blue" }], asked: ["How old are you?", "Which colour?"] });
    });
  });
}

test("with sessions a reloaded page cannot be asked what the old one was: it is told so, and does not hang", async ({ page, sdkShared }) => {
  const { tool } = ASKING.sdk;
  const record = await page.evaluate(
    async ({ url, tool }) => {
      const client = await connect(url, { elicitation: () => new Promise(() => {}) });
      const task = await client.callTool(tool, {}, { task: true });
      void settle(task.result());
      await task.wait({ state: "input_required" });
      return JSON.stringify(task);
    },
    { url: sdkShared, tool },
  );
  await page.reload();
  const seen = await page.evaluate(
    async ({ url, record }) => {
      const client = await connect(url, { elicitation: () => ({ action: "decline" }) });
      const task = client.resumeTask(JSON.parse(record) as TaskRecord) as ToolTask;
      const ended = await settle(task.result({ timeoutMs: 12_000 }));
      return { code: ended.error?.code, status: (await task.status()).status };
    },
    { url: sdkShared, record },
  );
  expect(seen).toEqual({ code: "input_required", status: "input_required" });
});

test("TypeScript 2025: a call that needs a visit first is made again after it; the user is asked once", async ({ page, sdk, wire }) => {
  await page.exposeFunction("visit", async (address: string) => void (await fetch(address)));
  const seen = await page.evaluate(async (url) => {
    const asked: unknown[] = [];
    const client = await connect(url, {
      elicitation: (params) => {
        asked.push(params);
        // The user agrees, and is there a while later.
        setTimeout(() => (globalThis as unknown as { visit(address: string): void }).visit(params.url!), 1200);
        return { action: "accept" };
      },
    });
    const started = performance.now();
    const { content } = await client.callTool("needs_visit");
    return { asked, content, ms: performance.now() - started, again: (await client.callTool("needs_visit")).content };
  }, sdk);
  expect(seen).toMatchObject({ content: [{ text: "welcome back" }], again: [{ text: "welcome back" }] });
  expect(seen.asked).toMatchObject([{ mode: "url", message: "Please sign in", url: expect.stringContaining("/visit/") }]);
  expect(seen.ms).toBeGreaterThan(1100);
  expect(seen.ms).toBeLessThan(4000);
  expect(wire.sent("tools/call").length).toBeLessThan(9);
});

for (const [who, handler] of [
  ["declines", "decline"],
  ["cancels", "cancel"],
  ["has no handler", undefined],
] as const) {
  test(`TypeScript 2025: who ${who} where a visit is needed gets the server's own error`, async ({ page, sdk, wire }) => {
    const ended = await page.evaluate(
      async ({ url, handler }) => {
        const client = await connect(url, handler ? { elicitation: () => ({ action: handler }) } : {});
        return settle(client.callTool("needs_visit"));
      },
      { url: sdk, handler },
    );
    expect(ended.error).toMatchObject({ code: "rpc", data: { code: -32042, data: { elicitations: [{ mode: "url" }] } } });
    expect(wire.sent("tools/call").length).toBe(1);
  });
}
