import { storeOf } from "./browser-store.js";
import type { TaskStatus } from "./status.js";
import type { StoreOption, TaskStore } from "./store.js";
import type { TaskRecord } from "./task.js";

// Loaded late, and alone: what it shared with the rest, bundlers would put into a file of its own that every page waits for.

/** An unfinished task as it is remembered: never with credentials, arguments or results. */
export interface StoredTask extends TaskRecord {
  throwOnError: boolean;
  /** The last status that was heard of. */
  status?: TaskStatus;
  /** When the task was first heard of, in milliseconds since the epoch: its ttl is reckoned from there. */
  receivedAt: number;
  /** The session that it is bound to, where the server has sessions. */
  sessionId?: string;
  /** The questions of the server that were open, as they came, and the request on whose stream it would ask further. */
  asked?: unknown[];
  aside?: number;
}

/** What was found when the client came. */
export interface Found {
  tasks: StoredTask[];
  /** What was negotiated in the session of the newest of them. */
  session?: object;
}

/** A store that does not answer is gone on without after this, in milliseconds. */
const PATIENCE = 5_000;

/** The unfinished tasks of one endpoint in a store. What is wrong with the store goes to `report` alone. */
export class Ledger {
  readonly #store: TaskStore;
  readonly #report: (detail: string, error: unknown) => void;
  readonly #tasks: string;
  readonly #sessions: string;
  /** What is to be written, by task: nothing where the entry is to go. */
  readonly #due = new Map<string, (() => StoredTask) | undefined>();
  /** The tasks that have an entry, with their sessions. */
  readonly #kept = new Map<string, string | undefined>();
  #session: { id: string; negotiated: object; isWritten: boolean } | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  /** `shown` is the URL as it may be shown. */
  constructor(store: Exclude<StoreOption, false>, url: URL, shown: string, report: (detail: string, error: unknown) => void) {
    this.#store = storeOf(store);
    this.#report = report;
    // What the query says may be secret, and may make another server of it.
    const place = `${shown}${url.search && `#${hash(url.search)}`} `;
    this.#tasks = `mcp-tasks task ${place}`;
    this.#sessions = `mcp-tasks session ${place}`;
  }

  /** What is there, without what has run out. */
  async load(): Promise<Found> {
    const tasks: StoredTask[] = [];
    try {
      for (const [key, given] of await this.#entries(this.#tasks)) {
        const entry = plain(given);
        if (!isStored(entry) || key !== this.#tasks + entry.taskId) this.#report("an entry is no record of a task", entry);
        else if (entry.receivedAt + (entry.status?.ttlMs ?? Infinity) < Date.now()) this.forget(entry.taskId);
        else tasks.push(entry);
      }
      tasks.sort((one, other) => one.receivedAt - other.receivedAt);
      tasks.forEach(({ taskId, sessionId }) => this.#kept.set(taskId, sessionId));
      const session = tasks.at(-1)?.sessionId;
      const sessions = new Map(await this.#entries(this.#sessions));
      const found = session === undefined ? undefined : sessions.get(this.#sessions + session);
      for (const key of sessions.keys()) {
        if (!tasks.some(({ sessionId }) => key === this.#sessions + sessionId)) this.#write("delete", key);
      }
      return typeof found === "object" && found !== null ? { tasks, session: found } : { tasks };
    } catch (error) {
      this.#report("what was remembered could not be read", error);
      return { tasks };
    }
  }

  async #entries(prefix: string): Promise<[string, unknown][]> {
    const entries = Promise.resolve().then(() => this.#store.entries(prefix));
    return [...(await answered(entries))];
  }

  /** The session that is open from now on, where the server has those, and what was negotiated in it. */
  open(id: string | undefined, negotiated: object): void {
    this.#session = id === undefined ? undefined : { id, negotiated, isWritten: false };
  }

  /** Remembers a task as `record` has it in a moment. */
  keep(taskId: string, record: () => StoredTask): void {
    this.#later(taskId, record);
    this.#kept.set(taskId, this.#session?.id);
  }

  forget(taskId: string): void {
    this.#later(taskId, undefined);
    this.#kept.delete(taskId);
  }

  /** Is a task remembered of the session that is open? */
  get needsSession(): boolean {
    return this.#session !== undefined && [...this.#kept.values()].includes(this.#session.id);
  }

  /** Changes come in bursts, of which the last counts. */
  #later(taskId: string, record: (() => StoredTask) | undefined): void {
    if (this.#due.size === 0) queueMicrotask(() => this.#flush());
    this.#due.set(taskId, record);
  }

  /** Resolves when all is written, or the store does not answer. */
  async settled(): Promise<void> {
    this.#flush();
    await answered(this.#writing).catch(() => {});
  }

  #flush(): void {
    const due = [...this.#due];
    this.#due.clear();
    if (this.#session?.isWritten === false && due.some(([, record]) => record)) {
      this.#session.isWritten = true;
      this.#write("set", this.#sessions + this.#session.id, this.#session.negotiated);
    }
    for (const [taskId, record] of due) {
      if (record) this.#write("set", this.#tasks + taskId, record());
      else this.#write("delete", this.#tasks + taskId);
    }
  }

  /** One after the other, so that the last stays. */
  #write(act: "set" | "delete", key: string, entry?: unknown): void {
    const write = (): void | Promise<void> => (act === "set" ? this.#store.set(key, entry) : this.#store.delete(key));
    this.#writing = this.#writing.then(write).catch((error: unknown) => this.#report("a task could not be remembered", error));
  }
}

/** What the store has for us, unless it does not answer. */
async function answered<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not there after ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function isStored(entry: unknown): entry is StoredTask {
  if (typeof entry !== "object" || entry === null) return false;
  const { version, taskId, receivedAt, sessionId, status } = entry as Partial<StoredTask>;
  const hasStatus = status === undefined || ["working", "input_required"].includes(status?.status);
  return (
    version === 1 && typeof taskId === "string" && typeof receivedAt === "number" && ["undefined", "string"].includes(typeof sessionId) && hasStatus
  );
}

/** What a store of the caller's own gives may have getters, which would run while the core reads. */
function plain(given: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(given));
  } catch {
    return undefined;
  }
}

/** FNV-1a: tells texts apart, and gives nothing of them away. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (const character of text) sum = Math.imul(sum ^ character.codePointAt(0)!, 0x01000193);
  return (sum >>> 0).toString(36);
}
