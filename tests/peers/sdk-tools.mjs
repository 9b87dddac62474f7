/** The tools of the SDK peers: one for each rule that these servers can show. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ElicitResultSchema, CreateMessageResultSchema, ListRootsResultSchema, UrlElicitationRequiredError } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { askingTools } from "./sdk-asking.mjs";

const text = (value) => ({ content: [{ type: "text", text: String(value) }] });

/** How often `counted` was called, by key. @type {Map<string, number>} */
const runs = new Map();

/**
 * Each tool's `run` gets its arguments, a `report(message)` that sets the task's status message, `input` to ask the client
 * (`sdk-asking.mjs`), and `hangUp()`, which ends the streams that carry notifications. What it returns is the task's result;
 * what it throws fails the task.
 */
export const workingTools = {
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
  counted: {
    description: "Take a while, and count that it was called",
    inputSchema: { key: z.string(), ms: z.number().default(1000) },
    async run({ key, ms }) {
      runs.set(key, (runs.get(key) ?? 0) + 1);
      await sleep(ms);
      return text("counted");
    },
  },
  count: {
    description: "Say how often `counted` was called",
    inputSchema: { key: z.string() },
    run: async ({ key }) => text(runs.get(key) ?? 0),
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

/** The shape of the answer to each request that a server may make. */
const ANSWERS = {
  "elicitation/create": ElicitResultSchema,
  "sampling/createMessage": CreateMessageResultSchema,
  "roots/list": ListRootsResultSchema,
};

/** All of them, those that ask as tasks alone: a plain call of such a tool has no stream to ask on. */
const taskTools = {
  ...workingTools,
  ...Object.fromEntries(Object.entries(askingTools).map(([name, tool]) => [name, { ...tool, taskSupport: "required" }])),
};

/**
 * @param {import("@modelcontextprotocol/sdk/server/mcp.js").McpServer} server
 * @param {{ pollMs: number, hangUp: () => void, visits: import("./visits.mjs").Visits }} options
 */
export function registerTools(server, { pollMs, hangUp, visits }) {
  server.registerTool("sync_only", { description: "Add one, never as a task", inputSchema: { value: z.number() } }, async ({ value }) =>
    text(value + 1),
  );
  registerVisit(server, visits);
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
        async createTask(args, { taskStore, taskRequestedTtl, sendRequest }) {
          const task = await taskStore.createTask({ ttl: taskRequestedTtl ?? 600_000, pollInterval: pollMs });
          const become = (status, message) => taskStore.updateTaskStatus(task.taskId, status, message);
          const report = (message) => become("working", message);
          const input = asking(task.taskId, become, sendRequest);
          finish(taskStore, task.taskId, () => run(args, { report, hangUp, input }));
          return { task };
        },
        getTask: (_, { taskStore, taskId }) => taskStore.getTask(taskId),
        getTaskResult: (_, { taskStore, taskId }) => taskStore.getTaskResult(taskId),
      },
    );
  }
}

/** How the work of a task asks: by requests, which wait for the stream of a `tasks/result`. */
const asking = (taskId, become, sendRequest) => async (requests, withinMs) => {
  await become("input_required", "waiting for answers");
  const ask = async ([key, { method, params }]) => {
    const options = { relatedTask: { taskId }, timeout: withinMs ?? 600_000 };
    return [key, await sendRequest({ method, params: named(params) }, ANSWERS[method], options)];
  };
  const answers = await Promise.all(Object.entries(requests).map(ask)).catch((error) => {
    if (withinMs === undefined) throw error;
  });
  await become("working", "has the answers");
  return answers && Object.fromEntries(answers);
};

/** In this protocol a page to visit has an id. */
const named = (params) => (params?.mode === "url" ? { ...params, elicitationId: randomUUID() } : params);

/** A tool that sends the user away first: the call goes through after the visit. */
function registerVisit(server, visits) {
  server.registerTool("needs_visit", { description: "Refuse until the user has visited a page" }, async ({ sessionId }) => {
    if (visits.isDone(sessionId)) return text("welcome back");
    const elicitationId = visits.expect(sessionId, (id) => server.server.createElicitationCompletionNotifier(id)());
    throw new UrlElicitationRequiredError([{ mode: "url", message: "Please sign in", elicitationId, url: visits.url(elicitationId) }]);
  });
}

/** Runs the work and keeps how it ended, unless the task was cancelled or has expired meanwhile: then nobody asks. */
async function finish(taskStore, taskId, work) {
  const settle = await work().then(
    (result) => () => taskStore.storeTaskResult(taskId, result.isError ? "failed" : "completed", result),
    (error) => () => taskStore.updateTaskStatus(taskId, "failed", error.message),
  );
  await settle().catch(() => {});
}
