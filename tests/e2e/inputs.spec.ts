import { expect, STATELESS, test } from "./fixtures.ts";

/** A tool that asks runs as a task: its questions come with its status, and answers go by `tasks/update`. */
for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a task's question goes to the handler, and its answer to the server", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const asked: unknown[] = [];
        const client = await connect(url, {
          elicitation: ({ message }, { taskId, key }) => {
            asked.push({ message, taskId, key });
            return { action: "accept", content: { value: "Ada" } };
          },
        });
        const task = await client.callTool("ask_name", {}, { task: true });
        const changes = changesOf(task);
        return { taskId: task.taskId, content: (await task.result()).content, asked, statuses: changes.map((change) => change.status) };
      }, url);
      expect(seen.content).toMatchObject([{ text: "accept: Ada" }]);
      expect(seen.asked).toEqual([{ message: "What is your name?", taskId: seen.taskId, key: expect.stringMatching(/./) }]);
      expect(seen.statuses).toContain("input_required");
      expect(seen.statuses.at(-1)).toBe("completed");
      const [update] = wire.sent("tasks/update");
      const { key } = seen.asked[0] as { key: string };
      expect(update?.params).toMatchObject({ taskId: seen.taskId, inputResponses: { [key]: { action: "accept", content: { value: "Ada" } } } });
      expect(wire.sent("tasks/update").length).toBe(1);
      expect(wire.sent("tools/call").length).toBe(1);
    });

    test("several questions are each asked once, however long the answers take, and further ones after them", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const asked: string[] = [];
        const client = await connect(url, {
          elicitation: async ({ message }) => {
            asked.push(message);
            // Long enough for polls and pushes to repeat the question.
            await sleep(message.includes("old") ? 1200 : 600);
            return { action: "accept", content: { value: message.includes("name") ? "Ada" : message.includes("old") ? 36 : "blue" } };
          },
        });
        const task = await client.callTool("ask_twice", {}, { task: true });
        const [one, two] = await Promise.all([task.result(), task.result({ timeoutMs: 15_000 })]);
        return { asked, content: one.content, same: one === two };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: "Ada, 36, blue" }], same: true });
      expect(seen.asked.slice(0, 2).sort()).toEqual(["How old are you?", "What is your name?"]);
      expect(seen.asked.slice(2)).toEqual(["Which colour?"]);
      const answered = wire.sent("tasks/update").flatMap((update) => Object.keys(update.params.inputResponses));
      expect(answered.length).toBe(3);
      expect(new Set(answered).size).toBe(3);
    });

    test("a plain call that becomes a task which asks is answered unseen", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => ({ action: "decline" }) });
        const result = await client.callTool("ask_name");
        return { content: result.content, live: client.tasks.size };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: expect.stringMatching(/^decline/) }], live: 0 });
    });

    test("nobody is asked until somebody waits for the result", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        let asked = 0;
        const client = await connect(url, { elicitation: () => (asked++, { action: "accept", content: { value: "Ada" } }) });
        const task = await client.callTool("ask_name", {}, { task: true });
        const status = await task.wait();
        await sleep(300);
        const before = asked;
        await task.result();
        return { status: status.status, before, asked };
      }, url);
      expect(seen).toEqual({ status: "input_required", before: 0, asked: 1 });
    });

    test("`respond` answers by hand what the status asks, and a key that is not asked is refused", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => new Promise(() => {}) });
        const task = await client.callTool("ask_name", {}, { task: true });
        const { inputRequests = {} } = await task.wait({ state: "input_required" });
        const [[key, request] = ["", {}]] = Object.entries(inputRequests);
        const wrong = await settle(task.respond("nobody asked", { action: "decline" }));
        await task.respond(key, { action: "accept", content: { value: "Grace" } });
        return { request, wrong: wrong.error?.code, content: (await task.result()).content };
      }, url);
      expect(seen.request).toMatchObject({ method: "elicitation/create", params: { message: "What is your name?" } });
      expect(seen).toMatchObject({ wrong: "invalid_argument", content: [{ text: "accept: Grace" }] });
      expect(wire.sent("tasks/update").length).toBe(1);
    });

    test("an answer by hand withdraws the question from the handler", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        let withdrawn = false;
        const client = await connect(url, {
          elicitation: (_, { signal }) =>
            new Promise(() => {
              signal.onabort = () => (withdrawn = true);
            }),
        });
        const task = await client.callTool("ask_name", {}, { task: true });
        const result = task.result();
        const { inputRequests = {} } = await task.wait({ state: "input_required" });
        await task.respond(Object.keys(inputRequests)[0]!, { action: "accept", content: { value: "Grace" } });
        return { content: (await result).content, withdrawn };
      }, url);
      expect(seen).toMatchObject({ content: [{ text: "accept: Grace" }], withdrawn: true });
    });

    test("`updateTask` answers by id, from another page as well", async ({ page, newPage, url }) => {
      const taskId = await page.evaluate(async (url) => {
        const client = await connect(url, { elicitation: () => new Promise(() => {}) });
        const task = await client.callTool("ask_name", {}, { task: true });
        Object.assign(kept, { client, waiting: settle(task.wait({ state: "completed" })) });
        return task.taskId;
      }, url);
      const updated = await (
        await newPage()
      ).evaluate(
        async ({ url, taskId }) => {
          const client = await connect(url);
          let status = await client.getTaskStatus(taskId);
          while (status.status === "working") status = await client.getTaskStatus(taskId);
          const [key = ""] = Object.keys(status.inputRequests ?? {});
          return client.updateTask(taskId, { [key]: { action: "accept", content: { value: "Grace" } } });
        },
        { url, taskId },
      );
      expect(updated).toBeUndefined();
      expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { status: "completed" } });
    });

    test("a task that is cancelled while the user thinks ends the question", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        let withdrawn = false;
        let asked = () => {};
        const asking = new Promise<void>((resolve) => (asked = resolve));
        const client = await connect(url, {
          elicitation: (_, { signal }) =>
            new Promise(() => {
              signal.onabort = () => (withdrawn = true);
              asked();
            }),
        });
        const task = await client.callTool("ask_name", {}, { task: true });
        const result = settle(task.result());
        await asking;
        await task.cancel();
        return { code: (await result).error?.code, withdrawn };
      }, url);
      expect(seen).toEqual({ code: "task_cancelled", withdrawn: true });
      expect(wire.sent("tasks/update")).toEqual([]);
    });

    test("a handler that fails ends the wait with `input_required`, and who asks again is asked again", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        let asked = 0;
        const client = await connect(url, {
          elicitation: () => (asked++ === 0 ? Promise.reject(new Error("the form broke")) : { action: "accept", content: { value: "Ada" } }),
        });
        const task = await client.callTool("ask_name", {}, { task: true });
        const failed = await settle(task.result());
        return { failed, content: (await task.result()).content, asked };
      }, url);
      expect(seen.failed.error).toMatchObject({ code: "input_required" });
      expect(Object.values(seen.failed.error?.data.inputRequests)).toMatchObject([{ method: "elicitation/create" }]);
      expect(seen).toMatchObject({ content: [{ text: "accept: Ada" }], asked: 2 });
    });
  });
}

test("FastMCP 4 asks a client that never said it answers: `input_required`, with all that is asked", async ({ page, fastmcp4, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("ask_twice", {}, { task: true });
    const ended = await settle(task.result());
    const status = await task.status();
    const plain = await settle(client.callTool("ask_name"));
    return { taskId: task.taskId, ended, status, plain };
  }, fastmcp4);
  expect(seen.ended.error).toMatchObject({ code: "input_required", taskId: seen.taskId });
  const requests = Object.values<{ params: { message: string } }>(seen.ended.error?.data.inputRequests);
  expect(requests.map((request) => request.params.message).sort()).toEqual(["How old are you?", "What is your name?"]);
  expect(seen.status).toMatchObject({ status: "input_required", inputRequests: seen.ended.error?.data.inputRequests });
  expect(seen.plain.error?.code).toBe("input_required");
  expect(wire.sent("tasks/update")).toEqual([]);
});

test("TypeScript 2026 fails the task of a client that never said it answers", async ({ page, sdk2026 }) => {
  const ended = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("ask_name", {}, { task: true });
    return settle(task.result());
  }, sdk2026);
  expect(ended.error).toMatchObject({ code: "task_failed", data: { code: -32021 } });
});

test("`sampling` and `roots` answer a task, too", async ({ page, sdk2026 }) => {
  const texts = await page.evaluate(async (url) => {
    const client = await connect(url, {
      sampling: ({ messages }) => ({ role: "assistant", model: "none", content: { type: "text", text: `heard ${messages.length}` } }),
      roots: () => ({ roots: [{ uri: "file:///home/ada" }] }),
    });
    const text = async (name: string) => ((await (await client.callTool(name, {}, { task: true })).result()).content[0] as { text: string }).text;
    return [await text("sample"), await text("list_roots")];
  }, sdk2026);
  expect(texts).toEqual(["the model says: heard 1", "file:///home/ada"]);
});

test("with sessions the question comes on a stream: the same handler answers it, as a task and plainly", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const asked: string[] = [];
    const client = await connect(url, {
      elicitation: ({ message }) => (asked.push(message), { action: "accept", content: { value: "Ada" } }),
    });
    const task = await client.callTool("ask_name", {}, { task: true });
    return { asked, task: (await task.result()).content, plain: (await client.callTool("ask_name")).content };
  }, fastmcp);
  expect(seen).toMatchObject({ task: [{ text: "accept: Ada" }], plain: [{ text: "accept: Ada" }] });
  expect(seen.asked).toEqual(["What is your name?", "What is your name?"]);
  expect(wire.sent("response").map((answer) => answer.message.result)).toEqual(
    Array.from({ length: 2 }, () => ({ action: "accept", content: { value: "Ada" } })),
  );
});

test("with sessions there is nothing to update by hand: `unsupported`", async ({ page, fastmcp }) => {
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("forever", {}, { task: true });
    return settle(client.updateTask(task.taskId, { name: { action: "decline" } }));
  }, fastmcp);
  expect(ended.error?.code).toBe("unsupported");
});
