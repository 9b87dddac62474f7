/**
 * The official TypeScript server (protocol 2026-07-28), with the tasks extension, which the SDK leaves to its users.
 *
 *     node sdk2026-server.mjs [--port N] [--poll MS] [--sse] [--bare] [--no-tasks] [--no-push] [--end-listen-after MS]
 *
 * Prints its URL when it is ready; port 0 takes a free one. It answers POSTs as application/json, and by SSE only where
 * progress comes before the result; with `--sse` always. `--bare` leaves `resultType` out of the results that tasks carry,
 * as the extension's own examples do. Without push a listener gets the SDK's own stream, which agrees to no task.
 * Older clients are served too, without sessions and without tasks.
 */

import { randomBytes } from "node:crypto";
import http from "node:http";
import { parseArgs } from "node:util";
import { createMcpHandler, createRequestStateCodec, McpServer } from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Listener } from "./sdk2026-listener.mjs";
import { declaresTasks, EXTENSION, ExtensionTasks, MISSING } from "./sdk2026-tasks.mjs";
import { registerPrompts, registerResources, registerTools, taskTools } from "./sdk2026-tools.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    poll: { type: "string", default: "300" },
    sse: { type: "boolean", default: false },
    bare: { type: "boolean", default: false },
    "no-tasks": { type: "boolean", default: false },
    "no-push": { type: "boolean", default: false },
    "end-listen-after": { type: "string" },
  },
});

const runsTasks = !options["no-tasks"];
const INFO = { name: "sdk2026-peer", version: "1.0.0" };
const tasks = new ExtensionTasks({ pollIntervalMs: Number(options.poll), bare: options.bare });
const requestState = createRequestStateCodec({ key: randomBytes(32) });
/** @type {Set<Listener>} */
const listeners = new Set();
const hangUp = () => listeners.forEach((listener) => listener.drop());

/** The server of one request. @param {{ era: "modern" | "legacy" }} context */
function openServer({ era }) {
  const knowsTasks = runsTasks && era === "modern";
  const server = new McpServer(INFO, {
    instructions: "Every tool here is for tests.",
    capabilities: { tools: { listChanged: true }, ...(knowsTasks && { extensions: { [EXTENSION]: {} } }) },
    cacheHints: { "tools/list": { ttlMs: 60_000 } },
    requestState: { verify: requestState.verify },
  });
  const peer = { states: requestState, hangUp, toolsChanged: () => handler.notify.toolsChanged() };
  registerTools(server, peer);
  registerPrompts(server, peer);
  registerResources(server, peer);
  if (knowsTasks) tasks.serveMethods(server.server);
  return server;
}

/** The server of one `tools/call` that becomes a task. */
function openTaskServer(context) {
  const server = openServer(context);
  tasks.serveCalls(server.server, taskTools, { hangUp });
  return server;
}

const sdk = { responseMode: options.sse ? "sse" : "auto" };
const handler = createMcpHandler(openServer, sdk);
const taskHandler = createMcpHandler(openTaskServer, sdk);

/** Whether a request becomes a task, or is refused because its client knows none. */
function isTask({ method, params }) {
  if (!runsTasks || method !== "tools/call" || !taskTools.has(params.name)) return false;
  return declaresTasks(params._meta) || taskTools.get(params.name).taskSupport === "required";
}

const listensToTasks = ({ method, params }) =>
  runsTasks && method === "subscriptions/listen" && params.notifications?.taskIds !== undefined;

/** @param {Request} request @param {import("@modelcontextprotocol/server").McpHandlerRequestOptions} more */
async function answer(request, more) {
  const message = request.method === "POST" ? await request.clone().json().catch(() => ({})) : {};
  if (isTask(message)) return taskHandler.fetch(request, more);

  const response = await handler.fetch(request, more);
  if (!listensToTasks(message) || !response.ok) return response;
  if (!declaresTasks(message.params._meta)) return Response.json({ jsonrpc: "2.0", id: message.id, error: MISSING }, { status: 400 });
  if (options["no-push"]) return response;

  // The request has passed all that the SDK looks at, but the SDK's own stream knows nothing of tasks.
  await response.body.cancel();
  const stream = new Listener(message, { tasks, bus: handler.bus, endAfterMs: options["end-listen-after"] });
  listeners.add(stream);
  return stream.open(() => listeners.delete(stream));
}

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers":
    "content-type, authorization, mcp-protocol-version, mcp-method, mcp-name, mcp-param-region, mcp-param-shard",
  "access-control-expose-headers": "www-authenticate",
  "access-control-max-age": "600",
};

const serve = toNodeHandler({ fetch: answer });
const listener = http.createServer((request, response) => {
  response.setHeaders(new Headers(cors));
  return request.method === "OPTIONS" ? response.writeHead(204).end() : serve(request, response);
});

listener.listen(Number(options.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}/mcp`));
