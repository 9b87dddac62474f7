import { expect, test, type ScriptedServer } from "./fixtures.ts";

type Handler = Parameters<ScriptedServer["on"]>[1];
type Call = Parameters<Handler>[0];

const json = { "content-type": "application/json" };
const sse = { "content-type": "text/event-stream" };
const message = (id: unknown, more: object) => JSON.stringify({ jsonrpc: "2.0", id, ...more });
const success = (call: Call) => message(call.message.id, { result: { content: [] } });
const http = (call: Call, headers: Record<string, string>, body: string) => call.http(200, headers, body);

/** Answers to a request that break the protocol, and how the call then ends. */
for (const [why, answer, codes] of [
  ["not JSON", (call) => http(call, json, "<html>"), ["protocol"]],
  ["empty", (call) => call.http(200, json), ["protocol"]],
  ["202 without a body", (call) => call.http(202), ["protocol"]],
  ["204", (call) => call.http(204), ["protocol"]],
  ["an HTML page that claims to be fine", (call) => call.http(200, { "content-type": "text/html" }, "<h1>Welcome</h1>"), ["protocol"]],
  ["of no type", (call) => http(call, {}, success(call)), ["protocol"]],
  ["null", (call) => http(call, json, "null"), ["protocol"]],
  ["a number", (call) => http(call, json, "7"), ["protocol"]],
  ["for another id", (call) => http(call, json, message(4711, { result: { content: [] } })), ["protocol"]],
  ["for the id as a text", (call) => http(call, json, message(String(call.message.id), { result: { content: [] } })), ["protocol"]],
  ["without a result or an error", (call) => http(call, json, message(call.message.id, {})), ["protocol"]],
  ["a result that is no object", (call) => http(call, json, message(call.message.id, { result: "done" })), ["protocol"]],
  ["an error that is no object", (call) => http(call, json, message(call.message.id, { error: "no" })), ["protocol", "rpc"]],
  ["an SSE stream that ends without it", (call) => call.sse(), ["protocol", "network"]],
  ["an SSE stream that ends before the event does", (call) => http(call, sse, `data: ${success(call)}`), ["protocol", "network"]],
  ["an SSE stream that breaks", (call) => (call.stream(), call.write("data: {"), setTimeout(() => call.drop(), 30)), ["network"]],
  ["JSON that breaks off with the connection", (call) => call.half(), ["network"]],
  ["an SSE event that is not JSON", (call) => http(call, sse, "data: {oops\n\n"), ["protocol", "network"]],
  ["a broken connection", (call) => call.drop(), ["network"]],
] as [string, Handler, string[]][]) {
  test(`an answer that is ${why}: \`${codes.join("` or `")}\`, and the client lives on`, async ({ page, scripted }) => {
    scripted.on("tools/call", answer);
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url, { timeoutMs: 10_000 });
      const ended = await settle(client.callTool("work"));
      return { ended, tools: (await client.listTools()).length };
    }, scripted.url);
    expect(seen.ended.error?.mcp).toBe(true);
    expect(codes).toContain(seen.ended.error?.code);
    expect(seen.ended.ms).toBeLessThan(8000);
    expect(seen.tools).toBe(1);
  });
}

for (const [why, task] of [
  ["without an id", { status: "working" }],
  ["with a number for an id", { taskId: 7, status: "working" }],
  ["with an empty id", { taskId: "", status: "working" }],
  ["that is no object", "task-1"],
] as const) {
  test(`a created task ${why} is a breach of the protocol`, async ({ page, scripted }) => {
    scripted.on("tools/call", (call) => call.result({ task }));
    const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("work", {}, { task: true })), scripted.url);
    expect(ended.error?.code).toBe("protocol");
  });
}

for (const [why, status] of [
  ["of a status that nobody knows", { status: "exploded" }],
  ["without a status", { status: undefined }],
  ["about another task", { taskId: "another" }],
] as const) {
  test(`an answer to tasks/get ${why} ends the wait with \`protocol\`, not with a guess`, async ({ page, scripted }) => {
    const task = scripted.task();
    scripted.on("tasks/get", (call) => call.result({ ...task.state, ...status }));
    const ended = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      return settle(task.wait({ timeoutMs: 15_000 }));
    }, scripted.url);
    expect(ended.error?.code).toBe("protocol");
  });
}

test("a result that is not a tool's result is a breach of the protocol", async ({ page, scripted }) => {
  scripted.task({ polls: ["completed"], result: { content: "done" } });
  const ended = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return settle(task.result());
  }, scripted.url);
  expect(ended.error?.code).toBe("protocol");
});

test("a status without times, ttl or interval is enough", async ({ page, scripted }) => {
  const { taskId } = scripted.task();
  scripted.on("tools/call", (call) => call.result({ task: { taskId, status: "working" } }));
  scripted.on("tasks/get", (call) => call.result({ taskId, status: call.nth < 3 ? "working" : "completed" }));
  scripted.on("tasks/result", (call) => call.result({ content: [] }));
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    const result = await task.result();
    return { content: result.content, status: await task.status() };
  }, scripted.url);
  expect(seen).toMatchObject({ content: [], status: { status: "completed", ttlMs: null } });
});

test("many megabytes in one answer arrive", async ({ page, scripted }) => {
  const text = "x".repeat(8 * 1024 * 1024);
  scripted.on("tools/call", (call) => call.result({ content: [{ type: "text", text }] }));
  const length = await page.evaluate(async (url) => {
    const { content } = await (await connect(url)).callTool("work");
    return (content[0] as { text: string }).text.length;
  }, scripted.url);
  expect(length).toBe(text.length);
});

for (const [how, encode] of [
  ["JSON", (call) => flood(call, json, "[", '"padding",')],
  ["one SSE event", (call) => flood(call, sse, "data: [", '"padding",')],
] as [string, Handler][]) {
  test(`an answer without end, as ${how}, is cut off with \`protocol\``, async ({ page, scripted }) => {
    test.setTimeout(60_000);
    scripted.on("tools/call", encode);
    const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("work")), scripted.url);
    expect(ended.error?.code).toBe("protocol");
  });
}

/** Writes as fast as the page reads, until it hangs up. */
function flood(call: Call, headers: Record<string, string>, start: string, piece: string): void {
  const chunk = piece.repeat(Math.ceil((1024 * 1024) / piece.length));
  call.response.writeHead(200, headers);
  call.write(start);
  const more = () => {
    while (!call.response.destroyed && call.response.write(chunk));
  };
  call.response.on("drain", more);
  more();
}
