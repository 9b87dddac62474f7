/** The era without sessions: 2026-07-28. */
import { callPlainly, refuse, send, stream } from "./answer.mjs";
import { resultOf } from "./tasks.mjs";
import { LIST } from "./tools.mjs";

const EXTENSION = "io.modelcontextprotocol/tasks";
const COMPLETE = { resultType: "complete" };
const CAPABILITIES = { tools: {}, extensions: { [EXTENSION]: {} } };

const view = (task, interval) => {
  const { doneAt: _, ...rest } = task;
  const result = task.status === "completed" && { result: { ...COMPLETE, ...resultOf(task) } };
  return { ...rest, ttlMs: 600_000, ...(interval !== undefined && { pollIntervalMs: interval }), ...result };
};

export function answer(message, request, response, { pushes, interval, asStream, tasks }) {
  const { id, method, params } = message;
  const result = (value) => send(response, id, JSON.stringify({ ...value }), asStream);
  if (method === "initialize") return refuse(response, 400, id, -32601, "Method not found");
  if (id === undefined) return response.writeHead(202).end();
  if (method === "server/discover") {
    return result({ ...COMPLETE, supportedVersions: ["2026-07-28"], capabilities: CAPABILITIES, serverInfo: { name: "bench", version: "1" }, ttlMs: 600_000, cacheScope: "private" });
  }
  if (method === "tools/list") return result({ ...COMPLETE, tools: LIST, ttlMs: 600_000, cacheScope: "private" });
  const meta = params?._meta ?? {};
  const knowsTasks = meta["io.modelcontextprotocol/clientCapabilities"]?.extensions?.[EXTENSION] !== undefined;
  if (method === "tools/call" && params.name === "work" && knowsTasks) return result({ resultType: "task", ...view(tasks.start(params.arguments.ms), interval) });
  if (method === "tools/call") return callPlainly(response, message, asStream, `"resultType":"complete",`);
  if (method === "subscriptions/listen" && pushes) return listen(message, response, interval, tasks);
  const task = tasks.get(params?.taskId);
  if (method === "tasks/get" && task) return result({ ...COMPLETE, ...view(task, interval) });
  const isUnknown = !method.startsWith("tasks/") || task !== undefined;
  refuse(response, isUnknown ? 404 : 400, id, isUnknown ? -32601 : -32602, `${method} failed`);
}

/** Every message of a subscription names it. */
function listen({ id, params }, response, interval, tasks) {
  const { taskIds = [] } = params.notifications;
  const ids = new Set(taskIds);
  const write = stream(response);
  const tell = (method, what) => write({ jsonrpc: "2.0", method, params: { ...what, _meta: { "io.modelcontextprotocol/subscriptionId": id } } });
  tell("notifications/subscriptions/acknowledged", { notifications: { taskIds } });
  response.on("close", tasks.listen((task) => ids.has(task.taskId) && tell("notifications/tasks", view(task, interval))));
}

export function other(_request, response) {
  response.writeHead(405).end();
}
