import { ASKING, type Asking } from "../e2e/support/asking.ts";
import { slow } from "../e2e/support/dialect.ts";
import { expect, test } from "./fixtures.ts";

/** One page for every server, thrown away in the middle of its work, and what the next finds. */
for (const server of ["fastmcp", "fastmcp4", "sdk", "sdk2026"] as const) {
  test.describe(server, () => {
    test("a page that is reloaded while a task is made: nothing is remembered of what nobody knows", async ({ window, reload, urlOf }) => {
      const given = { url: urlOf(server), slow: slow(server, 500) };
      await window.run(async ({ url, slow }) => {
        const client = await connect(url, { store: "indexeddb" });
        await client.listTools();
        void client.callTool("slow", slow, { task: true }).catch(() => {});
      }, given);
      await reload();
      const seen = await window.run(async ({ url, slow }) => {
        const client = await connect(url, { store: "indexeddb" });
        const before = [...client.tasks.values()] as ToolTask[];
        const results = await Promise.all([...before, await client.callTool("slow", slow, { task: true })].map((task) => task.result()));
        const outcome = { before: before.length, results: results.length, live: client.tasks.size };
        await client.close();
        return outcome;
      }, given);
      // The answer may have come before the page went.
      expect(seen.before).toBeLessThanOrEqual(1);
      expect(seen).toEqual({ before: seen.before, results: seen.before + 1, live: 0 });
    });

    for (const store of ["indexeddb", "localstorage"] as const) {
      test(`a page that is reloaded while the task works has its result (${store})`, async ({ window, reload, urlOf }) => {
        const given = { url: urlOf(server), slow: slow(server, 1_500), store };
        await window.run(async ({ url, slow, store }) => {
          const client = await connect(url, { store });
          await client.callTool("slow", slow, { task: true });
          await sleep(100);
        }, given);
        await reload();
        const ended = await window.run(async ({ url, store }) => {
          const client = await connect(url, { store });
          const [task] = client.tasks.values();
          const outcome = [client.tasks.size, (await settle(task!.result())).error?.code ?? "completed"];
          await client.close();
          return outcome;
        }, given);
        expect(ended).toEqual([1, "completed"]);
      });
    }

    test("a page that is reloaded while a question is open answers it, and has the result", async ({ window, reload, urlOf }) => {
      const asking: Asking = ASKING[server];
      const given = { url: urlOf(server), tool: asking.tool, args: asking.args, answer: asking.answer };
      await window.run(async ({ url, tool, args }) => {
        const client = await connect(url, { store: "indexeddb", elicitation: () => new Promise(() => {}) });
        const task = await client.callTool(tool, args, { task: true });
        void task.result().catch(() => {});
        await task.wait({ state: "input_required" });
        await sleep(200);
      }, given);
      await reload();
      const seen = await window.run(async ({ url, answer }) => {
        const asked: string[] = [];
        const client = await connect(url, {
          store: "indexeddb",
          elicitation({ message }) {
            asked.push(message);
            return { action: "accept", content: answer };
          },
        });
        const [task] = [...client.tasks.values()] as ToolTask[];
        const { content } = await task!.result();
        const outcome = { asked, text: (content[0] as { text: string }).text, live: client.tasks.size };
        await client.close();
        return outcome;
      }, given);
      expect(seen).toEqual({ asked: [asking.message], text: expect.stringMatching(asking.accepted), live: 0 });
    });

    test("a page that is reloaded while there is no network goes on when it is back", async ({ window, reload, urlOf, engine }) => {
      test.skip(window.offline === undefined, `the driver of ${engine} cannot take the network away`);
      const given = { url: urlOf(server), slow: slow(server, 800) };
      await window.run(async ({ url, slow }) => {
        const client = await connect(url, { store: "indexeddb" });
        await client.callTool("slow", slow, { task: true });
        await sleep(100);
      }, given);
      await reload();
      // The module is there, as a service worker would have it.
      await window.run(async ({ url }) => (await connect(url)).close(), given);
      await window.offline?.(true);
      const offline = await window.run(async ({ url }) => (await settle(connect(url, { store: "indexeddb", timeoutMs: 3_000 }))).error?.code, given);
      await window.offline?.(false);
      const seen = await window.run(async ({ url }) => {
        const client = await connect(url, { store: "indexeddb" });
        const [task] = [...client.tasks.values()] as ToolTask[];
        const outcome = { content: (await task!.result()).content.length, live: client.tasks.size };
        await client.close();
        return outcome;
      }, given);
      expect([offline, seen]).toEqual(["network", { content: 1, live: 0 }]);
    });

    test("a page that is reloaded after a task was seen to end finds nothing of it", async ({ window, reload, urlOf }) => {
      const given = { url: urlOf(server), slow: slow(server, 300) };
      await window.run(async ({ url, slow }) => {
        const client = await connect(url, { store: "indexeddb" });
        await (await client.callTool("slow", slow, { task: true })).result();
        await (await client.callTool("slow", slow, { task: true })).wait();
        await sleep(100);
      }, given);
      await reload();
      const live = await window.run(async ({ url }) => {
        const client = await connect(url, { store: "indexeddb" });
        const { size } = client.tasks;
        await client.close();
        return size;
      }, given);
      expect(live).toBe(0);
    });
  });
}
