/** The tasks extension of protocol 2026-07-28 on top of the official server. */

import { CLIENT_CAPABILITIES_META_KEY, MissingRequiredClientCapabilityError, ProtocolError } from "@modelcontextprotocol/server";
import { z } from "zod";
import { ExtensionTask } from "./sdk2026-task.mjs";

export const EXTENSION = "io.modelcontextprotocol/tasks";

const missing = new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [EXTENSION]: {} } } });

/** The JSON-RPC error for a client that does not know tasks. */
export const MISSING = { code: missing.code, message: missing.message, data: missing.data };

/** Whether a request says that its client knows tasks. @param {Record<string, any> | undefined} meta its `_meta` */
export const declaresTasks = (meta) => meta?.[CLIENT_CAPABILITIES_META_KEY]?.extensions?.[EXTENSION] !== undefined;

function requireTasks(meta) {
  if (!declaresTasks(meta)) throw missing;
}

/** Every task of this process, whoever asks. */
export class ExtensionTasks {
  /** @type {Map<string, ExtensionTask>} */
  #tasks = new Map();
  #settings;

  /** @param {{ pollIntervalMs: number, bare: boolean }} settings */
  constructor(settings) {
    this.#settings = settings;
  }

  /** @param {string} taskId */
  get(taskId) {
    return this.#tasks.get(taskId);
  }

  /**
   * Makes a server answer `tools/call` with a task.
   *
   * The SDK's handler takes what a tool returns for a result and adds `content` to it, so the call goes past that handler.
   * @param {import("@modelcontextprotocol/server").Server} server
   * @param {Map<string, { inputSchema: import("zod").ZodType, run: Function }>} tools
   * @param {object} more what a tool's `run` gets besides what its task gives it
   */
  serveCalls(server, tools, more) {
    server.removeRequestHandler("tools/call");
    server.fallbackRequestHandler = async ({ params }, { mcpReq }) => {
      requireTasks(mcpReq.envelope);
      const { inputSchema, run } = tools.get(params.name);
      const parsed = inputSchema.safeParse(params.arguments ?? {});
      if (!parsed.success) throw new ProtocolError(-32602, `Invalid arguments for tool ${params.name}: ${parsed.error.message}`);
      const task = new ExtensionTask(mcpReq.envelope[CLIENT_CAPABILITIES_META_KEY], this.#settings);
      this.#tasks.set(task.taskId, task);
      const created = { ...task.state, resultType: "task" };
      void task.work((api) => run(parsed.data, { ...more, ...api }));
      return created;
    };
  }

  /** @param {import("@modelcontextprotocol/server").Server} server */
  serveMethods(server) {
    const schemas = { params: z.looseObject({ taskId: z.string() }), result: z.looseObject({}) };
    const serve = (method, answer) =>
      server.setRequestHandler(method, schemas, ({ taskId }, { mcpReq }) => {
        requireTasks(mcpReq.envelope);
        const task = this.get(taskId);
        if (!task) throw new ProtocolError(-32602, `Task ${taskId} not found`);
        return answer(task, mcpReq) ?? {};
      });
    serve("tasks/get", (task) => task.state);
    // The SDK takes `inputResponses` out of the params of every request.
    serve("tasks/update", (task, { inputResponses }) => task.answer(inputResponses ?? {}));
    serve("tasks/cancel", (task) => task.cancel());
  }
}
