import type { Page, Request } from "@playwright/test";

/* eslint-disable @typescript-eslint/no-explicit-any -- what is on the wire has any shape: to judge it is the tests' work */
interface Sent {
  /** The JSON-RPC method, `response` for an answer to the server, or the HTTP method of a request without a body. */
  name: string;
  url: string;
  method: string;
  headers: Record<string, string>;
  message: any;
  params: any;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

const AUGMENTABLE = new Set(["tools/call", "prompts/get", "resources/read"]);
const KNOWN = new Set([
  ...AUGMENTABLE,
  ...["initialize", "ping", "notifications/initialized", "notifications/cancelled", "response"],
  ...["tools/list", "prompts/list", "resources/list", "resources/templates/list"],
  ...["tasks/get", "tasks/result", "tasks/cancel", "tasks/list"],
]);

/** Everything that the page sends to MCP servers, seen from outside the package. */
export class Wire {
  readonly requests: Sent[] = [];
  /** The version that requests after `initialize` must name, or none. */
  version: string | undefined = "2025-11-25";

  constructor(page: Page, site: string) {
    page.on("request", (request) => {
      // The second half of a redirect is the browser's own.
      if (!request.url().startsWith(site) && !request.redirectedFrom()) this.requests.push(describe(request));
    });
  }

  /** The requests of one method. */
  sent(name: string): Sent[] {
    return this.requests.filter((request) => request.name === name);
  }

  /** The names of all requests that begin so. */
  names(prefix = ""): string[] {
    return this.requests.map((request) => request.name).filter((name) => name.startsWith(prefix));
  }

  /** What was sent against the rules of the protocol, whatever the test was about. */
  violations(): string[] {
    const found: string[] = [];
    const ids = new Set<string>();
    for (const { name, url, method, headers, message, params } of this.requests) {
      const rule = (holds: boolean, text: string) => holds || found.push(`${name}: ${text}`);
      const session = headers["mcp-session-id"];
      const accept = headers["accept"] ?? "";
      const { task } = params;

      if (name !== "initialize") rule(headers["mcp-protocol-version"] === this.version, "wrong MCP-Protocol-Version");
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
}

function describe(request: Request): Sent {
  const message = request.postData() === null ? undefined : request.postDataJSON();
  return {
    name: message === undefined ? request.method() : (message.method ?? "response"),
    url: request.url(),
    method: request.method(),
    headers: request.headers(),
    message,
    params: message?.params ?? {},
  };
}
