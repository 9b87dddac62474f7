import { z } from "zod";

/** How often the status may be asked for, in milliseconds. */
export const POLL = 500;
export const TTL = { least: 1_000, default: 10 * 60_000, most: 60 * 60_000 };

/** An answer is the tool's to judge. */
const ANSWER = z.looseObject({});

/**
 * Turns a function that works into the handler of a tool that runs as a task, for the protocol with sessions.
 *
 * @param {import("./tasks.mjs").Tasks} tasks
 * @param {Work} run
 * @returns {import("@modelcontextprotocol/sdk/experimental/tasks").ToolTaskHandler}
 */
export function taskHandler(tasks, run) {
  return {
    async createTask(args, extra) {
      const ttl = Math.min(Math.max(extra.taskRequestedTtl ?? TTL.default, TTL.least), TTL.most);
      const task = await extra.taskStore.createTask({ ttl, pollInterval: POLL });
      // A plain call waits here for its task: when the caller withdraws it, nobody will ask for the result.
      extra.signal.addEventListener("abort", () => void settle(tasks.updateTaskStatus(task.taskId, "cancelled")));
      void work(tasks, run, task.taskId, args, { store: extra.taskStore, ask: (questions) => askSession(extra, task, tasks.signal(task.taskId), questions) });
      return { task };
    },
    getTask: (_args, extra) => extra.taskStore.getTask(extra.taskId),
    getTaskResult: (_args, extra) => extra.taskStore.getTaskResult(extra.taskId),
  };
}

/**
 * Does the work of a task and keeps how it ended.
 *
 * @param {import("./tasks.mjs").Tasks} tasks
 * @param {Work} run
 * @param {string} taskId
 * @param {Record<string, any>} args
 * @param {object} [session] where the task was begun in one
 * @param {Pick<import("./tasks.mjs").Tasks, "updateTaskStatus" | "storeTaskResult">} session.store what is told of the changes
 * @param {(questions: object) => Promise<object>} session.ask
 */
export async function work(tasks, run, taskId, args, { store, ask } = { store: tasks, ask: (questions) => tasks.ask(taskId, questions) }) {
  const signal = tasks.signal(taskId);
  const report = (message) => settle(store.updateTaskStatus(taskId, "working", message));
  let result;
  try {
    result = await run(args, { signal, report, ask });
  } catch (error) {
    // Cancelled or expired: the store has already said so.
    if (signal.aborted) return;
    tasks.keepError(taskId, error);
    return settle(store.updateTaskStatus(taskId, "failed", error.message));
  }
  await settle(store.storeTaskResult(taskId, result.isError ? "failed" : "completed", result));
}

/**
 * Asks the session in which the task was begun: the SDK keeps the requests until the stream of the task's result is
 * opened, and says that the task waits for input. With the session gone there is nobody to ask, and the work fails.
 */
async function askSession(extra, { taskId, ttl }, signal, questions) {
  const options = { relatedTask: { taskId }, timeout: ttl, signal };
  const asked = Object.entries(questions).map(async ([key, question]) => [key, await extra.sendRequest(question, ANSWER, options)]);
  const answers = Object.fromEntries(await Promise.all(asked));
  await settle(extra.taskStore.updateTaskStatus(taskId, "working"));
  return answers;
}

/** A task may expire, be cancelled or lose its session at any await: none of these is the server's failure. */
async function settle(promise) {
  await promise.catch(() => {});
}

/**
 * @callback Work
 * @param {Record<string, any>} args checked against the tool's input schema
 * @param {{ signal: AbortSignal, report: (message: string) => Promise<void>, ask: (questions: object) => Promise<any> }} task
 *   `signal` aborts when the result is no longer wanted, `report` tells everyone who watches, `ask` waits for answers
 * @returns {Promise<import("@modelcontextprotocol/sdk/types.js").CallToolResult>}
 */
