import { randomUUID } from "node:crypto";

/** The time of day in milliseconds, in fractions of one: a page on the same machine has the same clock. */
const now = () => performance.timeOrigin + performance.now();

/** @typedef {{ taskId: string, status: "working" | "completed", createdAt: string, lastUpdatedAt: string, doneAt?: number }} Task */

/** Tasks that work for as long as they are told, and do nothing else. */
export class Tasks {
  /** @type {Map<string, Task>} */
  #tasks = new Map();
  /** @type {Set<(task: Task) => void>} who hears of every change */
  #listeners = new Set();
  #timers = new Set();

  /** @param {number} ms how long it works */
  start(ms) {
    const createdAt = new Date().toISOString();
    /** @type {Task} */
    const task = { taskId: randomUUID(), status: "working", createdAt, lastUpdatedAt: createdAt };
    this.#tasks.set(task.taskId, task);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      Object.assign(task, { status: "completed", lastUpdatedAt: new Date().toISOString(), doneAt: now() });
      for (const listener of this.#listeners) listener(task);
    }, ms);
    this.#timers.add(timer);
    return task;
  }

  get(taskId) {
    return this.#tasks.get(taskId);
  }

  /** @param {(task: Task) => void} listener @returns {() => void} what ends it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#tasks.clear();
    this.#listeners.clear();
  }
}

/** A task's result, with the moment when the work was done. @param {Task} task */
export const resultOf = ({ doneAt }) => ({ content: [{ type: "text", text: "worked" }], structuredContent: { doneAt } });
