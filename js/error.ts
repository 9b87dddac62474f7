import type { CallToolResult } from "./results.js";
import type { InputRequest } from "./status.js";

/**
 * Why a sign-in by `oauth()` failed: the browser did not open the window, or the user closed it; the user is not to be asked now, for
 * nobody waits, they have signed out, or the page has just left for it again and again; the authorization server declined; its answer is not
 * the one to this attempt; the servers' metadata are missing or not to be trusted; there is no client id to be had; no token for what was
 * granted; the same scopes were asked for before, in vain.
 */
export type SignInFailure =
  | "popup_blocked"
  | "popup_closed"
  | "interaction"
  | "denied"
  | "callback"
  | "discovery"
  | "registration"
  | "token"
  | "scope";

/** What each error code promises to carry in `data`. */
export interface ErrorData {
  /** No HTTP response; `cause` says why, as far as the platform tells. */
  network: undefined;
  /** The browser hid or refused the exchange; `missing` is the header that the server must send. */
  cors: { missing: string };
  /** An HTTP status that says no more; 0 for a redirect that the browser shows no more of. */
  http: { status: number };
  /**
   * 401 or 403; `missing` is the header for want of which the browser hides how to sign in. `reason` says why a sign-in by `oauth()`
   * failed, and `error` what OAuth error code the server gave for it.
   */
  unauthorized: { status: number; wwwAuthenticate?: string; missing?: string; reason?: SignInFailure; error?: string };
  /** The server answered with a JSON-RPC error. */
  rpc: { code: number; message: string; data?: unknown };
  /** An answer that breaks the protocol, or passes a size limit; what came, where it helps. */
  protocol: unknown;
  /** No common protocol version, or a capability that the server lacks. */
  unsupported: unknown;
  /** The tool's own error. */
  tool_error: { result: CallToolResult };
  /** The task failed; what the server said of it, where it said more than the message. */
  task_failed: unknown;
  task_cancelled: unknown;
  /** The server does not know the task, or no longer does. */
  task_not_found: unknown;
  /** The task waits for an answer that no handler gives. */
  input_required: { inputRequests: Record<string, InputRequest> };
  timeout: undefined;
  closed: undefined;
  invalid_argument: unknown;
  wasm_load: undefined;
  internal: unknown;
}

/** What to branch on; messages may change. */
export type ErrorCode = keyof ErrorData;

/** Every error of this package, told apart by `code`, which says what `data` is. */
export type AnyMcpError = { [C in ErrorCode]: McpError<C> }[ErrorCode];

/** What an {@link McpError} may carry beside its code and message. */
export interface McpErrorOptions<C extends ErrorCode = ErrorCode> {
  cause?: unknown;
  taskId?: string | undefined;
  data?: ErrorData[C];
}

/**
 * The one class of errors that this package rejects with; the other thing it rejects with is the `reason` of a caller's own signal.
 *
 * ```ts
 * try {
 *   await task.result();
 * } catch (error) {
 *   if (McpError.is(error, "tool_error")) console.log(error.data.result.content);
 *   else throw error;
 * }
 * ```
 */
export class McpError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "McpError";
  readonly code: C;
  /** The task that the error is about. */
  readonly taskId?: string;
  readonly data: ErrorData[C];

  constructor(code: C, message: string, options: McpErrorOptions<C> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.taskId !== undefined) this.taskId = options.taskId;
    this.data = options.data as ErrorData[C];
  }

  /** Is this an error of this package, and of this code if one is given? */
  static is(error: unknown): error is AnyMcpError;
  static is<C extends ErrorCode>(error: unknown, code: C): error is McpError<C>;
  static is(error: unknown, code?: ErrorCode): boolean {
    return error instanceof McpError && (code === undefined || error.code === code);
  }
}
