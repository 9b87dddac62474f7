import { randomUUID } from "node:crypto";
import { isTerminal } from "@modelcontextprotocol/sdk/experimental/tasks";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";

const PAGE = 20;
const LIMIT = 200;

/**
 * The tasks of this server, for as long as their time-to-live says, whichever protocol began them.
 *
 * A task belongs to the server and not to the session that began it: its id is unguessable, so a reloaded page may ask
 * for it again under a new session, or without any. Only the list is kept apart by session.
 *
 * @implements {import("@modelcontextprotocol/sdk/experimental/tasks").TaskStore}
 */
export class Tasks {
  /** @type {Map<string, Entry>} */
  #entries = new Map();

  /**
   * Aborts when the task is cancelled or runs out of time, so that cancelling stops the work and not just the status.
   *
   * @param {string} taskId
   */
  signal(taskId) {
    return this.#entry(taskId).work.signal;
  }

  /**
   * Remembers the error that `tasks/result` must answer with, where the work threw instead of returning.
   *
   * @param {string} taskId
   * @param {Error} error
   */
  keepError(taskId, error) {
    this.#entry(taskId).error = error;
  }

  /**
   * Asks whoever watches the task, and waits for the answers.
   *
   * @param {string} taskId
   * @param {Record<string, object>} questions requests of the protocol, by a key for each
   * @returns {Promise<Record<string, any>>} the answers, by the same keys
   */
  ask(taskId, questions) {
    const entry = this.#entry(taskId);
    const { signal } = entry.work;
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      entry.asking = { open: { ...questions }, answers: {}, resolve };
      this.#move(taskId, "input_required");
    });
  }

  /**
   * Takes answers in. Those to no open question are passed over, as the protocol wants it.
   *
   * @param {string} taskId
   * @param {Record<string, object>} answers
   */
  answer(taskId, answers) {
    const { asking } = this.#entry(taskId);
    const taken = Object.entries(answers).filter(([key]) => asking && Object.hasOwn(asking.open, key));
    if (taken.length === 0) return;
    for (const [key, answer] of taken) {
      delete asking.open[key];
      asking.answers[key] = answer;
    }
    if (Object.keys(asking.open).length > 0) return this.#move(taskId, "input_required");
    this.#entry(taskId).asking = undefined;
    this.#move(taskId, "working");
    asking.resolve(asking.answers);
  }

  /**
   * All that is known of a task.
   *
   * @param {string} taskId
   * @returns {Readonly<Entry> | undefined}
   */
  look(taskId) {
    return this.#entries.get(taskId);
  }

  /**
   * Calls back on every change of a task.
   *
   * @param {string} taskId
   * @param {() => void} callback
   * @returns {() => void} ends it
   */
  watch(taskId, callback) {
    const { watchers } = this.#entry(taskId);
    watchers.add(callback);
    return () => watchers.delete(callback);
  }

  /** @param {{ ttl: number, pollInterval: number }} options milliseconds, both decided by the caller */
  async createTask({ ttl, pollInterval }, _requestId, _request, sessionId) {
    if (this.#entries.size >= LIMIT) {
      throw new McpError(ErrorCode.InternalError, `This server holds ${LIMIT} tasks at most; try again when some have expired`);
    }
    const taskId = randomUUID();
    const now = new Date().toISOString();
    const task = { taskId, status: "working", ttl, pollInterval, createdAt: now, lastUpdatedAt: now };
    const expiry = setTimeout(() => this.#drop(taskId), ttl);
    // A forgotten task must not keep the process alive.
    expiry.unref();
    this.#entries.set(taskId, { task, sessionId, expiry, work: new AbortController(), watchers: new Set() });
    return { ...task };
  }

  async getTask(taskId) {
    const entry = this.#entries.get(taskId);
    return entry ? { ...entry.task } : null;
  }

  async storeTaskResult(taskId, status, result) {
    const entry = this.#entry(taskId);
    refuseEnded(entry.task);
    entry.result = result;
    this.#move(taskId, status, result.isError ? textOf(result) : undefined);
  }

  async getTaskResult(taskId) {
    const { task, result, error } = this.#entry(taskId);
    if (result) return result;
    throw error ?? new McpError(ErrorCode.InvalidParams, `Task ${taskId} has no result: it is ${task.status}`);
  }

  async updateTaskStatus(taskId, status, statusMessage) {
    this.#move(taskId, status, statusMessage);
    if (status === "cancelled") this.#entry(taskId).work.abort();
  }

  async listTasks(cursor, sessionId) {
    const own = [...this.#entries.values()].filter((entry) => entry.sessionId === sessionId).map((entry) => entry.task);
    const start = cursor === undefined ? 0 : own.findIndex((task) => task.taskId === cursor) + 1;
    if (cursor !== undefined && start === 0) throw new McpError(ErrorCode.InvalidParams, `Unknown cursor: ${cursor}`);
    const tasks = own.slice(start, start + PAGE).map((task) => ({ ...task }));
    return { tasks, nextCursor: start + PAGE < own.length ? tasks.at(-1).taskId : undefined };
  }

  /** Stops all work, for the end of the process. */
  close() {
    for (const taskId of this.#entries.keys()) this.#drop(taskId);
  }

  #entry(taskId) {
    const entry = this.#entries.get(taskId);
    if (!entry) throw new McpError(ErrorCode.InvalidParams, `Task not found: ${taskId}`);
    return entry;
  }

  #move(taskId, status, statusMessage) {
    const { task, watchers } = this.#entry(taskId);
    refuseEnded(task);
    task.status = status;
    task.lastUpdatedAt = new Date().toISOString();
    if (statusMessage !== undefined) task.statusMessage = statusMessage;
    for (const callback of watchers) callback();
  }

  #drop(taskId) {
    const entry = this.#entries.get(taskId);
    clearTimeout(entry.expiry);
    entry.work.abort();
    this.#entries.delete(taskId);
  }
}

function refuseEnded({ taskId, status }) {
  if (isTerminal(status)) throw new McpError(ErrorCode.InvalidParams, `Task ${taskId} is already ${status}`);
}

function textOf(result) {
  return result.content.map((block) => block.text ?? block.type).join("\n");
}

/**
 * @typedef {object} Entry
 * @property {import("@modelcontextprotocol/sdk/types.js").Task} task
 * @property {string} [sessionId]
 * @property {NodeJS.Timeout} expiry
 * @property {AbortController} work
 * @property {Set<() => void>} watchers
 * @property {{ open: Record<string, object>, answers: Record<string, object>, resolve: Function }} [asking]
 * @property {import("@modelcontextprotocol/sdk/types.js").CallToolResult} [result]
 * @property {Error} [error]
 */
