import type { Sent } from "./wire.ts";

const AUGMENTABLE = new Set(["tools/call", "prompts/get", "resources/read"]);
const KNOWN = new Set([
  ...AUGMENTABLE,
  ...["initialize", "ping", "notifications/initialized", "notifications/cancelled", "response"],
  ...["tools/list", "prompts/list", "resources/list", "resources/templates/list"],
  ...["tasks/get", "tasks/result", "tasks/cancel", "tasks/list"],
]);

/** What breaks the rules of the protocol with sessions, up to 2025-11-25. `version` is what requests after `initialize` must name. */
export function sessionViolations(requests: Sent[], version: string | undefined): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  for (const { name, url, method, headers, message, params } of requests) {
    const rule = (holds: boolean, text: string) => holds || found.push(`${name}: ${text}`);
    const session = headers["mcp-session-id"];
    const accept = headers["accept"] ?? "";
    const { task } = params;

    if (name !== "initialize") rule(headers["mcp-protocol-version"] === version, "wrong MCP-Protocol-Version");
    if (method === "GET") rule(accept.includes("text/event-stream"), "GET must accept text/event-stream");
    if (method !== "POST") continue;

    rule(accept.includes("application/json") && accept.includes("text/event-stream"), "POST must accept both types");
    rule(headers["content-type"] === "application/json", "wrong Content-Type");
    rule(message.jsonrpc === "2.0", "not JSON-RPC 2.0");
    rule(KNOWN.has(name), "not a method of this protocol");
    rule(task === undefined || AUGMENTABLE.has(name), "a request that cannot be a task");
    rule(task === undefined || task.ttl === undefined || Number.isInteger(task.ttl), "ttl must be an integer");
    if (/^tasks\/(get|result|cancel)$/.test(name)) rule(typeof params.taskId === "string", "no taskId");
    if (session !== undefined && message.method !== undefined && message.id !== undefined) {
      const id = `${url} ${session} ${JSON.stringify(message.id)}`;
      rule(!ids.has(id), "request id used twice");
      ids.add(id);
    }
  }
  return found;
}
