import { expect, test } from "./fixtures.ts";
import { type Asking, ASKING, isStatelessServer } from "./support/asking.ts";
import { slow } from "./support/dialect.ts";

const SERVERS = Object.keys(ASKING) as (keyof typeof ASKING)[];
const textOf = (result?: { content: unknown[] }) => (result?.content[0] as { text: string }).text;

/** One page for every server, reloaded in the middle of its work. */
for (const server of SERVERS) {
  const asking: Asking = ASKING[server];
  test.describe(server, () => {
    test.use({ server });

    for (const [store, how] of [
      ["indexeddb", "by a handler"],
      ["localstorage", "by hand"],
    ] as const) {
      test(`a page that is reloaded while a question is open answers it ${how}, and has the result (${store})`, async ({ page, url, wire }) => {
        const before = await page.evaluate(
          async ({ url, asking, store }) => {
            const client = await connect(url, { store, elicitation: () => new Promise(() => {}) });
            const task = await client.callTool(asking.tool, asking.args, { task: true });
            void task.result().catch(() => {});
            await task.wait({ state: "input_required" });
            await sleep(200);
            return { taskId: task.taskId, sessionId: client.sessionId };
          },
          { url, asking, store },
        );
        await page.reload();
        const after = await page.evaluate(
          async ({ url, asking, store }) => {
            const asked: string[] = [];
            const client = await connect(url, {
              store,
              elicitation: ({ message }) => {
                asked.push(message);
                return { action: "accept", content: asking.answer };
              },
            });
            const [task] = [...client.tasks.values()] as ToolTask[];
            const { taskId, kind, name } = task!;
            if (store === "localstorage") {
              const { inputRequests = {} } = await task!.wait({ state: "input_required" });
              await task!.respond(Object.keys(inputRequests)[0]!, { action: "accept", content: asking.answer });
            }
            const [one, two] = await Promise.all([task!.result(), task!.result({ timeoutMs: 15_000 })]);
            return { taskId, kind, name, asked, same: one === two, result: one, sessionId: client.sessionId, live: client.tasks.size };
          },
          { url, asking, store },
        );
        expect(textOf(after.result)).toMatch(asking.accepted);
        expect(after.asked).toEqual(store === "indexeddb" ? [asking.message] : []);
        expect(after).toMatchObject({ taskId: before.taskId, kind: "tool", name: asking.tool, same: true, live: 0 });
        expect(after.sessionId).toBe(before.sessionId);
        expect(wire.sent("initialize")).toHaveLength(isStatelessServer(server) ? 0 : 1);
        await page.reload();
        const left = await page.evaluate(async ({ url, store }) => (await connect(url, { store })).tasks.size, { url, store });
        expect(left).toBe(0);
      });
    }

    test("a page that is reloaded while the task works has its result, and callbacks are told", async ({ page, url }) => {
      const args = server === "everything" ? { topic: "python" } : slow(server, 1500);
      const tool = server === "everything" ? asking.tool : "slow";
      const taskId = await page.evaluate(
        async ({ url, tool, args }) => {
          const client = await connect(url, { store: "indexeddb" });
          const task = await client.callTool(tool, args, { task: true });
          await sleep(100);
          return task.taskId;
        },
        { url, tool, args },
      );
      await page.reload();
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url, { store: "indexeddb" });
        const [task] = [...client.tasks.values()] as ToolTask[];
        const changes = changesOf(task!);
        const result = await task!.result();
        return { taskId: task!.taskId, content: result.content.length, last: changes.at(-1)?.status, live: client.tasks.size };
      }, url);
      expect(seen).toMatchObject({ taskId, last: "completed", live: 0 });
      expect(seen.content).toBeGreaterThan(0);
    });
  });
}
