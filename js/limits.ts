import { McpError } from "./error.js";

/** How long a caller waits, and what ends the wait early. */
export interface Limits {
  signal?: AbortSignal | undefined;
  /** Milliseconds; none is without limit. */
  timeoutMs?: number | undefined;
}

/** `setTimeout` keeps its delay in a signed 32-bit integer, and fires at once above it. */
const LONGEST = 2 ** 31 - 1;

/**
 * The promise, as long as the caller wants to wait for it. The wait ends with `signal.reason` or with `timeout`, and `leave` is told;
 * the promise itself goes on for others.
 */
export function within<T>(promise: Promise<T>, { signal, timeoutMs }: Limits, leave?: () => void): Promise<T> {
  if (signal === undefined && timeoutMs === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const give = (reason: unknown): void => {
      end();
      // The caller's own reason, whatever it is.
      reject(reason);
      leave?.();
    };
    const abort = (): void => give(signal?.reason);
    const timer =
      timeoutMs === undefined || timeoutMs > LONGEST
        ? undefined
        : setTimeout(() => give(new McpError("timeout", `not done after ${timeoutMs} ms`)), timeoutMs);
    promise.then(resolve, reject).finally(end);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  });
}

/** Says what is wrong with limits before anything is begun; throws the reason of a signal that was aborted before. */
export function checkLimits({ signal, timeoutMs }: Limits): void {
  duration("timeoutMs", timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new McpError("invalid_argument", "signal must be an AbortSignal");
  signal?.throwIfAborted();
}

/** A duration that was given, or an error that says which one is none. */
export function duration(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (typeof value === "number" && value >= 0)) return value;
  throw new McpError("invalid_argument", `${name} must be a number of milliseconds, 0 or more`);
}
