import { McpError } from "./error.js";

/** What signs requests: a bearer token; or, for another scheme, the headers that hold the credentials; or nothing. */
export type Credentials = string | Readonly<Record<string, string>> | null | undefined;

/** The request that credentials are for. */
export interface AuthRequest {
  /** The endpoint: credentials go there and nowhere else. */
  url: URL;
  /** The HTTP method. */
  method: string;
  /** Aborted when nobody wants the response any more. */
  signal: AbortSignal;
}

/** How a server refused a request. */
export interface Challenge {
  /** 401: sign in. 403: the credentials do not suffice. */
  status: 401 | 403;
  /** The endpoint. */
  url: URL;
  /** The HTTP method of the request. */
  method: string;
  /** `WWW-Authenticate`, which says how to sign in; absent where the server sends none, or the browser hides it from the page. */
  wwwAuthenticate?: string;
  /** All headers of the response that the page may see. */
  headers: Headers;
  /** What the request was signed with, as `token()` gave it. */
  credentials: Credentials;
  /** No caller waits for the request: it is a task's poll, or a stream. The user may be busy with something else. */
  background: boolean;
  /** Aborted when the client is closed. */
  signal: AbortSignal;
}

/**
 * Signs requests, and the user in. `oauth()` from `mcp-tasks/auth` is one; an app that has a sign-in of its own plugs it in:
 *
 * ```ts
 * const auth: AuthProvider = {
 *   token: () => session.accessToken,
 *   onUnauthorized: async () => { session = await signIn(); },
 * };
 * ```
 */
export interface AuthProvider {
  /** Asked before every request. */
  token(request: AuthRequest): Credentials | Promise<Credentials>;
  /**
   * A request was refused with 401 or 403. Resolves when there are other credentials: the request is made again with what `token()` then
   * gives. Resolves with `false` where there are none to be had: the refusal stands. Rejects when the sign-in failed: the request fails
   * with `unauthorized`, or with the `McpError` that this rejects with.
   *
   * A client calls this once for all requests that are refused meanwhile, sends nothing else until it is over, and lets no time-out of a
   * request run out. Tasks that are polled go on after it.
   */
  onUnauthorized(challenge: Challenge): void | boolean | Promise<void | boolean>;
  /** Hears of every response: some schemes have news in its headers. */
  onResponse?(response: { url: URL; status: number; headers: Headers }): void;
}

/** Is it what the option takes? */
export function isProvider(given: unknown): given is AuthProvider | undefined {
  if (given === undefined) return true;
  const methods = ["token", "onUnauthorized"] as const;
  return typeof given === "object" && given !== null && methods.every((name) => typeof (given as Record<string, unknown>)[name] === "function");
}

/** The headers that carry credentials. */
export function headersOf(credentials: Credentials): Record<string, string> {
  if (credentials === undefined || credentials === null || credentials === "") return {};
  if (typeof credentials === "string") return { authorization: `Bearer ${credentials}` };
  if (typeof credentials === "object") return { ...credentials };
  throw new McpError("invalid_argument", "token() gives a token, or headers");
}
