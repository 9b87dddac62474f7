/// <reference lib="esnext.disposable" preserve="true" />
import { McpError } from "./error.js";
import type { Ledger, StoredTask } from "./ledger.js";
import { duration } from "./limits.js";
import { type Ending, type Link, toError } from "./link.js";
import type { Negotiated, Opened } from "./opening.js";
import { type CallOptions, taskTtl } from "./options.js";
import type {
  CallToolResult,
  GetPromptResult,
  Implementation,
  Prompt,
  Resource,
  ResourceContents,
  ResourceTemplate,
  Tool,
} from "./results.js";
import { complete, type TaskKind, type TaskStatus } from "./status.js";
import { PromptTask, ResourceTask, type Task, type TaskRecord, ToolTask } from "./task.js";

/** What the core says of a call that was to become a task. */
interface Made {
  taskId: string;
  returnedImmediately: boolean;
  status?: TaskStatus;
  /** What the task had ended with when it was made. */
  ending?: Ending;
  result?: unknown;
  error?: { code: string; message: string; taskId?: string; data?: unknown };
}

/** A call that is to be a task. */
type AsTask = CallOptions & { task: true | { ttlMs?: number } };
/** A call for the result. */
type Plainly = CallOptions & { task?: false | undefined };
/** What every call takes. */
interface Signal {
  signal?: AbortSignal;
}

const CLASSES = { tool: ToolTask, prompt: PromptTask, resource: ResourceTask } as const;

/** A connection to one MCP server. */
export abstract class BaseClient implements AsyncDisposable {
  /** The tasks that have not ended, by id; with those that the `store` remembers of earlier pages. */
  readonly tasks: ReadonlyMap<string, Task<unknown>>;
  readonly #tasks = new Map<string, Task<unknown>>();
  readonly #link: Link;
  readonly #url: string;
  readonly #ledger: Ledger | undefined;
  #negotiated: Negotiated;
  #closing: Promise<void> | undefined;

  /** @internal */
  protected constructor({ link, negotiated, url, ledger, stored }: Opened) {
    this.#link = link;
    this.#url = url;
    this.#ledger = ledger;
    this.#negotiated = negotiated;
    this.tasks = this.#tasks;
    ledger?.open(negotiated.sessionId, negotiated);
    link.onRenewed = (negotiated) => {
      this.#negotiated = negotiated as Negotiated;
      ledger?.open(this.sessionId, this.#negotiated);
      this.#tasks.forEach(({ taskId }) => link.remember(taskId));
    };
    stored.forEach((task) => this.#restore(task));
  }

  /** The version of the protocol that both speak. */
  get protocolVersion(): string {
    return this.#negotiated.protocolVersion;
  }

  get serverInfo(): Implementation | undefined {
    return this.#negotiated.serverInfo;
  }

  get serverCapabilities(): Record<string, unknown> {
    return this.#negotiated.serverCapabilities;
  }

  /** What the server says about its use. */
  get instructions(): string | undefined {
    return this.#negotiated.instructions;
  }

  /** Where the server has sessions, and tells the page of them. */
  get sessionId(): string | undefined {
    return this.#negotiated.sessionId;
  }

  /**
   * Calls a tool.
   *
   * With `task`, resolves with a {@link ToolTask} as soon as the server has taken the work on, or has answered at once. Without, resolves
   * with the result; a tool that only runs as a task is run as one, unseen.
   * @throws {@link McpError} `tool_error` unless `throwOnError` is false, `rpc`, `timeout`, and what a request can fail with
   */
  callTool(name: string, args: Record<string, unknown> | undefined, options: AsTask): Promise<ToolTask>;
  callTool(name: string, args?: Record<string, unknown>, options?: Plainly): Promise<CallToolResult>;
  callTool(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<ToolTask | CallToolResult>;
  callTool(name: string, args?: Record<string, unknown>, options: CallOptions = {}): Promise<ToolTask | CallToolResult> {
    return this.#invoke("tool", name, args ?? {}, options) as Promise<ToolTask | CallToolResult>;
  }

  /** Fills in a prompt; with `task`, as a {@link PromptTask}. */
  getPrompt(name: string, args: Record<string, string> | undefined, options: AsTask): Promise<PromptTask>;
  getPrompt(name: string, args?: Record<string, string>, options?: Plainly): Promise<GetPromptResult>;
  getPrompt(name: string, args?: Record<string, string>, options?: CallOptions): Promise<PromptTask | GetPromptResult>;
  getPrompt(name: string, args?: Record<string, string>, options: CallOptions = {}): Promise<PromptTask | GetPromptResult> {
    return this.#invoke("prompt", name, args, options) as Promise<PromptTask | GetPromptResult>;
  }

  /** Reads a resource; with `task`, as a {@link ResourceTask}. */
  readResource(uri: string, options: AsTask): Promise<ResourceTask>;
  readResource(uri: string, options?: Plainly): Promise<ResourceContents[]>;
  readResource(uri: string, options?: CallOptions): Promise<ResourceTask | ResourceContents[]>;
  readResource(uri: string, options: CallOptions = {}): Promise<ResourceTask | ResourceContents[]> {
    return this.#invoke("resource", String(uri), undefined, options) as Promise<ResourceTask | ResourceContents[]>;
  }

  async #invoke(kind: TaskKind, name: string, args: object | undefined, options: CallOptions): Promise<unknown> {
    if (typeof name !== "string" || name === "") throw new McpError("invalid_argument", `a ${kind} has a name`);
    if (args !== undefined && (typeof args !== "object" || args === null || Array.isArray(args))) {
      throw new McpError("invalid_argument", "arguments are an object");
    }
    const { signal, throwOnError = true, onProgress, meta } = options;
    const { asTask, ttlMs } = taskTtl(options.task);
    const timeoutMs = duration("timeoutMs", options.timeoutMs);
    let token = 0;
    const forget = (): void => void this.#link.progressing.delete(token);
    try {
      return await this.#link.call(
        (core, call) => {
          token = call;
          if (onProgress) this.#link.progressing.set(call, onProgress);
          core.invoke(call, kind, name, args, meta, asTask, ttlMs, throwOnError, onProgress !== undefined, timeoutMs);
        },
        { signal, timeoutMs },
        (made) => {
          if (asTask) return this.#adopt(kind, name, throwOnError, made as Made, forget);
          forget();
          return made;
        },
      );
    } catch (error) {
      forget();
      throw error;
    }
  }

  #adopt(kind: TaskKind, name: string, throwOnError: boolean, made: Made, onEnd?: () => void, receivedAt = Date.now()): Task<unknown> {
    const { taskId, error } = made;
    // A server may answer two calls with one task.
    const known = this.#tasks.get(taskId);
    if (known?.kind === kind) return known;
    const immediate = error
      ? { error: toError(error.code, error.message, taskId, error.data, undefined) }
      : { value: made.result };
    if (made.returnedImmediately) onEnd?.();
    let status = made.status && complete(made.status);
    const onChange = (changed = status): void => {
      status = changed;
      this.#ledger?.keep(taskId, () => ({
        ...task.toJSON(),
        throwOnError,
        receivedAt,
        ...(status && { status }),
        ...(this.sessionId !== undefined && { sessionId: this.sessionId }),
        ...this.#link.read<object>((core) => core.memory(taskId)),
      }));
    };
    const forget = (): void => this.#ledger?.forget(taskId);
    const task: Task<unknown> = new CLASSES[kind](this.#link, {
      taskId,
      name,
      throwOnError,
      url: this.#url,
      protocolVersion: this.protocolVersion,
      onChange,
      onEnd: (lost, result) => {
        if (this.#tasks.get(taskId) === task) this.#tasks.delete(taskId);
        onEnd?.();
        // What somebody waits for is not forgotten before it is there; nor what only we have lost.
        if (lost ? lost.code === "task_not_found" : !result) forget();
        result?.then(forget, (reason: unknown) => McpError.is(reason, "closed") || forget());
      },
      ...(status ? { status } : {}),
      ...(made.ending ? { ending: made.ending } : {}),
      ...(made.returnedImmediately ? { immediate } : {}),
    });
    // A task that has ended, or answered at once, is not among the live ones.
    if (this.#link.tasks.has(taskId) && !made.returnedImmediately) {
      this.#tasks.set(taskId, task);
      onChange();
    }
    return task;
  }

  /** A task that was remembered. What is no record of one is left out. */
  #restore(stored: StoredTask): void {
    try {
      const { kind, taskId, name, throwOnError, status, sessionId, receivedAt } = this.#checkRecord(stored);
      checkKind(kind);
      const made = { taskId, returnedImmediately: false, ...(status && { status }) };
      this.#adopt(kind, name, throwOnError, made, undefined, receivedAt);
      this.#link.tell((core) => core.follow(taskId, stored, sessionId !== undefined && sessionId === this.sessionId));
    } catch (error) {
      this.#link.debug({ type: "store", detail: "an entry is no record of a task that can be resumed here", error });
    }
  }

  /**
   * A task for work that was started earlier, here or elsewhere: by its id, or by the record that {@link Task.toJSON} gave.
   * Nothing is sent; a task that the server does not know shows when it is asked about.
   * @throws {@link McpError} `invalid_argument` for a record that is torn, of another server, or of a task that cannot be resumed
   */
  resumeTask(taskId: string, options: { kind: "prompt"; name?: string }): PromptTask;
  resumeTask(taskId: string, options: { kind: "resource"; name?: string }): ResourceTask;
  resumeTask(taskId: string, options?: { kind?: "tool"; name?: string }): ToolTask;
  resumeTask(task: string | TaskRecord, options?: { kind?: TaskKind; name?: string }): ToolTask | PromptTask | ResourceTask;
  resumeTask(given: string | TaskRecord, options: { kind?: TaskKind; name?: string } = {}): Task<unknown> {
    const record: Pick<TaskRecord, "taskId" | "kind" | "name" | "answered"> =
      typeof given === "string" ? { taskId: given, kind: "tool", name: "" } : this.#checkRecord(given);
    const { kind = record.kind, name = record.name } = options;
    const taskId = checkId(record.taskId);
    checkKind(kind);
    const known = this.#tasks.get(taskId);
    if (known && known.kind !== kind) throw new McpError("invalid_argument", `the task is a ${known.kind}`, { taskId });
    if (known) return known;
    const task = this.#adopt(kind, String(name), true, { taskId, returnedImmediately: false });
    // A copy: a getter would run while the core reads.
    const { answered = [] } = record;
    this.#link.tell((core) => core.follow(taskId, { answered: [...answered] }, false));
    return task;
  }

  #checkRecord<T extends TaskRecord>(record: T): T {
    const wrong = (why: string): McpError => new McpError("invalid_argument", `this is no record of a task that can be resumed here: ${why}`);
    if (typeof record !== "object" || record === null || record.version !== 1) throw wrong("its version is unknown");
    if (typeof record.taskId !== "string" || typeof record.name !== "string") throw wrong("it is torn");
    const { answered = [] } = record;
    if (!Array.isArray(answered) || answered.some((key) => typeof key !== "string")) throw wrong("it is torn");
    if (record.url !== this.#url) throw wrong("it belongs to another server");
    if (record.returnedImmediately) throw wrong("the server answered at once, and knows of no task");
    return record;
  }

  /** All tools of the server; kept until it tells of a change, or for as long as it allows. */
  listTools({ signal }: Signal = {}): Promise<Tool[]> {
    return this.#list("tools", signal);
  }

  /** All resources of the server; kept until it tells of a change, or for as long as it allows. */
  listResources({ signal }: Signal = {}): Promise<Resource[]> {
    return this.#list("resources", signal);
  }

  /** All resource templates of the server; kept until it tells of a change, or for as long as it allows. */
  listResourceTemplates({ signal }: Signal = {}): Promise<ResourceTemplate[]> {
    return this.#list("resourceTemplates", signal);
  }

  /** All prompts of the server; kept until it tells of a change, or for as long as it allows. */
  listPrompts({ signal }: Signal = {}): Promise<Prompt[]> {
    return this.#list("prompts", signal);
  }

  async #list<T>(listing: string, signal: AbortSignal | undefined): Promise<T[]> {
    // A copy: what is kept says how tools are called, and is not the caller's to change.
    return structuredClone(await this.#link.call<T[]>((core, call) => core.list(call, listing), { signal }));
  }

  /**
   * `tasks/get`: the status of a task, as the server now tells it.
   * @throws {@link McpError} `task_not_found`
   */
  async getTaskStatus(taskId: string, { signal }: Signal = {}): Promise<TaskStatus> {
    return complete(await this.#link.call<TaskStatus>((core, call) => core.status(call, checkId(taskId), true), { signal }));
  }

  /**
   * What the plain request would have given, as it comes from the server, once the task has ended: by `tasks/result`, or since 2026-07-28
   * with the status.
   * @throws {@link McpError} `task_failed`, `task_cancelled`, `task_not_found`, `input_required`
   */
  getTaskResult(taskId: string, { signal }: Signal = {}): Promise<unknown> {
    return this.#link.call((core, call) => core.result(call, checkId(taskId), undefined, "", false, undefined, undefined, undefined, undefined), { signal });
  }

  /**
   * `tasks/cancel`, and then the status that the task has.
   * @throws {@link McpError} `task_not_found`, `unsupported`, `rpc` when the server refuses
   */
  async cancelTask(taskId: string, { signal }: Signal = {}): Promise<TaskStatus> {
    return complete(await this.#link.call<TaskStatus>((core, call) => core.cancel(call, checkId(taskId)), { signal }));
  }

  /**
   * `tasks/update`: answers to what a task asks, by the keys of `inputRequests` in its status. Resolves once the server has them.
   * @throws {@link McpError} `unsupported` before protocol version 2026-07-28, which has no such request; `rpc` when the server refuses
   */
  async updateTask(taskId: string, inputResponses: Record<string, object>, { signal }: Signal = {}): Promise<void> {
    await this.#link.call((core, call) => core.update(call, checkId(taskId), inputResponses), { signal });
  }

  /**
   * `tasks/list`, a page at a time. Where the server has no list, or an empty one, the tasks known here are asked one by one.
   * @param options.limit how many at most; default 50
   * @param options.cursor the `nextCursor` of the page before
   */
  async listTasks({ cursor, limit = 50, signal }: Signal & { cursor?: string; limit?: number } = {}): Promise<{
    tasks: TaskStatus[];
    nextCursor?: string;
  }> {
    if (!(Number.isInteger(limit) && limit > 0)) throw new McpError("invalid_argument", "limit is a whole number above 0");
    if (cursor !== undefined && typeof cursor !== "string") throw new McpError("invalid_argument", "cursor is the nextCursor of another page");
    const most = Math.min(limit, 2 ** 31 - 1);
    const page = await this.#link.call<{ tasks: TaskStatus[]; nextCursor?: string }>(
      (core, call) => core.listTasks(call, cursor, most),
      { signal },
    );
    return { ...page, tasks: page.tasks.map(complete) };
  }

  /**
   * Calls back on every notification of this method from the server, with its `params`.
   * @returns a function that ends it
   */
  onNotification(method: string, callback: (params: unknown) => void): () => void {
    if (typeof callback !== "function") throw new McpError("invalid_argument", "onNotification takes a function");
    return this.#link.listen(method, callback);
  }

  /** Ends the streams, and the session unless the `store` remembers tasks of it. Tasks go on at the server. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const written = this.#ledger?.settled();
    // What is remembered may be bound to the session.
    await this.#link.close(this.#ledger?.needsSession);
    await written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function checkKind(kind: TaskKind): void {
  if (!Object.hasOwn(CLASSES, kind)) throw new McpError("invalid_argument", `there are no tasks of kind "${String(kind)}"`);
}

function checkId(taskId: string): string {
  if (typeof taskId !== "string" || taskId === "") throw new McpError("invalid_argument", "a task has an id");
  return taskId;
}
