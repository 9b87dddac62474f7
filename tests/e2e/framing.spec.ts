import { expect, STATELESS, test, type ScriptedServer } from "./fixtures.ts";

type Encode = ScriptedServer["encode"];

/** Calls the scripted task, by polls alone, to its result. */
const run = async (url: string) => {
  const client = await connect(url, { notifications: false });
  const task = await client.callTool("work", {}, { task: true });
  const result = await task.result();
  return { server: client.serverInfo?.name, content: result.content };
};
const DONE = { server: "scripted", content: [{ type: "text", text: "zażółć 🦀\u2028" }] };

for (const server of ["fastmcp", "fastmcpJson", "sdk", "sdkJson", ...STATELESS, "fastmcp4Json", "sdk2026Sse"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("a task runs to its result", async ({ page, url }) => {
      const result = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("quick", { value: 4 }, { task: true });
        return task.result();
      }, url);
      expect(result.content).toEqual([{ type: "text", text: "8" }]);
    });
  });
}

/** An answer of this content type, with this body. */
const typed =
  (type: string, body: (json: string) => string): Encode =>
  (call, message) =>
    call.http(200, { "content-type": type }, body(JSON.stringify(message)));

const events = (body: (json: string) => string) => typed("text/event-stream", body);

/** An answer as SSE, given to the socket in pieces that end where the page would not expect it. */
const torn =
  (size: number, newline = "\n"): Encode =>
  async (call, message) => {
    call.response.socket?.setNoDelay(true);
    call.stream();
    const bytes = new TextEncoder().encode(`id: 1${newline}data:${newline}${newline}data: ${JSON.stringify(message)}${newline}${newline}`);
    for (let at = 0; at < bytes.length; at += size) {
      call.write(bytes.subarray(at, at + size));
      await new Promise((later) => setTimeout(later, 1));
    }
    call.response.end();
  };

const split = (json: string) => json.replaceAll(",", ",\n").split("\n");
const notification = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });

for (const [why, encode] of [
  ["JSON", (call, message) => call.json(message)],
  ["JSON with a charset, in capitals", typed("Application/JSON; Charset=UTF-8", (json) => json)],
  ["JSON with space around it", typed("application/json", (json) => ` \n${json.replaceAll(",", " ,\n\t")}\n`)],
  ["SSE", events((json) => `data: ${json}\n\n`)],
  ["SSE with a charset", typed("text/event-stream; charset=utf-8", (json) => `data: ${json}\n\n`)],
  ["SSE named `message`", events((json) => `event: message\nid: 7\ndata: ${json}\n\n`)],
  ["SSE after a priming event", events((json) => `id: 7\nretry: 100\ndata:\n\nevent: message\nid: 8\ndata: ${json}\n\n`)],
  ["SSE without a space after the colon", events((json) => `data:${json}\n\n`)],
  ["SSE with lines that end in CRLF", events((json) => `event: message\r\ndata: ${json}\r\n\r\n`)],
  ["SSE with lines that end in CR", events((json) => `event: message\rdata: ${json}\r\r`)],
  ["SSE after a byte order mark", events((json) => `\uFEFFdata: ${json}\n\n`)],
  ["SSE among comments and fields that nobody knows", events((json) => `: hello\n\nnonsense\nfield: x\n: more\ndata: ${json}\n\n`)],
  ["SSE with data in several lines", events((json) => split(json).map((line) => `data: ${line}\n`).join("") + "\n")],
  ["SSE after a notification", events((json) => `data: ${notification}\n\ndata: ${json}\n\n`)],
  ["SSE before a notification", events((json) => `data: ${json}\n\ndata: ${notification}\n\n`)],
  ["SSE torn at every byte", torn(1)],
  ["SSE torn at every byte, with CRLF", torn(1, "\r\n")],
  ["SSE torn at every third byte", torn(3)],
  ["SSE whose stream the server leaves open", (call, message) => (call.stream(), call.write(`data: ${JSON.stringify(message)}\n\n`))],
  ["members that nobody knows", (call, message) => call.json({ "x-before": [1], ...message, _meta: { "example.com/a": 1 }, "x-after": { id: 9 } })],
] as [string, Encode][]) {
  test(`answers as ${why}`, async ({ page, scripted }) => {
    scripted.encode = encode;
    scripted.task({ polls: ["working", "completed"], result: { content: DONE.content } });
    expect(await page.evaluate(run, scripted.url)).toEqual(DONE);
  });
}

test("a batch of one, from a server of 2025-03-26, is unpacked", async ({ page, scripted, wire }) => {
  wire.version = undefined;
  scripted.protocolVersion = "2025-03-26";
  scripted.encode = (call, message) => (call.name === "initialize" ? call.json(message) : call.json([message]));
  const tools = await page.evaluate(async (url) => (await connect(url)).listTools(), scripted.url);
  expect(tools.map((tool) => tool.name)).toEqual(["work"]);
});

test("a batch of several, by SSE, finds its way: notification and response", async ({ page, scripted, wire }) => {
  wire.version = undefined;
  scripted.protocolVersion = "2025-03-26";
  scripted.on("tools/list", (call) => {
    const response = { jsonrpc: "2.0", id: call.message.id, result: { tools: scripted.tools } };
    call.sse([JSON.parse(notification), response]);
  });
  const tools = await page.evaluate(async (url) => (await connect(url)).listTools(), scripted.url);
  expect(tools.map((tool) => tool.name)).toEqual(["work"]);
});

for (const [why, request, answer] of [
  ["a ping with id 0", { id: 0, method: "ping" }, { id: 0, result: {} }],
  ["a ping with a text for an id", { id: "", method: "ping" }, { id: "", result: {} }],
  ["a question that this client cannot answer", { id: 0, method: "elicitation/create", params: {} }, { id: 0, error: { code: -32601 } }],
] as const) {
  test(`${why} from the server is answered, on the GET stream`, async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    const waiting = page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      return (await task.wait()).status;
    }, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    scripted.push({ jsonrpc: "2.0", ...request });
    const response = await scripted.received("response");
    expect(response.message).toMatchObject({ jsonrpc: "2.0", ...answer });
    expect(response.headers["mcp-session-id"]).toBe("session-1");
    task.push("completed");
    expect(await waiting).toBe("completed");
  });
}

test("a question in the middle of an answer's own stream is answered, and the answer still comes", async ({ page, scripted }) => {
  scripted.on("tools/call", async (call) => {
    call.stream();
    call.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "ping" })}\n\n`);
    await scripted.received("response");
    call.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id: call.message.id, result: { content: [] } })}\n\n`);
    call.response.end();
  });
  const result = await page.evaluate(async (url) => (await connect(url)).callTool("work"), scripted.url);
  expect(result.content).toEqual([]);
  expect(scripted.sent("response")[0]?.message).toEqual({ jsonrpc: "2.0", id: 0, result: {} });
});

test("two answers may come in the order that the server likes", async ({ page, scripted }) => {
  const held: (() => void)[] = [];
  scripted.on("tools/call", (call) => {
    const result = { content: [{ type: "text", text: call.params.arguments.n }] };
    if (held.push(() => call.result(result)) === 3) for (const answer of held.toReversed()) answer();
  });
  const texts = await page.evaluate(async (url) => {
    const client = await connect(url);
    const call = async (n: string) => ((await client.callTool("work", { n })).content[0] as { text: string }).text;
    return Promise.all(["a", "b", "c"].map(call));
  }, scripted.url);
  expect(texts).toEqual(["a", "b", "c"]);
});
