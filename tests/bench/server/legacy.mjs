/** The era with sessions: 2025-11-25. */
import { callPlainly, refuse, send, stream } from "./answer.mjs";
import { resultOf } from "./tasks.mjs";
import { LIST } from "./tools.mjs";

const CAPABILITIES = { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } };

const view = ({ doneAt: _, ...task }, interval) => ({ ...task, ttl: 600_000, ...(interval !== undefined && { pollInterval: interval }) });

export function answer(message, request, response, { interval, asStream, tasks }) {
  const { id, method, params } = message;
  const result = (value) => send(response, id, JSON.stringify(value), asStream);
  if (request.headers["mcp-protocol-version"] === "2026-07-28") return refuse(response, 400, id, -32000, "Bad Request: Unsupported protocol version");
  if (method === "initialize") {
    response.setHeader("mcp-session-id", "bench");
    return send(response, id, JSON.stringify({ protocolVersion: "2025-11-25", capabilities: CAPABILITIES, serverInfo: { name: "bench", version: "1" } }), false);
  }
  if (id === undefined) return response.writeHead(202).end();
  if (request.headers["mcp-session-id"] !== "bench") return refuse(response, 400, id, -32000, "Bad Request: no session");
  if (method === "tools/list") return result({ tools: LIST });
  if (method === "tools/call" && params.name === "work" && params.task) return result({ task: view(tasks.start(params.arguments.ms), interval) });
  if (method === "tools/call") return callPlainly(response, message, asStream);
  const task = tasks.get(params?.taskId);
  if (method === "tasks/get" && task) return result(view(task, interval));
  if (method === "tasks/result" && task?.status === "completed") {
    return result({ ...resultOf(task), _meta: { "io.modelcontextprotocol/related-task": { taskId: task.taskId } } });
  }
  // Lawfully: the answer waits for the end.
  if (method === "tasks/result" && task) {
    const unlisten = tasks.listen((ended) => ended === task && (unlisten(), answer(message, request, response, { interval, asStream, tasks })));
    return response.on("close", unlisten);
  }
  refuse(response, 200, id, task || !method.startsWith("tasks/") ? -32601 : -32602, `${method} failed`);
}

export function other(request, response, { pushes, interval, tasks }) {
  if (request.method === "DELETE") return response.writeHead(200).end();
  if (request.method !== "GET" || !pushes) return response.writeHead(405).end();
  const write = stream(response);
  response.on("close", tasks.listen((task) => write({ jsonrpc: "2.0", method: "notifications/tasks/status", params: view(task, interval) })));
}
