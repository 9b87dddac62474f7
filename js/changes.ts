import type { McpError } from "./error.js";
import { isTerminal, type TaskStatus } from "./status.js";

interface Waiting {
  resolve: (result: IteratorResult<TaskStatus, void>) => void;
  reject: (error: McpError) => void;
}

/**
 * The changes of a task's status as an iterator. Written by hand, because a generator that waits for a change cannot be ended before it
 * comes.
 */
export class Changes implements AsyncIterator<TaskStatus, void, undefined> {
  readonly #queue: TaskStatus[] = [];
  readonly #waiting: Waiting[] = [];
  #unwatch = (): void => {};
  /** Nothing more will come; at most for a reason, which is told once. */
  #end: { error: McpError | undefined } | undefined;

  /** Begins to watch, with what ends it again. */
  begin(unwatch: () => void): void {
    this.#unwatch = unwatch;
  }

  update(status: TaskStatus): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ done: false, value: { ...status } });
    else this.#queue.push({ ...status });
    if (isTerminal(status.status)) this.lose();
  }

  lose(error?: McpError): void {
    this.#end ??= { error };
    this.#unwatch();
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  #finish({ resolve, reject }: Waiting): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error) reject(error);
    else resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<TaskStatus, void>> {
    return new Promise((resolve, reject) => {
      const value = this.#queue.shift();
      if (value) resolve({ done: false, value });
      else if (this.#end) this.#finish({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<TaskStatus, void>> {
    this.#queue.length = 0;
    this.#end = { error: undefined };
    this.lose();
    return Promise.resolve({ done: true, value: undefined });
  }
}
