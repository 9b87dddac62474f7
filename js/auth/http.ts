import { McpError, type SignInFailure } from "../error.js";
import { within } from "../limits.js";
import { failure, unreachable } from "./failure.js";

/** Metadata, registrations and tokens are some kilobytes. What is longer is not read. */
const LONGEST = 256 << 10;
/** The longest wait for an answer of an authorization server, in milliseconds. */
export const PATIENCE = 10_000;

/** `setTimeout` fires at once above it. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How the servers of one resource are asked. */
export interface Web {
  fetch: typeof fetch;
  timeoutMs: number;
  /** The resource is on this machine: so may its authorization server be, and without TLS. */
  local: boolean;
  /** Aborted when nobody wants the sign-in any more. */
  signal?: AbortSignal;
}

/** A URL that a server gave, where it may be asked or visited: `https`, and on this machine `http` for what is there itself. */
export function trusted(given: unknown, { local }: Pick<Web, "local">): URL | undefined {
  const url = typeof given === "string" ? parsed(given) : undefined;
  if (!url || url.username || url.password) return undefined;
  return url.protocol === "https:" || (local && url.protocol === "http:" && isLoopback(url)) ? url : undefined;
}

/** Is the host this machine? */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

export function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/**
 * An exchange with a server that is not trusted to be well: without cookies or a referrer, following no redirect, within a time and a
 * size. The body is there whole.
 * @throws `McpError`: `network`, or `unauthorized` with `reason`
 */
export async function ask(web: Web, reason: SignInFailure, url: URL, init: RequestInit = {}): Promise<Response> {
  const { fetch: send, timeoutMs, signal } = web;
  signal?.throwIfAborted();
  const ending = new AbortController();
  const abort = (): void => ending.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(() => ending.abort(unreachable(`${url.origin} did not answer within ${timeoutMs} ms`)), Math.min(timeoutMs, LONGEST_TIMER));
  try {
    const response = await until(
      ending.signal,
      send(url.href, { ...init, signal: ending.signal, redirect: "manual", credentials: "omit", referrerPolicy: "no-referrer" }),
    );
    const { status, headers } = response;
    if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
      throw failure(reason, `${url.origin} redirects a request that goes nowhere else`);
    }
    const body = await until(ending.signal, read(response, reason, url));
    return new Response([204, 205].includes(status) ? null : body, { status, headers });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    if (cause instanceof McpError) throw cause;
    throw unreachable(`no response from ${url.origin}: it is unreachable, or its CORS headers do not allow this page`, cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    // Of a body that was too long nothing more is to come.
    ending.abort();
  }
}

/** A caller's `fetch` may not know of signals. */
function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject);
  });
}

async function read(response: Response, reason: SignInFailure, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    length += chunk.value.length;
    if (length > LONGEST) throw failure(reason, `${url.origin} answers with more than ${LONGEST} bytes`);
    chunks.push(chunk.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** Is it the server's own trouble, which may pass? */
export function isTrouble(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** A JSON object, or nothing. */
export async function object(response: Response): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = await response.json();
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What is a list of texts; else nothing. */
export function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : undefined;
}

/** What was found of metadata; or nothing, though something may be there that the page may not see. */
export type Found = { url: URL; document: Record<string, unknown> } | { hidden: boolean };

/**
 * The first of these documents that is there, as it is now. What is not there has another status than 200, or none that the page may see: servers often
 * send no CORS headers with a 404.
 */
export async function firstOf(web: Web, urls: URL[]): Promise<Found> {
  let trouble: McpError | undefined;
  let hidden = false;
  for (const url of urls) {
    try {
      const response = await ask(web, "discovery", url, { headers: { accept: "application/json" }, cache: "no-cache" });
      const document = response.status === 200 ? await object(response) : undefined;
      if (document) return { url, document };
      if (isTrouble(response.status)) trouble = unreachable(`${url.origin} answers with HTTP status ${response.status}`);
    } catch (error) {
      if (!McpError.is(error, "network")) throw error;
      // What the browser says nothing of may be there all the same; what did not answer in time is not.
      if (error.cause instanceof TypeError && (await isThere(web, url))) hidden = true;
      else trouble = error;
    }
  }
  if (trouble) throw trouble;
  return { hidden };
}

/** There are no metadata, for all that the page may see. `hint` is what else may be wrong. */
export function noMetadata(who: string, { hidden }: { hidden: boolean }, hint = ""): McpError {
  if (!hidden) return failure("discovery", `${who} has no OAuth metadata${hint}`);
  const missing = "Access-Control-Allow-Origin";
  return failure("discovery", `${who} shows this page no OAuth metadata: it must send ${missing} with them${hint}`, { missing });
}

/** Does anybody answer there? A request that wants no answer needs nobody's leave. */
async function isThere({ fetch: send, timeoutMs, signal }: Web, url: URL): Promise<boolean> {
  const init: RequestInit = { method: "HEAD", mode: "no-cors", credentials: "omit", referrerPolicy: "no-referrer" };
  try {
    await within(send(url.href, { ...init, signal: AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMER)) }), { timeoutMs, ...(signal && { signal }) });
    return true;
  } catch {
    return false;
  }
}
