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

test("any object with the interface is a store: it holds what is unfinished, and nothing that is secret", async ({ page, fastmcp: url }) => {
  const seen = await page.evaluate(
    async ({ url, args }) => {
      const entries = new Map<string, unknown>();
      const log: string[] = [];
      const store = {
        entries: (prefix: string) => [...entries].filter(([key]) => key.startsWith(prefix)),
        set: (key: string, entry: unknown) => (log.push(`set ${key}`), void entries.set(key, structuredClone(entry))),
        delete: (key: string) => (log.push(`delete ${key}`), void entries.delete(key)),
      };
      const headers = { authorization: "Bearer secret-token" };
      const client = await connect(`${url}?key=secret-key`, { store, headers });
      const task = await client.callTool("slow", args, { task: true, meta: { trace: "secret-meta" } });
      const detached = await client.callTool("slow", { ...args, seconds: 30 }, { task: true });
      await sleep(50);
      const live = [...entries].map(([key, entry]) => [key, structuredClone(entry)] as const);
      detached.detach();
      await sleep(50);
      const left = [...entries.keys()];
      await task.result();
      await sleep(50);
      const ids = [task.taskId, detached.taskId];
      return { live, left, end: [...entries.keys()], ids, sessionId: client.sessionId, written: log.length };
    },
    { url, args: slow("fastmcp", 1500) },
  );
  const [task, detached] = seen.ids;
  const of = (id?: string) => seen.live.find(([key]) => key.startsWith("mcp-tasks task ") && key.endsWith(` ${id}`))?.[1] as Record<string, unknown>;
  expect(of(task)).toMatchObject({ version: 1, taskId: task, kind: "tool", name: "slow", protocolVersion: "2025-11-25", sessionId: seen.sessionId });
  expect(of(task)).toMatchObject({ status: { status: "working" }, receivedAt: expect.any(Number) });
  expect(of(detached)).toBeDefined();
  expect(JSON.stringify(seen.live)).not.toMatch(/secret/);
  const isTask = (key: string) => key.startsWith("mcp-tasks task ");
  expect(seen.left.filter(isTask)).toEqual([expect.stringContaining(task!)]);
  expect(seen.end.filter(isTask)).toEqual([]);
});

test("an entry that is torn, foreign, older or hand-edited is left out and told of; the others are not harmed", async ({ page, sdk2026: url }) => {
  const seen = await page.evaluate(async (url) => {
    const first = await connect(url, { store: "localstorage" });
    const task = await first.callTool("slow", { ms: 1500, steps: 1 }, { task: true });
    await sleep(50);
    const [key, text] = Object.entries(localStorage).find(([key]) => key.startsWith("mcp-tasks task ")) as [string, string];
    const record = JSON.parse(text) as Record<string, unknown>;
    const put = (id: string, entry: unknown) => localStorage.setItem(key.replace(task.taskId, id), JSON.stringify(entry));
    put("older", { ...record, taskId: "older", version: 0 });
    put("foreign", { ...record, taskId: "foreign", url: "https://elsewhere.example/mcp" });
    put("kind", { ...record, taskId: "kind", kind: "constructor" });
    put("other", record);
    put("null", null);
    put("status", { ...record, taskId: "status", status: { status: "happy" } });
    localStorage.setItem(key.replace(task.taskId, "torn"), text.slice(0, 20));
    const told: DebugEvent[] = [];
    const client = await connect(url, { store: "localstorage", onDebug: (event) => event.type === "store" && told.push(event) });
    const ids = [...client.tasks.keys()];
    const result = await (client.tasks.get(task.taskId) as ToolTask).result();
    return { ids, taskId: task.taskId, content: result.content.length, told: told.length };
  }, url);
  expect(seen).toMatchObject({ ids: [seen.taskId], content: 1, told: 7 });
});

test("an entry leaves when the time that the server keeps its task has run out", async ({ page, sdk2026: url }) => {
  const seen = await page.evaluate(async (url) => {
    const first = await connect(url, { store: "localstorage" });
    await first.callTool("slow", { ms: 60_000, steps: 1 }, { task: true });
    await sleep(50);
    const entry = () => Object.entries(localStorage).find(([key]) => key.startsWith("mcp-tasks task "));
    const [key, text] = entry()!;
    const record = JSON.parse(text) as { receivedAt: number; status: { ttlMs: number | null } };
    const aged = async (ttlMs: number | null, age: number) => {
      localStorage.setItem(key, JSON.stringify({ ...record, receivedAt: Date.now() - age, status: { ...record.status, ttlMs } }));
      const client = await connect(url, { store: "localstorage" });
      const { size } = client.tasks;
      await sleep(50);
      await client.close();
      return [size, entry() !== undefined];
    };
    return [await aged(60_000, 50_000), await aged(null, 1e12), await aged(60_000, 61_000)];
  }, url);
  expect(seen).toEqual([
    [1, true],
    [1, true],
    [0, false],
  ]);
});

for (const [why, broken] of [
  ["cannot be opened", `Object.defineProperty(globalThis, "indexedDB", { value: { open() { throw new DOMException("no", "SecurityError"); } } })`],
  ["is not there", `Object.defineProperty(globalThis, "indexedDB", { value: undefined })`],
  ["is full", `IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }`],
] as const) {
  test(`storage that ${why}: the client works on without it, and \`onDebug\` hears`, async ({ page, sdk2026: url }) => {
    const seen = await page.evaluate(
      async ({ url, broken }) => {
        (0, eval)(broken);
        const told: DebugEvent[] = [];
        const client = await connect(url, { store: "indexeddb", onDebug: (event) => event.type === "store" && told.push(event) });
        const task = await client.callTool("slow", { ms: 300, steps: 1 }, { task: true });
        return { content: (await task.result()).content.length, told: told.map(({ detail }) => detail) };
      },
      { url, broken },
    );
    expect(seen.content).toBe(1);
    expect(seen.told.length).toBeGreaterThan(0);
  });
}

test("a store that throws, rejects, answers nonsense or never disturbs nobody", async ({ page, sdk2026: url }) => {
  test.setTimeout(30_000);
  const seen = await page.evaluate(async (url) => {
    const fail = () => Promise.reject(new Error("no"));
    const boom = () => {
      throw new Error("no");
    };
    const never = () => new Promise<never>(() => {});
    const nonsense = () => 1 as never;
    return Promise.all(
      [fail, boom, never, nonsense].map(async (act) => {
        const client = await connect(url, { store: { entries: act, set: act, delete: act } });
        const task = await client.callTool("slow", { ms: 300, steps: 1 }, { task: true });
        return (await task.result()).content.length;
      }),
    );
  }, url);
  expect(seen).toEqual([1, 1, 1, 1]);
});

test("closing keeps the session that remembered tasks are bound to, and ends any other", async ({ page, sdk: url }) => {
  const ended = new Set<string>();
  page.on("request", (request) => request.method() === "DELETE" && ended.add(request.headers()["mcp-session-id"]!));
  const seen = await page.evaluate(async (url) => {
    const first = await connect(url, { store: "indexeddb" });
    const { taskId } = await first.callTool("slow", { ms: 1500, steps: 1 }, { task: true });
    await first.close();
    const second = await connect(url, { store: "indexeddb" });
    const { content } = await (second.tasks.get(taskId) as ToolTask).result();
    const third = await connect(url);
    await Promise.all([second.close(), third.close()]);
    return { content: content.length, sessions: [first.sessionId, second.sessionId, third.sessionId] };
  }, url);
  expect(seen.content).toBe(1);
  expect(seen.sessions[0]).toBe(seen.sessions[1]);
  expect(ended).toEqual(new Set(seen.sessions));
});

test("the server has forgotten the session: the task is asked for in a new one, and ends with `task_not_found` where it is gone", async ({ page, sdk: url }) => {
  const seen = await page.evaluate(async (url) => {
    const first = await connect(url, { store: "indexeddb" });
    const { taskId } = await first.callTool("slow", { ms: 60_000, steps: 1 }, { task: true });
    await sleep(100);
    await fetch(url, { method: "DELETE", headers: { "mcp-session-id": first.sessionId!, "mcp-protocol-version": "2025-11-25" } });
    const second = await connect(url, { store: "indexeddb" });
    const ended = await settle((second.tasks.get(taskId) as ToolTask).result());
    await sleep(50);
    const third = await connect(url, { store: "indexeddb" });
    return { fresh: first.sessionId !== second.sessionId, code: ended.error?.code, left: third.tasks.size };
  }, url);
  expect(seen).toEqual({ fresh: true, code: "task_not_found", left: 0 });
});

test("two pages with one store share the session, and both see the end", async ({ page, newPage, sdk: url }) => {
  const taskId = await page.evaluate(async (url) => {
    const client = await connect(url, { store: "indexeddb", elicitation: () => ({ action: "accept", content: { value: "Ada" } }) });
    const task = await client.callTool("slow", { ms: 2500, steps: 1 }, { task: true });
    kept.result = task.result();
    await sleep(50);
    return task.taskId;
  }, url);
  const other = await newPage();
  const there = await other.evaluate(
    async ({ url, taskId }) => {
      const client = await connect(url, { store: "indexeddb" });
      const result = await (client.tasks.get(taskId) as ToolTask).result();
      return { content: result.content.length, other: (await client.callTool("quick", { value: 3 })).content.length };
    },
    { url, taskId },
  );
  const here = await page.evaluate(async () => (await kept.result).content.length);
  expect([here, there.content, there.other]).toEqual([1, 1, 1]);
});

for (const server of ["fastmcp", "sdk", "sdk2026"] as const) {
  test.describe(`${server}, reloaded`, () => {
    test.use({ server });

    test("while a task is being made: nothing is remembered of what nobody knows, and the next page works", async ({ page, url }) => {
      await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url, { store: "indexeddb" });
          await client.listTools();
          void client.callTool("slow", args, { task: true }).catch(() => {});
        },
        { url, args: slow(server, 500) },
      );
      await page.reload();
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url, { store: "indexeddb" });
          const before = [...client.tasks.values()] as ToolTask[];
          const results = await Promise.all([...before, await client.callTool("slow", args, { task: true })].map((task) => task.result()));
          return { before: before.length, texts: results.map(({ content }) => content.length), live: client.tasks.size };
        },
        { url, args: slow(server, 500) },
      );
      // The answer may have come before the page went.
      expect(seen.before).toBeLessThanOrEqual(1);
      expect(seen.texts).toEqual(Array.from({ length: seen.before + 1 }, () => 1));
      expect(seen.live).toBe(0);
    });

    test("while offline: what was remembered is there when the network is back", async ({ page, context, url }) => {
      const taskId = await page.evaluate(
        async ({ url, args }) => {
          const task = await (await connect(url, { store: "indexeddb" })).callTool("slow", args, { task: true });
          await sleep(100);
          return task.taskId;
        },
        { url, args: slow(server, 800) },
      );
      await page.reload();
      // The module is there, as a service worker would have it.
      await page.evaluate(async (url) => (await connect(url)).close(), url);
      await context.setOffline(true);
      const offline = await page.evaluate(async (url) => (await settle(connect(url, { store: "indexeddb", timeoutMs: 3000 }))).error?.code, url);
      await context.setOffline(false);
      const seen = await page.evaluate(
        async ({ url, taskId }) => {
          const client = await connect(url, { store: "indexeddb" });
          const result = await (client.tasks.get(taskId) as ToolTask).result();
          return { content: result.content.length, live: client.tasks.size };
        },
        { url, taskId },
      );
      expect([offline, seen]).toEqual(["network", { content: 1, live: 0 }]);
    });

    test("after completion: what was heard to be over is gone, and what was not is there", async ({ page, url }) => {
      const ids = await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url, { store: "indexeddb" });
          const had = await client.callTool("slow", args, { task: true });
          await had.result();
          const ended = await client.callTool("slow", args, { task: true });
          await ended.wait();
          const unseen = await client.callTool("slow", args, { task: true });
          await sleep(1_000);
          return [had.taskId, ended.taskId, unseen.taskId];
        },
        { url, args: slow(server, 300) },
      );
      await page.reload();
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url, { store: "indexeddb" });
        const tasks = [...client.tasks.values()] as ToolTask[];
        return { ids: tasks.map(({ taskId }) => taskId), texts: (await Promise.all(tasks.map((task) => task.result()))).length };
      }, url);
      // Of the third nobody had heard that it was over, unless the server pushed that.
      expect(ids.slice(2)).toEqual(expect.arrayContaining(seen.ids));
      expect(seen.texts).toBe(seen.ids.length);
    });
  });
}
