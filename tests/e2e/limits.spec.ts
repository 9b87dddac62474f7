import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, test } from "./fixtures.ts";

type Call = Parameters<Parameters<ScriptedServer["on"]>[1]>[0];

const MODULE = `${import.meta.dirname}/../../dist/core.wasm`;

/** The package's own module, in which what is exported under these names traps. */
function trappingIn(names: RegExp): string {
  const module = binaryen.readBinary(readFileSync(MODULE));
  const exports = Array.from({ length: module.getNumExports() }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)));
  for (const { value } of exports.filter(({ name }) => names.test(name))) {
    const { name: inside, params, results } = binaryen.getFunctionInfo(module.getFunction(value));
    module.removeFunction(inside);
    module.addFunction(inside, params, results, [], module.unreachable());
  }
  return Buffer.from(module.emitBinary()).toString("base64");
}

test.describe("the module breaks down", () => {
  test("by a panic: everything of all clients ends with `internal`, nothing stays open, and the next client works", async ({ page, scripted }) => {
    scripted.task();
    scripted.on("prompts/get", () => {});
    const seen = await page.evaluate(async (url) => {
      const [client, other] = [await connect(url), await connect(url)];
      const task = await client.callTool("work", {}, { task: true });
      const started: Promise<unknown>[] = [task.result(), task.wait({ state: "completed" }), other.getPrompt("never"), other.getPrompt("nor this")];
      const waiting = started.map((promise) => settle(promise));
      await sleep(300);

      // There is no way in while the core is at work, but the page's own clock is one.
      const inner: unknown[] = [];
      const now = performance.now.bind(performance);
      performance.now = () => {
        performance.now = now;
        try {
          client.onNotification("any", () => {});
        } catch (error) {
          inner.push((error as { code?: string }).code);
        }
        return now();
      };
      const outer = await settle<unknown>(client.getPrompt("too late"));
      const late = await settle(other.callTool("work"));
      const closed = await Promise.all([settle(client.close()), settle(other.close())]);
      return {
        ended: [...(await Promise.all(waiting)), outer, late].map(({ error }) => error?.code),
        inner,
        live: client.tasks.size,
        closed: closed.map(({ error }) => error),
      };
    }, scripted.url);
    expect(seen).toEqual({ ended: Array(6).fill("internal"), inner: ["internal"], live: 0, closed: [undefined, undefined] });
    await scripted.until(() => scripted.streams === 0);
    expect(scripted.sent("prompts/get"), "nor does the broken one begin anything, while it is being left").toHaveLength(2);

    const sent = scripted.requests.length;
    const fresh = await page.evaluate(async (url) => {
      await sleep(1000);
      const client = await connect(url);
      const tools = await client.listTools();
      const text = await client.callTool("work");
      await client.close();
      return { tools: tools.length, text: text.content[0] };
    }, scripted.url);
    expect(fresh).toMatchObject({ tools: 1, text: { text: "at once" } });
    const names = scripted.requests.slice(sent).map((call) => call.name);
    expect(names, "the broken one sends nothing more").toEqual(["initialize", "notifications/initialized", "tools/list", "tools/call", "DELETE"]);
  });

  test("by a trap that no code of its own sees: the same, as often as it happens", async ({ page, scripted }) => {
    scripted.on("prompts/get", () => {});
    const seen = await page.evaluate(
      async ([url, text]) => {
        const wasm = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        const ended: (string | undefined)[] = [];
        for (let time = 0; time < 3; time++) {
          const [client, other] = [await connect(url, { wasm }), await connect(url, { wasm })];
          const waiting = [client, other].map((each) => settle<unknown>(each.getPrompt("never")));
          await sleep(50);
          const trapped = settle<unknown>(Promise.resolve().then(() => client.onNotification("any", () => {})));
          for (const each of await Promise.all([trapped, ...waiting])) ended.push(each.error?.code);
          await Promise.all([client.close(), other.close()]);
        }
        return { ended, tools: (await (await connect(url)).listTools()).length };
      },
      [scripted.url, trappingIn(/^core_listen$/)] as const,
    );
    expect(seen).toEqual({ ended: Array(9).fill("internal"), tools: 1 });
  });

  // What is thrown where nobody is to catch it would end a program in Node: in the page here it fails the test.
  for (const [where, inside, way] of [
    ["a response's head", /^core_head$/, (client: Promise<Client>) => client],
    ["a failure", /^core_failed$/, async (client: Promise<Client>) => (await client).getPrompt("lost")],
    ["the timer", /^core_tick$/, async (client: Promise<Client>) => (await (await client).callTool("work", {}, { task: true })).result()],
  ] as const) {
    test(`where only the browser calls it, with ${where}: the same, told to those who wait and to nobody else`, async ({ page, scripted }) => {
      scripted.task({ polls: ["working", "completed"], pollInterval: 100 });
      scripted.on("prompts/get", (call) => call.response.destroy());
      const code = await page.evaluate(
        async ([url, text, way]) => {
          const wasm = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
          const act = (0, eval)(way) as (client: Promise<Client>) => Promise<unknown>;
          return (await settle(act(connect(url, { wasm, notifications: false })))).error?.code;
        },
        [scripted.url, trappingIn(inside), String(way)] as const,
      );
      expect(code).toBe("internal");
    });
  }
});

for (const [how, answer] of [
  ["JSON", (call, text) => call.http(200, { "content-type": "application/json" }, text)],
  ["an error's body", (call, text) => call.http(404, { "content-type": "application/json" }, text)],
  ["an SSE event", (call, text) => call.http(200, { "content-type": "text/event-stream" }, `data: ${text}\n\n`)],
] as [string, (call: Call, text: string) => void][]) {
  test(`megabytes of brackets, as ${how}: \`protocol\`, soon, and the client lives on`, async ({ page, scripted }) => {
    scripted.on("tools/call", (call) => answer(call, "[".repeat(30_000_000)));
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const ended = await settle(client.callTool("work"));
      return { ended, tools: (await client.listTools()).length };
    }, scripted.url);
    expect(seen.ended.error?.code).toBe("protocol");
    expect(seen.ended.ms).toBeLessThan(5000);
    expect(seen.tools).toBe(1);
  });
}

test("what is as deep as may be arrives, and can be cloned and written", async ({ page, scripted }) => {
  // The message, its result and the content are levels too.
  const deep = `${"[".repeat(996)}${"]".repeat(996)}`;
  scripted.on("tools/call", (call) => call.result({ content: [], structuredContent: { deep: JSON.parse(deep) as unknown } }));
  const seen = await page.evaluate(async (url) => {
    const { structuredContent } = await (await connect(url)).callTool("work");
    return JSON.stringify(structuredClone((structuredContent as { deep: unknown }).deep));
  }, scripted.url);
  expect(seen).toBe(deep);
});

test("events without end leave the page its turn, fill no memory, and end with the call", async ({ page, scripted }) => {
  test.setTimeout(60_000);
  scripted.on("tools/call", (call) => {
    call.response.writeHead(200, { "content-type": "text/event-stream" });
    const events = 'data: {"jsonrpc":"2.0","method":"notifications/any","params":{}}\n\n'.repeat(1000);
    const more = (): void => {
      if (!call.response.destroyed && call.response.write(events)) setTimeout(more);
    };
    call.response.on("drain", more);
    more();
  });
  const cdp = await page.context().newCDPSession(page);
  const used = async (): Promise<number> => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize;
  };
  await page.evaluate(async (url) => void (kept.client = await connect(url)), scripted.url);
  const before = await used();
  const { ended, longest } = await page.evaluate(async () => {
    let [last, longest] = [performance.now(), 0];
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 50);
    const ended = await settle(kept.client.callTool("work", {}, { timeoutMs: 5000 }));
    clearInterval(timer);
    return { ended, longest };
  });
  expect(ended.error?.code).toBe("timeout");
  expect(ended.ms).toBeLessThan(7000);
  expect(longest).toBeLessThan(1000);
  expect((await used()) - before).toBeLessThan(4_000_000);
  await scripted.until(() => scripted.sent("tools/call").every((call) => call.response.destroyed));
});

test.describe("a redirect to another origin, in the middle of the work", () => {
  const other = test.extend<{ other: ScriptedServer }>({
    other: async ({}, use) => {
      const server = await ScriptedServer.start();
      await use(server);
      await server.close();
    },
  });

  other("takes neither the session nor a token along, whatever is asked", async ({ page, scripted, other }) => {
    const seen = await page.evaluate(async (url) => void (kept.client = await connect(url, { headers: { authorization: "Bearer secret" } })), scripted.url);
    expect(seen).toBeUndefined();
    for (const method of ["tools/list", "tools/call", "tasks/get", "GET", "DELETE"]) scripted.on(method, (call) => call.http(307, { location: other.url }));
    const ended = await page.evaluate(async () => {
      const client = kept.client;
      client.onNotification("any", () => {});
      const calls: Promise<unknown>[] = [client.listTools(), client.callTool("work"), client.getTaskStatus("task-1")];
      const codes = await Promise.all(calls.map(async (call) => (await settle(call)).error?.code));
      await client.close();
      return codes;
    });
    expect(ended).toEqual(["http", "http", "http"]);
    expect(other.requests).toEqual([]);
  });
});
