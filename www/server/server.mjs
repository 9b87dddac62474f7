import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { tools } from "./tools.mjs";
import { taskHandler } from "./work.mjs";

/**
 * The MCP server of one session. All of them share one set of tasks.
 *
 * @param {import("./tasks.mjs").Tasks} tasks
 */
export function demoServer(tasks) {
  const server = new McpServer(
    { name: "mcp-tasks-demo", title: "Demo of mcp-tasks", version: "1.0.0" },
    {
      capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
      instructions: "Every tool here ends in its own way. Start a few as tasks at the same time and watch them.",
      taskStore: tasks,
    },
  );
  for (const tool of tools) register(server, tasks, tool);

  server.registerPrompt(
    "explain_task",
    {
      title: "Explain a task",
      description: "A question for a language model about how a task ended.",
      argsSchema: { status: z.string().describe("How it ended"), audience: z.string().optional().describe("Who will read it") },
    },
    ({ status, audience = "a developer" }) => ({
      description: "Explains the end of a task",
      messages: [{ role: "user", content: { type: "text", text: `Explain to ${audience} what it means that a task is “${status}”.` } }],
    }),
  );

  server.registerResource(
    "lifecycle",
    "demo://task-lifecycle",
    { title: "The life of a task", description: "The states of a task and the ways between them.", mimeType: "text/plain" },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: "text/plain", text: LIFECYCLE }] }),
  );
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

const LIFECYCLE = `working -> input_required, completed, failed, cancelled
input_required -> working, completed, failed, cancelled
completed, failed and cancelled are final.`;
