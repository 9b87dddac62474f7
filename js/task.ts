/// <reference lib="esnext.disposable" preserve="true" />
import { Changes } from "./changes.js";
import { McpError } from "./error.js";
import { checkLimits, type Limits, within } from "./limits.js";
import type { Ending, Follower, Link } from "./link.js";
import type { CallToolResult, GetPromptResult, ResourceContents } from "./results.js";
import { complete, isState, isTerminal, type TaskKind, type TaskState, type TaskStatus } from "./status.js";

/** What a task is made from. */
export interface Origin {
  taskId: string;
  name: string;
  throwOnError: boolean;
  status?: TaskStatus;
  ending?: Ending;
  /** The server answered at once: with this. */
  immediate?: { value: unknown } | { error: McpError };
  /** Where the endpoint is, and what it speaks. */
  url: string;
  protocolVersion: string;
  /** Called when there is more to remember: a status, or what the core knows. */
  onChange?: (status?: TaskStatus) => void;
  /** Called once nothing more will happen: because of the error, where the task may go on without us. `result` is what somebody waits for. */
  onEnd?: (error?: McpError, result?: Promise<unknown>) => void;
}

/** A task as a record: what `Client.resumeTask` takes, here or elsewhere. It holds no credentials. */
export interface TaskRecord {
  version: 1;
  taskId: string;
  kind: TaskKind;
  name: string;
  url: string;
  protocolVersion: string;
  returnedImmediately: boolean;
  /** The keys of the task's questions that were answered: nobody is asked them again. */
  answered?: string[];
}

/** What a rejected `result()` is kept for: asking again would tell the same. */
const LASTING = ["tool_error", "task_failed", "task_cancelled", "task_not_found"];

/**
 * Work that goes on at the server. Close the page and it still does.
 *
 * Not thenable, or a promise would unwrap it: `await task.result()`.
 */
export abstract class Task<R = unknown> implements AsyncIterable<TaskStatus>, AsyncDisposable {
  /** What kind of request made the task. */
  abstract readonly kind: TaskKind;
  /** The server's id of the task; where it answered at once, one that was made here. */
  readonly taskId: string;
  /** The name of the tool or prompt, or the resource's URI; empty for a task that was resumed without one. */
  readonly name: string;
  /** The server answered at once, or runs no tasks: everything works all the same, and nothing is sent. */
  readonly returnedImmediately: boolean;
  readonly #link: Link;
  readonly #origin: Origin;
  readonly #watchers = new Set<Follower>();
  #latest: TaskStatus | undefined;
  /** What the task ended with, where the server told that with the status: to be read when somebody wants the result. */
  #ending: Ending | undefined;
  /** Nothing more will be heard: for this reason, or because the caller let go. */
  #lost: { error?: McpError } | undefined;
  #result: Promise<R> | undefined;
  #callers = 0;
  #leave: AbortController | undefined;

  /** @internal Tasks are made by a `Client`. */
  constructor(link: Link, origin: Origin) {
    this.#link = link;
    this.#origin = origin;
    this.taskId = origin.taskId;
    this.name = origin.name;
    this.returnedImmediately = origin.immediate !== undefined;
    this.#ending = origin.ending;
    this.#latest = origin.immediate ? complete({ taskId: origin.taskId, status: "completed" }) : origin.status;
    if (!this.#isOver) {
      link.tasks.set(this.taskId, {
        update: (status, ending) => this.#update(status, ending),
        remember: () => origin.onChange?.(),
        lose: (error) => this.#lose(error),
      });
    }
  }

  get #isOver(): boolean {
    return this.#latest !== undefined && isTerminal(this.#latest.status);
  }

  /**
   * The newest status: from a live stream if one is delivering, else asked of the server.
   * @throws {@link McpError} `task_not_found`, and what a request can fail with
   */
  async status({ signal }: { signal?: AbortSignal } = {}): Promise<TaskStatus> {
    checkLimits({ signal });
    if (this.#isOver) return { ...this.#latest! };
    return complete(await this.#link.call<TaskStatus>((core, call) => core.status(call, this.taskId, false), { signal }));
  }

  /**
   * Calls back on every change of the status or its message, in order, once each, until the task has ended.
   * What the callback throws or rejects with goes to `onDebug` alone.
   * @returns a function that ends it
   */
  onStatusChange(callback: (status: TaskStatus) => void | Promise<void>): () => void {
    if (typeof callback !== "function") throw new McpError("invalid_argument", "onStatusChange takes a function");
    return this.#watch({
      update: (status) => this.#link.safely("onStatusChange", () => callback({ ...status })),
      lose: () => {},
    });
  }

  #watch(watcher: Follower): () => void {
    if (this.#isOver || this.#lost) return () => {};
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#link.tell((core) => core.watch(this.taskId, true));
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) {
        this.#link.tell((core) => core.watch(this.taskId, false));
      }
    };
  }

  #update(status: TaskStatus, ending?: Ending): void {
    this.#latest = status;
    this.#ending = ending;
    const watchers = [...this.#watchers];
    if (isTerminal(status.status)) this.#end();
    else this.#origin.onChange?.(status);
    for (const watcher of watchers) {
      // An earlier callback may have ended a later one; at the end all are told.
      if (this.#isOver || this.#watchers.has(watcher)) watcher.update(status);
    }
  }

  #lose(error?: McpError): void {
    this.#lost = error ? { error } : {};
    const watchers = [...this.#watchers];
    this.#end(error);
    watchers.forEach((watcher) => watcher.lose(error));
  }

  /** Lets go of whatever waited for changes. */
  #end(error?: McpError): void {
    this.#watchers.clear();
    this.#link.tasks.delete(this.taskId);
    this.#origin.onEnd?.(error, this.#isOver ? this.#result : undefined);
  }

  /**
   * Waits for a state; without one, until the task is no longer `working`.
   * @param options.timeoutMs default 300,000
   * @throws {@link McpError} `timeout`; at once, when the task has ended otherwise: `task_failed`, `task_cancelled`, or
   * `invalid_argument` when it has completed
   */
  async wait({ state, timeoutMs = 300_000, signal }: Limits & { state?: TaskState } = {}): Promise<TaskStatus> {
    if (state !== undefined && !isState(state)) {
      throw new McpError("invalid_argument", `there is no task state "${String(state)}"`);
    }
    checkLimits({ signal, timeoutMs });
    const status = this.#isOver
      ? this.#latest!
      : complete(await this.#link.call<TaskStatus>((core, call) => core.wait(call, this.taskId, state), { timeoutMs, signal }));
    if (state === undefined || status.status === state) return { ...status };
    const code = status.status === "failed" ? "task_failed" : status.status === "cancelled" ? "task_cancelled" : "invalid_argument";
    const message = (code !== "invalid_argument" && status.statusMessage) || `the task is ${status.status}, and will never be ${state}`;
    throw new McpError(code, message, { taskId: this.taskId, data: { status: status.status } });
  }

  /**
   * The result: asked for once, whoever calls how often, and kept.
   * @param options.timeoutMs how long this caller waits; without limit by default
   * @throws {@link McpError} `tool_error`, `task_failed`, `task_cancelled`, `task_not_found`, `input_required`, `timeout`
   */
  result({ timeoutMs, signal }: Limits = {}): Promise<R> {
    try {
      checkLimits({ signal, timeoutMs });
    } catch (reason) {
      return Promise.reject(reason);
    }
    this.#result ??= this.#ask();
    this.#callers += 1;
    return within(this.#result, { timeoutMs, signal }, () => {
      this.#callers -= 1;
      // The last caller has left: nobody needs the polls for it.
      if (this.#callers > 0) return;
      this.#result = undefined;
      this.#leave?.abort();
    });
  }

  #ask(): Promise<R> {
    const { immediate, throwOnError } = this.#origin;
    const leave = new AbortController();
    const asked = immediate
      ? "error" in immediate
        ? Promise.reject(immediate.error)
        : Promise.resolve(immediate.value as R)
      : this.#link.call<R>(
          (core, call) => {
            const ended = this.#isOver ? this.#latest : undefined;
            const { result, error } = this.#ending ?? {};
            core.result(call, this.taskId, this.kind, this.name, throwOnError, ended?.status, ended?.statusMessage, result, error);
          },
          { signal: leave.signal },
        );
    this.#leave = leave;
    this.#callers = 0;
    asked.catch((error: unknown) => {
      if (!(McpError.is(error) && LASTING.includes(error.code)) && this.#result === asked) this.#result = undefined;
    });
    return asked;
  }

  /**
   * Answers one of the questions that the task waits on (`inputRequests` of its status), instead of a handler. Resolves once the server has
   * the answer.
   * @param response the result that the protocol has for such a question, as a handler would return it
   * @throws {@link McpError} `invalid_argument` when no question of this key is waiting
   */
  async respond(key: string, response: object, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    checkLimits({ signal });
    if (this.#isOver || typeof key !== "string") {
      throw new McpError("invalid_argument", `no question "${String(key)}" is waiting`, { taskId: this.taskId });
    }
    await this.#link.call((core, call) => core.respond(call, this.taskId, key, response), { signal });
  }

  /**
   * Asks the server to stop; nothing happens when the task has ended. It may still complete.
   * @returns the status that the task then has
   * @throws {@link McpError} `unsupported` when the server cancels no tasks, `rpc` when it refuses
   */
  async cancel({ signal }: { signal?: AbortSignal } = {}): Promise<TaskStatus> {
    checkLimits({ signal });
    if (this.#isOver) return { ...this.#latest! };
    return complete(await this.#link.call<TaskStatus>((core, call) => core.cancel(call, this.taskId), { signal }));
  }

  /** Stops watching. The server is not told, and the task goes on there. */
  detach(): void {
    if (this.#isOver || this.#lost) return;
    this.#lose();
    this.#link.tell((core) => core.detach(this.taskId));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.detach();
    return Promise.resolve();
  }

  /** Every change of the status until the task has ended; the end at once when it already has. */
  [Symbol.asyncIterator](): AsyncIterator<TaskStatus, void, undefined> {
    const changes = new Changes();
    if (this.#isOver) changes.update(this.#latest!);
    else if (this.#lost) changes.lose(this.#lost.error);
    else changes.begin(this.#watch(changes));
    return changes;
  }

  /** The task as a record that `Client.resumeTask` takes; `JSON.stringify(task)` uses it. */
  toJSON(): TaskRecord {
    const { taskId, kind, name, returnedImmediately } = this;
    const { url, protocolVersion } = this.#origin;
    const { answered } = this.#link.read<{ answered?: string[] }>((core) => core.memory(taskId)) ?? {};
    return { version: 1, taskId, kind, name, url, protocolVersion, returnedImmediately, ...(answered && { answered }) };
  }
}

/** A tool that runs as a task. */
export class ToolTask extends Task<CallToolResult> {
  override readonly kind = "tool";
}

/** A prompt that is made as a task. */
export class PromptTask extends Task<GetPromptResult> {
  override readonly kind = "prompt";
}

/** A resource that is read as a task. */
export class ResourceTask extends Task<ResourceContents[]> {
  override readonly kind = "resource";
}
