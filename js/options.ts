import { type AuthProvider, isProvider } from "./auth-provider.js";
import type { DebugEvent } from "./debug.js";
import { McpError } from "./error.js";
import {
  type CreateMessageParams,
  type CreateMessageResult,
  type ElicitParams,
  type ElicitResult,
  type Handler,
  type ListRootsResult,
  TOPICS,
} from "./questions.js";
import { duration } from "./limits.js";
import type { Implementation, Progress } from "./results.js";
import { isStore, type StoreOption } from "./store.js";

/** What `Client.connect` takes. */
export interface ClientOptions {
  /** Which version of the protocol to speak: what the server speaks, found out and remembered by origin; or this one and no other. Default `"auto"`. */
  protocolVersion?: "auto" | "2026-07-28" | "2025-11-25";
  /** What the server is told of this client; the package's own name and version by default. */
  clientInfo?: Implementation;
  /** Asked before every request: where a bearer token goes. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  /** Signs requests, and the user in where the server wants that: `oauth()` from `mcp-tasks/auth`, or an app's own. */
  auth?: AuthProvider;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
  /** The longest wait for one HTTP request, in milliseconds; never a task's life. Default 60,000. */
  timeoutMs?: number;
  /** Keep one stream open for the server's notifications while tasks are live. Default `true`. */
  notifications?: boolean;
  /** Asks the user for the server ("Elicitation"): given, the server may ask. */
  elicitation?: Handler<ElicitParams, ElicitResult>;
  /** Asks a model for the server ("Sampling"): given, the server may ask. */
  sampling?: Handler<CreateMessageParams, CreateMessageResult>;
  /** Tells the server what it may work on ("Roots"): given, the server may ask. */
  roots?: Handler<Record<string, unknown>, ListRootsResult>;
  /**
   * Where unfinished tasks are remembered across reloads: in the browser's IndexedDB or `localStorage`, or in a {@link TaskStore}. The next
   * client of the same endpoint that is given the same store has them in its `tasks`. Arguments, results, headers and credentials are
   * never stored; what servers say with a status is, their questions included. Default `false`.
   */
  store?: StoreOption;
  /** Where the WebAssembly module comes from, when the default place cannot serve it. */
  wasm?: WasmSource;
  /** Hears every wire event, redacted of credentials. */
  onDebug?: (event: DebugEvent) => void;
  /** Ends the connecting, and rejects with its reason. */
  signal?: AbortSignal;
}

/** Where a WebAssembly module may come from. */
export type WasmSource = URL | Response | BufferSource | WebAssembly.Module;

/** What `callTool`, `getPrompt` and `readResource` take. */
export interface CallOptions {
  /**
   * Run it as a task; `ttlMs` is how long the server is asked to keep the task, in whole milliseconds from its creation. Since 2026-07-28
   * the server decides both.
   */
  task?: boolean | { ttlMs?: number };
  /** Ends the local wait, and rejects with its reason. */
  signal?: AbortSignal;
  /** The longest wait for the whole call, a driven task included, in milliseconds. */
  timeoutMs?: number;
  /** Hears of the call's progress, where the server tells of it. */
  onProgress?: (progress: Progress) => void;
  /** Reject with `tool_error` when the tool returns an error of its own. Default `true`. */
  throwOnError?: boolean;
  /** The request's `_meta`. */
  meta?: Record<string, unknown>;
}

/** Says what is wrong with options before anything is sent. */
export function checkOptions(options: ClientOptions): void {
  const version: unknown = options.protocolVersion ?? "auto";
  if (!["auto", "2026-07-28", "2025-11-25"].includes(version as string)) {
    throw new McpError("unsupported", `this version of the package does not speak protocol version ${String(version)}`);
  }
  if (!isProvider(options.auth)) throw new McpError("invalid_argument", "auth must have token() and onUnauthorized()");
  for (const topic of TOPICS) {
    if (!["undefined", "function"].includes(typeof options[topic])) throw new McpError("invalid_argument", `${topic} must be a function`);
  }
  if (!isStore(options.store)) throw new McpError("invalid_argument", 'store must be "indexeddb", "localstorage", false, or a TaskStore');
  duration("timeoutMs", options.timeoutMs);
}

/** What a call asks of the server for its task: nothing, a task, or a task that lives so long. */
export function taskTtl(task: CallOptions["task"]): { asTask: boolean; ttlMs: number | undefined } {
  if (task === undefined || typeof task === "boolean") return { asTask: task === true, ttlMs: undefined };
  const ttlMs = task?.ttlMs;
  if (task === null || (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs >= 0))) {
    throw new McpError("invalid_argument", "task must be true or { ttlMs }, in whole milliseconds");
  }
  return { asTask: true, ttlMs };
}
