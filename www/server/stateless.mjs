import {
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
} from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { z } from "zod";
import { stateOf } from "./state.mjs";
import { Subscription } from "./subscription.mjs";
import { INFO, INSTRUCTIONS, offerTexts } from "./texts.mjs";
import { tools } from "./tools.mjs";
import { POLL, TTL, work } from "./work.mjs";

const EXTENSION = "io.modelcontextprotocol/tasks";
const INVALID_PARAMS = -32602;

const knowsTasks = (meta) => meta?.[CLIENT_CAPABILITIES_META_KEY]?.extensions?.[EXTENSION] !== undefined;

function requireTasks(meta) {
  if (!knowsTasks(meta)) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [EXTENSION]: {} } } });
}

/**
 * The MCP server of protocol 2026-07-28. The SDK speaks the protocol; its extension for tasks is ours: whoever knows tasks
 * gets one from every tool that can run as one.
 *
 * @param {import("./tasks.mjs").Tasks} tasks
 * @returns {import("@modelcontextprotocol/node").NodeMcpRequestHandler}
 */
export function stateless(tasks) {
  const plain = createMcpHandler(() => demoServer(tasks), { legacy: "reject" });
  const starting = createMcpHandler(() => startingServer(tasks), { legacy: "reject" });

  async function answer(request, more) {
    const message = more.parsedBody ?? {};
    const { method, params } = message;
    const tool = method === "tools/call" && tools.find(({ name }) => name === params?.name);
    if (tool && startsTask(tool, params)) return starting.fetch(request, more);

    const response = await plain.fetch(request, more);
    const taskIds = method === "subscriptions/listen" ? params?.notifications?.taskIds : undefined;
    if (!taskIds || !response.ok || !knowsTasks(params._meta)) return response;
    // The SDK has found nothing wrong with the request, but its own stream knows nothing of tasks.
    await response.body.cancel();
    return new Subscription(message, tasks).response();
  }
  return toNodeHandler({ fetch: answer });
}

function startsTask({ support }, { _meta }) {
  return support === "required" || (support === "optional" && knowsTasks(_meta));
}

function demoServer(tasks) {
  const server = new McpServer(INFO, { capabilities: { extensions: { [EXTENSION]: {} } }, instructions: INSTRUCTIONS });
  for (const { name, title, description, inputSchema, outputSchema, run } of tools) {
    const config = { title, description, inputSchema: z.object(inputSchema), outputSchema: outputSchema && z.object(outputSchema) };
    server.registerTool(name, config, (args, { mcpReq }) => run(args, { signal: mcpReq.signal, report: async () => {} }));
  }
  offerTexts(server, z.object);
  serveTasks(server.server, tasks);
  return server;
}

/** The server of a call that becomes a task: the SDK's own handler would take the task for a tool's result, and mend it. */
function startingServer(tasks) {
  const server = demoServer(tasks);
  server.server.removeRequestHandler("tools/call");
  server.server.fallbackRequestHandler = async ({ params }, { mcpReq }) => {
    requireTasks(mcpReq.envelope);
    const { name, inputSchema, run } = tools.find((tool) => tool.name === params.name);
    const given = z.object(inputSchema).safeParse(params.arguments ?? {});
    if (!given.success) throw new ProtocolError(INVALID_PARAMS, `Invalid arguments for ${name}: ${z.prettifyError(given.error)}`);
    const { taskId } = await tasks.createTask({ ttl: TTL.default, pollInterval: POLL });
    const created = { resultType: "task", ...stateOf(tasks.look(taskId)) };
    void work(tasks, run, taskId, given.data);
    return created;
  };
  return server;
}

/** The requests of the extension. */
function serveTasks(server, tasks) {
  const schemas = { params: z.looseObject({ taskId: z.string() }), result: z.looseObject({}) };
  const serve = (method, answer) =>
    server.setRequestHandler(method, schemas, ({ taskId }, { mcpReq }) => {
      requireTasks(mcpReq.envelope);
      if (!tasks.look(taskId)) throw new ProtocolError(INVALID_PARAMS, `Task not found: ${taskId}`);
      return answer(taskId, mcpReq);
    });
  serve("tasks/get", (taskId) => stateOf(tasks.look(taskId)));
  serve("tasks/update", (taskId, { inputResponses = {} }) => {
    tasks.answer(taskId, inputResponses);
    return {};
  });
  serve("tasks/cancel", async (taskId) => {
    // One that has ended stays as it is, and that is no error.
    await tasks.updateTaskStatus(taskId, "cancelled").catch(() => {});
    return {};
  });
}
