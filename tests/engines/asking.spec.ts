import { ASKING, type Asking } from "../e2e/support/asking.ts";
import { expect, test } from "./fixtures.ts";

const textOf = ({ content }: { content: unknown[] }) => (content[0] as { text: string }).text;

for (const [server, asking] of Object.entries(ASKING) as [keyof typeof ASKING, Asking][]) {
  test.describe(server, () => {
    test("a handler answers a task's question, once for two who wait", async ({ window, urlOf }) => {
      const seen = await window.run(
        async ({ url, asking }) => {
          const asked: { message: string; taskId: string | undefined }[] = [];
          const client = await connect(url, {
            async elicitation({ message }, { taskId }) {
              asked.push({ message, taskId });
              await sleep(300);
              return { action: "accept", content: asking.answer };
            },
          });
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const [one, two] = await Promise.all([task.result(), task.result()]);
          const outcome = { one, same: one === two, asked, taskId: task.taskId, live: client.tasks.size };
          await client.close();
          return outcome;
        },
        { url: urlOf(server), asking: sent(asking) },
      );
      expect(textOf(seen.one)).toMatch(asking.accepted);
      expect(seen).toMatchObject({ same: true, live: 0, asked: [{ message: asking.message, taskId: seen.taskId }] });
    });

    test("by hand", async ({ window, urlOf }) => {
      const seen = await window.run(
        async ({ url, asking }) => {
          const client = await connect(url, { elicitation: () => new Promise(() => {}) });
          const task = await client.callTool(asking.tool, asking.args, { task: true });
          const { inputRequests = {} } = await task.wait({ state: "input_required" });
          for (const key of Object.keys(inputRequests)) await task.respond(key, { action: "accept", content: asking.answer });
          const result = await task.result();
          await client.close();
          return result;
        },
        { url: urlOf(server), asking: sent(asking) },
      );
      expect(textOf(seen)).toMatch(asking.accepted);
    });

    test("a plain call is answered unseen; to decline and to cancel are answers", async ({ window, urlOf }) => {
      const seen = await window.run(
        async ({ url, asking }) => {
          const results: CallToolResult[] = [];
          for (const action of ["decline", "cancel"] as const) {
            const client = await connect(url, { elicitation: () => ({ action }) });
            results.push(await client.callTool(asking.tool, asking.args));
            await client.close();
          }
          return results;
        },
        { url: urlOf(server), asking: sent(asking) },
      );
      expect(textOf(seen[0]!)).toMatch(asking.declined);
      expect(textOf(seen[1]!)).toMatch(asking.cancelled);
    });

    test("the question's signal aborts when the client is closed", async ({ window, urlOf }) => {
      const code = await window.run(
        async ({ url, asking }) => {
          let client: Client | undefined;
          const aborted = new Promise((resolve) => {
            void connect(url, {
              elicitation: (_, { signal }) => {
                signal.onabort = () => resolve((signal.reason as McpError).code);
                void client?.close();
                return new Promise(() => {});
              },
            }).then(async (connected) => {
              client = connected;
              const task = await client.callTool(asking.tool, asking.args, { task: true });
              await settle(task.result());
            });
          });
          return aborted;
        },
        { url: urlOf(server), asking: sent(asking) },
      );
      expect(code).toBe("closed");
    });
  });
}

/** What of it a page needs; expressions do not leave here. */
function sent({ tool, args, answer }: Asking): Pick<Asking, "tool" | "args" | "answer"> {
  return { tool, args, answer };
}
