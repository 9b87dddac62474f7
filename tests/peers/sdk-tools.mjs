/** The tools of the SDK peers: one for each rule that these servers can show. */

import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const text = (value) => ({ content: [{ type: "text", text: String(value) }] });

/**
 * Each tool's `run` gets its arguments, a `report(message)` that sets the task's status message, and `hangUp()`, which
 * ends the streams that carry notifications. What it returns is the task's result; what it throws fails the task.
 */
export const taskTools = {
  quick: {
    description: "Double a number at once",
    inputSchema: { value: z.number() },
    run: async ({ value }) => text(value * 2),
  },
  slow: {
    description: "Take a while, with a status message for each step",
    inputSchema: { ms: z.number().default(600), steps: z.number().default(2) },
    async run({ ms, steps }, { report }) {
      for (let step = 1; step <= steps; step++) {
        await report(`step ${step} of ${steps}`);
        await sleep(ms / steps);
      }
      return text(`worked ${ms} ms`);
    },
  },
  forever: {
    description: "Never end",
    run: async (_, { report }) => {
      await report("running until cancelled");
      await new Promise(() => {});
    },
  },
  must_task: {
    description: "Run as a task or not at all",
    inputSchema: { value: z.number().default(1) },
    taskSupport: "required",
    run: async ({ value }) => text(value),
  },
  typed: {
    description: "Add two numbers, by schema",
    inputSchema: { a: z.number(), b: z.number() },
    outputSchema: { sum: z.number() },
    run: async ({ a, b }) => ({ ...text(a + b), structuredContent: { sum: a + b } }),
  },
  empty: {
    description: "Return no content",
    run: async () => ({ content: [] }),
  },
  boom: {
    description: "Throw",
    async run() {
      await sleep(100);
      throw new Error("disk on fire");
    },
  },
  returns_error: {
    description: "Return a result that is an error",
    async run() {
      await sleep(100);
      return { ...text("the tool says no"), isError: true };
    },
  },
  hang_up: {
    description: "End the GET stream in the middle of the work",
    async run(_, { report, hangUp }) {
      await sleep(300);
      await report("before the stream ended");
      await sleep(100);
      hangUp();
      await report("while there was no stream");
      await sleep(2000);
      return text("survived");
    },
  },
};

/**
 * @param {import("@modelcontextprotocol/sdk/server/mcp.js").McpServer} server
 * @param {{ pollMs: number, hangUp: () => void }} options
 */
export function registerTools(server, { pollMs, hangUp }) {
  server.registerTool("sync_only", { description: "Add one, never as a task", inputSchema: { value: z.number() } }, async ({ value }) =>
    text(value + 1),
  );
  server.registerPrompt("plain_prompt", { description: "A prompt, never as a task" }, async () => ({
    messages: [{ role: "user", content: { type: "text", text: "plain" } }],
  }));
  server.registerResource("plain", "data://plain.txt", { description: "A text, never as a task" }, async ({ href }) => ({
    contents: [{ uri: href, text: "plain" }],
  }));

  for (const [name, { run, taskSupport = "optional", ...config }] of Object.entries(taskTools)) {
    server.experimental.tasks.registerToolTask(
      name,
      { inputSchema: {}, ...config, execution: { taskSupport } },
      {
        async createTask(args, { taskStore, taskRequestedTtl }) {
          const task = await taskStore.createTask({ ttl: taskRequestedTtl ?? 600_000, pollInterval: pollMs });
          const report = (message) => taskStore.updateTaskStatus(task.taskId, "working", message);
          finish(taskStore, task.taskId, () => run(args, { report, hangUp }));
          return { task };
        },
        getTask: (_, { taskStore, taskId }) => taskStore.getTask(taskId),
        getTaskResult: (_, { taskStore, taskId }) => taskStore.getTaskResult(taskId),
      },
    );
  }
}

/** Runs the work and keeps how it ended, unless the task was cancelled or has expired meanwhile: then nobody asks. */
async function finish(taskStore, taskId, work) {
  const settle = await work().then(
    (result) => () => taskStore.storeTaskResult(taskId, result.isError ? "failed" : "completed", result),
    (error) => () => taskStore.updateTaskStatus(taskId, "failed", error.message),
  );
  await settle().catch(() => {});
}
