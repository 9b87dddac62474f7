/**
 * The official TypeScript server (protocol 2025-11-25), with status notifications, sessions, resumable streams and CORS.
 *
 *     node sdk-server.mjs [--port N] [--poll MS] [--json] [--shared]
 *
 * Prints its URL when it is ready; port 0 takes a free one. `--json` answers POSTs as application/json instead of SSE,
 * `--shared` lets every session see every task, as a server does that knows its users by more than a session.
 */

import { randomUUID } from "node:crypto";
import http from "node:http";
import { parseArgs } from "node:util";
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { EventLog } from "./event-log.mjs";
import { registerTools } from "./sdk-tools.mjs";
import { Visits } from "./visits.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    poll: { type: "string", default: "300" },
    json: { type: "boolean", default: false },
    shared: { type: "boolean", default: false },
  },
});

/** A task store to which all sessions are one. */
class SharedTaskStore extends InMemoryTaskStore {
  lookup(taskId) {
    return super.lookup(taskId, undefined);
  }
}

const sharedStore = options.shared ? new SharedTaskStore() : undefined;

const origin = () => `http://127.0.0.1:${listener.address().port}`;
const visits = new Visits(origin);

/** @type {Map<string, StreamableHTTPServerTransport>} */
const sessions = new Map();

async function openSession() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: options.json,
    eventStore: new EventLog(),
    retryInterval: 50,
    onsessioninitialized: (id) => sessions.set(id, transport),
    onsessionclosed: (id) => sessions.delete(id),
  });
  const server = new McpServer(
    { name: "sdk-peer", version: "1.0.0" },
    {
      capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
      taskStore: sharedStore ?? new InMemoryTaskStore(),
      taskMessageQueue: new InMemoryTaskMessageQueue(),
    },
  );
  registerTools(server, { pollMs: Number(options.poll), visits, hangUp: () => transport.closeStandaloneSSEStream() });
  await server.connect(transport);
  return transport;
}

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers": "content-type, authorization, last-event-id, mcp-session-id, mcp-protocol-version",
  "access-control-expose-headers": "mcp-session-id, www-authenticate",
  "access-control-max-age": "600",
};

const listener = http.createServer(async (request, response) => {
  response.setHeaders(new Headers(cors));
  if (request.method === "OPTIONS") return response.writeHead(204).end();

  if (visits.arrive(request.url)) return response.end("Thank you");

  const id = request.headers["mcp-session-id"];
  const transport = id === undefined ? await openSession() : sessions.get(id);
  if (transport) return transport.handleRequest(request, response);

  const message = { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } };
  response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify(message));
});

listener.listen(Number(options.port), "127.0.0.1", () => console.log(`${origin()}/mcp`));
