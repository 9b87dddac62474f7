import { InMemoryTaskMessageQueue } from "@modelcontextprotocol/sdk/experimental/tasks";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { INFO, INSTRUCTIONS, offerTexts } from "./texts.mjs";
import { tools } from "./tools.mjs";
import { taskHandler } from "./work.mjs";

/**
 * The MCP server of one session (protocol 2025-11-25 and older). All of them share one set of tasks.
 *
 * @param {import("./tasks.mjs").Tasks} tasks
 */
export function demoServer(tasks) {
  const server = new McpServer(INFO, {
    capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
    instructions: INSTRUCTIONS,
    taskStore: tasks,
    // What its tasks ask, until somebody opens the stream of their result.
    taskMessageQueue: new InMemoryTaskMessageQueue(),
  });
  for (const tool of tools) register(server, tasks, tool);
  offerTexts(server);
  return server;
}

function register(server, tasks, { name, title, support, description, inputSchema, outputSchema, run }) {
  const config = { title, description, inputSchema, outputSchema };
  if (support === "forbidden") {
    server.registerTool(name, config, (args, { signal }) => run(args, { signal, report: async () => {} }));
  } else {
    server.experimental.tasks.registerToolTask(name, { ...config, execution: { taskSupport: support } }, taskHandler(tasks, run));
  }
}
