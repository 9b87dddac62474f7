import type { Sent } from "./wire.ts";

const VERSION = "2026-07-28";
const META = "io.modelcontextprotocol";
const TASKS = `${META}/tasks`;

/** The method's own name for what it is about, which the `Mcp-Name` header repeats; nothing where it has no such header. */
const NAMED: Record<string, string | undefined> = {
  "server/discover": undefined,
  "subscriptions/listen": undefined,
  "tools/list": undefined,
  "prompts/list": undefined,
  "resources/list": undefined,
  "resources/templates/list": undefined,
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};
const ROUNDS = ["tools/call", "prompts/get", "resources/read"];

/** Is it in the words of the protocol without sessions? One that only half is, is judged as one of the older protocol, and fails there. */
export const isStateless = ({ name, headers }: Sent): boolean => name === "server/discover" || headers["mcp-method"] !== undefined;

/** What breaks the rules of protocol 2026-07-28. */
export function statelessViolations(requests: Sent[]): string[] {
  const found: string[] = [];
  for (const { name, method, headers, message, params } of requests) {
    const rule = (holds: boolean, text: string) => holds || found.push(`${name}: ${text}`);
    const accept = headers["accept"] ?? "";
    rule(method === "POST", "everything is a POST");
    if (message === undefined) continue;

    rule(accept.includes("application/json") && accept.includes("text/event-stream"), "POST must accept both types");
    rule(headers["content-type"] === "application/json", "wrong Content-Type");
    rule(message.jsonrpc === "2.0", "not JSON-RPC 2.0");
    rule(name in NAMED, "not a method of this protocol");
    rule(message.id !== undefined && message.id !== null, "neither notifications nor answers are sent");

    const member = NAMED[name];
    rule(headers["mcp-protocol-version"] === VERSION, "wrong MCP-Protocol-Version");
    rule(headers["mcp-method"] === name, "wrong Mcp-Method");
    rule(decoded(headers["mcp-name"]) === (member && params[member]), "wrong Mcp-Name");
    rule(isPlain(headers["mcp-name"] ?? "-"), "a name that no header can hold");
    rule(headers["mcp-session-id"] === undefined && headers["last-event-id"] === undefined, "there are no sessions");
    const mirrored = Object.entries(headers).filter(([header]) => header.startsWith("mcp-param-"));
    rule(mirrored.length === 0 || name === "tools/call", "only a tool has its arguments in headers");
    rule(mirrored.every(([, value]) => isPlain(value)), "a header holds more than plain text");

    const meta = params._meta ?? {};
    const info = meta[`${META}/clientInfo`] ?? {};
    rule(meta[`${META}/protocolVersion`] === VERSION, "its _meta has not the protocol version");
    rule(typeof info.name === "string" && typeof info.version === "string", "its _meta does not say who asks");
    rule(meta[`${META}/clientCapabilities`]?.extensions?.[TASKS] !== undefined, "its _meta does not declare tasks");

    rule(params.task === undefined, "the server alone makes a task");
    rule(params.requestState === undefined || ROUNDS.includes(name), "a state that is another request's");
    rule(params.inputResponses === undefined || [...ROUNDS, "tasks/update"].includes(name), "answers that nobody asked for");
  }
  return found;
}

/** What a header's value stands for. */
export function decoded(value: string | undefined): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value ?? "");
  return encoded ? Buffer.from(encoded[1]!, "base64").toString() : value;
}

/** May it stand in a header as it is? */
const isPlain = (value: string): boolean => /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value);
