import type { Wiretap } from "./transport.js";

/** What happens on the wire, for `onDebug`. Credentials are not in it: the caller's own headers never are, and session ids are blanked. */
export interface DebugEvent {
  /** When, in milliseconds since the epoch. */
  at: number;
  type: "request" | "response" | "message" | "error" | "auth" | "callback" | "store";
  /** Which HTTP request and response belong together. */
  exchange?: number;
  /** The HTTP method. */
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  status?: number;
  /** The JSON-RPC method. */
  rpc?: string;
  /** The JSON-RPC message. */
  message?: unknown;
  error?: unknown;
  detail?: string;
}

/** Tells of events at a URL, where somebody listens. */
export function teller(onDebug: ((event: DebugEvent) => void) | undefined, url: string): (event: Omit<DebugEvent, "at" | "url">) => void {
  return (event) => {
    try {
      const told: unknown = onDebug?.({ at: Date.now(), url, ...event });
      // What it throws or rejects with, there is nobody left to tell.
      Promise.resolve(told).catch(() => {});
    } catch {
      // As above.
    }
  };
}

/** What is on the wire, as it is told. */
export function wiretap(debug: ReturnType<typeof teller>): Wiretap {
  return {
    request: (exchange, method, headers, message) =>
      debug({ type: "request", exchange, method, headers: redact(headers), ...(message === undefined ? {} : shownMessage(message)) }),
    response: (exchange, status, contentType) => debug({ type: "response", exchange, status, detail: contentType }),
    failure: (exchange, error) => debug({ type: "error", exchange, error }),
  };
}

/** A message, copied, with its method. */
export function shownMessage(message: unknown): { message: unknown; rpc?: string } {
  const rpc = (message as { method?: string } | null)?.method;
  return { message: structuredClone(message), ...(rpc ? { rpc } : {}) };
}

/** The headers that are shown by name alone. */
const SECRET = /^(mcp-session-id|authorization|cookie)$/i;

/** The engine's headers, as they may be shown. */
function redact(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, SECRET.test(name) ? "…" : value]));
}

/** A URL as it may be shown: without user, password, or the values of its query. */
export function shown(url: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  const names = [...searchParams.keys()].map((name) => `${encodeURIComponent(name)}=…`);
  return origin + pathname + (names.length > 0 ? `?${names.join("&")}` : "");
}
