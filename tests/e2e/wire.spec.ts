import { expect, test, type Page } from "@playwright/test";
import { type Sent, Wire } from "./support/wire.ts";

/* What is said of every test's requests is only worth something where it would be said of wrong ones. */

const URL = "http://server/mcp";
const POST = { accept: "application/json, text/event-stream", "content-type": "application/json" };
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
};

function sent(name: string, headers: Record<string, string>, params: Record<string, unknown>, id: number | undefined = 1): Sent {
  return { name, url: URL, method: "POST", headers: { ...POST, ...headers }, message: { jsonrpc: "2.0", id, method: name, params }, params };
}

/** A request of protocol 2026-07-28, with something changed. */
function stateless(name: string, params: Record<string, unknown> = {}, headers: Record<string, string | undefined> = {}): Sent {
  const own = { "mcp-protocol-version": "2026-07-28", "mcp-method": name, ...headers };
  const given = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return sent(name, Object.fromEntries(given), { _meta: META, ...params });
}

/** A request of a protocol with sessions. */
const session = (name: string, headers: Record<string, string> = {}) =>
  sent(name, name === "initialize" ? headers : { "mcp-protocol-version": "2025-11-25", ...headers }, {}, name.startsWith("notifications/") ? undefined : 1);

function violations(...requests: Sent[]): string[] {
  const wire = new Wire({ context: () => ({ on: () => {} }) } as unknown as Page, "http://site");
  wire.requests.push(...requests);
  return wire.violations();
}

const call = { name: "work", arguments: {} };
const OPENED = [session("initialize"), session("notifications/initialized")];
const GET: Sent = { name: "GET", url: URL, method: "GET", headers: { accept: "text/event-stream", "mcp-protocol-version": "2025-11-25" }, message: undefined, params: {} };

for (const [why, requests] of [
  ["nothing", []],
  ["requests without sessions", [stateless("server/discover"), stateless("tools/list"), stateless("tools/call", call, { "mcp-name": "work", "mcp-param-region": "eu" })]],
  ["a name that a header holds in code alone", [stateless("prompts/get", { name: "ż" }, { "mcp-name": "=?base64?xbw=?=" })]],
  ["answers to questions", [stateless("tasks/update", { taskId: "1", inputResponses: {} }, { "mcp-name": "1" })]],
  ["a session, after one question for the newer protocol", [stateless("server/discover"), ...OPENED, GET, session("tools/list")]],
] as [string, Sent[]][]) {
  test(`lawful: ${why}`, () => {
    expect(violations(...requests)).toEqual([]);
  });
}

const { "io.modelcontextprotocol/clientInfo": _, ...anonymous } = META;
for (const [why, requests, said] of [
  ["no name where there must be one", [stateless("tools/call", call)], "wrong Mcp-Name"],
  ["another name", [stateless("tools/call", call, { "mcp-name": "other" })], "wrong Mcp-Name"],
  ["a name where there is none", [stateless("tools/list", {}, { "mcp-name": "work" })], "wrong Mcp-Name"],
  ["a task's id that is not in the header", [stateless("tasks/get", { taskId: "1" })], "wrong Mcp-Name"],
  ["a name that no header can hold", [stateless("prompts/get", { name: "ż" }, { "mcp-name": "ż" })], "a name that no header can hold"],
  ["another method in the header", [stateless("tools/list", {}, { "mcp-method": "tools/call" })], "wrong Mcp-Method"],
  ["another version in the header", [stateless("tools/list", {}, { "mcp-protocol-version": "2025-11-25" })], "wrong MCP-Protocol-Version"],
  ["a session", [stateless("tools/list", {}, { "mcp-session-id": "s" })], "there are no sessions"],
  ["no word of who asks", [stateless("tools/list", { _meta: anonymous })], "its _meta does not say who asks"],
  ["no `_meta`", [stateless("tools/list", { _meta: undefined })], "its _meta has not the protocol version"],
  ["no word of tasks", [stateless("tools/list", { _meta: { ...META, "io.modelcontextprotocol/clientCapabilities": {} } })], "its _meta does not declare tasks"],
  ["a task that is asked for", [stateless("tools/call", { ...call, task: {} }, { "mcp-name": "work" })], "the server alone makes a task"],
  ["a state on another request", [stateless("tools/list", { requestState: "s" })], "a state that is another request's"],
  ["answers on another request", [stateless("tasks/get", { taskId: "1", inputResponses: {} }, { "mcp-name": "1" })], "answers that nobody asked for"],
  ["a mirrored argument elsewhere", [stateless("tools/list", {}, { "mcp-param-region": "eu" })], "only a tool has its arguments in headers"],
  ["a method of the older protocol", [stateless("tasks/result", { taskId: "1" })], "not a method of this protocol"],
  ["a notification", [{ ...stateless("tools/list"), message: { jsonrpc: "2.0", method: "tools/list" } }], "neither notifications nor answers are sent"],
  ["a stream of the older protocol", [stateless("tools/list"), GET], "known to have no sessions"],
  ["a goodbye", [stateless("tools/list"), { ...GET, name: "DELETE", method: "DELETE" }], "known to have no sessions"],
  ["an answer", [stateless("tools/list"), session("response")], "known to have no sessions"],
  ["a session after all", [stateless("tools/list"), session("initialize")], "known to have no sessions"],
  ["a request that says nothing of the newer protocol", [stateless("server/discover"), session("tools/list")], "before any session was opened"],
  ["a second question for the newer protocol", [stateless("server/discover"), ...OPENED, stateless("server/discover")], "asked 2 times"],
] as [string, Sent[], string][]) {
  test(`against the protocol: ${why}`, () => {
    expect(violations(...requests)).toEqual(expect.arrayContaining([expect.stringContaining(said)]));
  });
}
