import { expect, test } from "./fixtures.ts";
import { type Asking, ASKING, isStatelessServer } from "./support/asking.ts";
import type { Wire } from "./support/wire.ts";

const SERVERS = Object.keys(ASKING) as (keyof typeof ASKING)[];

/** The answers to the server's questions that were sent, in whichever era's way. */
const answers = (wire: Wire): unknown[] => [
  ...wire.sent("tasks/update").flatMap((update) => Object.values(update.params.inputResponses)),
  ...wire.sent("response").map(({ message }) => message.result ?? message.error),
];

const textOf = (result?: { content: unknown[] }) => (result?.content[0] as { text: string }).text;

/** One page for every server: what it does, and what is told to it, is the same in both eras. */
for (const server of SERVERS) {
  const asking: Asking = ASKING[server];
  test.describe(server, () => {
    test.use({ server });

    test("a handler answers: asked once for two who wait, with the task and the key", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          const asked: { message: string; taskId: string | undefined; key: string }[] = [];
          let begun = Infinity;
          let waited = Infinity;
          const client = await connect(url, {
            elicitation: async ({ message }, { taskId, key }) => {
              asked.push({ message, taskId, key });
              waited = performance.now() - begun;
              // Long enough for polls and pushes to repeat the question.
              await sleep(700);
              return { action: "accept", content: asking.answer };
            },
          });
          begun = performance.now();
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const changes = changesOf(task);
          // A question that was here before the task is no change of it.
          const first = await task.status();
          const [one, two] = await Promise.all([task.result(), task.result({ timeoutMs: 15_000 })]);
          const told = changes.filter(({ status }) => status === "input_required").length;
          const keys = [first, ...changes].flatMap(({ inputRequests = {} }) => Object.keys(inputRequests));
          return { one, same: one === two, asked, taskId: task.taskId, told, keys, last: changes.at(-1)?.status, waited, live: client.tasks.size };
        },
        { url, asking },
      );
      expect(textOf(seen.one)).toMatch(asking.accepted);
      expect(seen).toMatchObject({ same: true, live: 0 });
      expect(seen.asked).toMatchObject([{ message: asking.message, taskId: seen.taskId, key: expect.stringMatching(/./) }]);
      expect(seen.waited).toBeLessThan(asking.withinMs);
      expect(seen.told).toBeLessThan(2);
      expect([...new Set(seen.keys)]).toEqual([seen.asked[0]!.key]);
      expect(seen.last).toBe("completed");
      expect(answers(wire)).toEqual([{ action: "accept", content: asking.answer }]);
    });

    test("by hand: the status carries what is asked, nobody else is asked, and `respond` answers", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          let asked = 0;
          const client = await connect(url, { elicitation: () => (asked++, new Promise(() => {})) });
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const waited = await task.wait({ state: "input_required" });
          const status = await task.status();
          const [[key, request] = ["", {}]] = Object.entries(waited.inputRequests ?? {});
          const before = asked;
          const wrong = await settle(task.respond(`${key}?`, { action: "decline" }));
          const odd = await settle(task.respond(key, { action: "maybe" }));
          await task.respond(key, { action: "accept", content: asking.answer });
          return { status, keys: Object.keys(status.inputRequests ?? {}), key, request, before, wrong, odd, result: await task.result(), asked };
        },
        { url, asking },
      );
      expect(seen.request).toMatchObject({ method: "elicitation/create", params: { message: asking.message } });
      expect(seen).toMatchObject({ status: { status: "input_required" }, keys: [seen.key], before: 0, asked: 0 });
      expect(seen.wrong.error?.code).toBe("invalid_argument");
      expect(seen.odd.error?.code).toBe("invalid_argument");
      expect(textOf(seen.result)).toMatch(asking.accepted);
      expect(answers(wire)).toEqual([{ action: "accept", content: asking.answer }]);
    });

    test("a plain call is answered unseen; to decline and to cancel are answers", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          const actions = ["decline", "cancel"] as const;
          const clients = await Promise.all(actions.map((action) => connect(url, { elicitation: () => ({ action }) })));
          const results = await Promise.all(clients.map((client) => client.callTool(asking.tool, asking.args)));
          return { results, live: clients.map((client) => client.tasks.size) };
        },
        { url, asking },
      );
      expect(textOf(seen.results[0])).toMatch(asking.declined);
      expect(textOf(seen.results[1])).toMatch(asking.cancelled);
      expect(seen.live).toEqual([0, 0]);
      expect(answers(wire)).toHaveLength(2);
      expect(answers(wire)).toEqual(expect.arrayContaining([{ action: "decline" }, { action: "cancel" }]));
    });

    test("the question's signal aborts when the task is cancelled, and when the client is closed", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          const aborted: string[] = [];
          const open = async () => {
            let asked = () => {};
            const asking_ = new Promise<void>((resolve) => (asked = resolve));
            const client = await connect(url, {
              elicitation: (_, { signal }) =>
                new Promise((_, reject) => {
                  signal.onabort = () => {
                    aborted.push((signal.reason as McpError).code);
                    reject(signal.reason as Error);
                  };
                  asked();
                }),
            });
            const task = await client.callTool(asking.tool, asking.args, { task: true });
            const ended = settle(task.result());
            await asking_;
            return { client, task, ended };
          };
          const [one, two] = await Promise.all([open(), open()]);
          await one.task.cancel();
          const cancelled = (await one.ended).error?.code;
          const before = aborted.length;
          await two.client.close();
          return { cancelled, before, closed: (await two.ended).error?.code, aborted };
        },
        { url, asking },
      );
      expect(seen).toEqual({ cancelled: "task_cancelled", before: 1, closed: "closed", aborted: ["closed", "closed"] });
      expect(answers(wire)).toEqual([]);
    });

    test("what the handler throws: the server hears that there is no answer, or it may be asked for again", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          const cause = new Error("the form broke, secret");
          let asked = 0;
          const client = await connect(url, { elicitation: () => (asked++, Promise.reject(cause)) });
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const ended = await task.result().then(
            (result) => ({ code: "resolved", result }),
            (error: McpError) => ({ code: error.code, isCause: error.cause === cause, data: error.data }),
          );
          const { status, inputRequests = {} } = await task.status();
          const [key] = Object.keys(inputRequests);
          const late = key === undefined ? undefined : await task.respond(key, { action: "accept", content: asking.answer }).then(() => task.result());
          return { ended, status, late, asked };
        },
        { url, asking },
      );
      expect(seen.asked).toBe(1);
      if (isStatelessServer(server)) {
        expect(seen.ended).toMatchObject({ code: "input_required", isCause: true, data: { inputRequests: expect.anything() } });
        expect(seen.status).toBe("input_required");
        expect(textOf(seen.late)).toMatch(asking.accepted);
      } else {
        // Here the question is a request, which is answered with an error: what comes of it is the server's own.
        expect(answers(wire)).toEqual([{ code: -32603, message: expect.not.stringContaining("secret") }]);
        expect(seen.ended.code).toBe(server === "sdk" ? "task_failed" : "resolved");
      }
    });

    test("nobody answers: it never hangs, and what can still be answered is", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, asking }) => {
          const client = await connect(url, { roots: () => ({ roots: [] }) });
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const ended = await settle(task.result());
          const plain = await settle(client.callTool(asking.tool, asking.args));
          const { inputRequests = {} } = ended.error?.code === "input_required" ? await task.status() : {};
          const [key] = Object.keys(inputRequests);
          const late = key === undefined ? undefined : await task.respond(key, { action: "accept", content: asking.answer }).then(() => task.result());
          return { ended, plain, late };
        },
        { url, asking },
      );
      // Servers that keep to what was declared ask nothing, or end the work; others are told that there is no answer.
      const ENDS = {
        fastmcp: [undefined, "tool_error"],
        fastmcp4: ["input_required", "input_required"],
        sdk: ["task_failed", "task_failed"],
        sdk2026: ["task_failed", "task_failed"],
        everything: [undefined, undefined],
      };
      expect([seen.ended.error?.code, seen.plain.error?.code]).toEqual(ENDS[server]);
      if (server === "fastmcp4") {
        expect(Object.values(seen.ended.error?.data.inputRequests)).toMatchObject([{ params: { message: asking.message } }]);
        expect(textOf(seen.late)).toMatch(asking.accepted);
      }
      // Only this server asks a client that never said it answers.
      if (server === "sdk") expect(answers(wire)).toEqual(Array(2).fill({ code: -32601, message: expect.any(String) }));
    });
  });
}
