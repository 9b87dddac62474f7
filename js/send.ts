import { McpError } from "./error.js";
import type { ClientOptions } from "./options.js";
import type { Failed, SignIn } from "./sign-in.js";

/**
 * Sends the engine's requests to the endpoint, with the caller's headers and credentials; `awaited` when a caller waits for it. Gives an
 * `Error`, rather than throwing it, where the caller's side fails, and the error of a sign-in that failed for it.
 */
export type Send = (
  method: string,
  headers: [string, string][],
  body: string | undefined,
  signal: AbortSignal,
  awaited: boolean,
) => Promise<Response | Error | Failed>;

/** What a page can find out about a server from which no response comes; with the names of the caller's headers. */
export type Knock = () => Promise<{ seen: boolean; there: boolean; names: string }>;

/** The answer to a knock is not waited for any longer than this, in milliseconds. */
const KNOCK = 5_000;

/** How requests are sent to this endpoint. `reauthorized` is called when the caller's credentials are others than before. */
export function sender(url: URL, { fetch: fetcher, headers: asked }: ClientOptions, signIn: SignIn | undefined, reauthorized: () => void): [Send, Knock] {
  let target = url.href;
  let credentials: string | undefined;
  let names = "";
  // Called as a plain function: browsers refuse `fetch` on any other `this`.
  const send = fetcher ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));
  /** One try; `proof` are the headers that hold the credentials. */
  const attempt = async (
    method: string,
    own: [string, string][],
    body: string | undefined,
    signal: AbortSignal,
    proof: Record<string, string>,
  ): Promise<Response | Error> => {
    let given: HeadersInit | undefined;
    try {
      given = typeof asked === "function" ? await asked() : asked;
    } catch (error) {
      return error instanceof Error ? error : new Error("the headers could not be had", { cause: error });
    }
    let headers: Headers;
    try {
      headers = new Headers(given);
      Object.entries(proof).forEach(([name, value]) => headers.set(name, value));
    } catch {
      // What is thrown has the value in it, which may be a credential.
      return new TypeError("a header has a name or a value that HTTP does not allow");
    }
    const before = credentials;
    // Any header may be one; the proof that goes with a token is another every time.
    credentials = JSON.stringify([...headers].filter(([name]) => name !== "dpop"));
    if (before !== undefined && before !== credentials) reauthorized();
    names = [...headers.keys()].join(", ");
    // The protocol's headers are ours to set.
    own.forEach(([name, value]) => headers.set(name, value));
    const bare = asked === undefined && !signIn && !headers.has("mcp-session-id");
    const response = await send(target, {
      method,
      headers,
      signal,
      // A redirect may lead to another origin, which must not see what was meant for this one.
      redirect: bare ? "follow" : "manual",
      // The farewell is sent even when the page is going.
      keepalive: method === "DELETE",
      ...(body === undefined ? {} : { body }),
    });
    if (typeof (response as Response | undefined)?.headers?.get !== "function") return new TypeError("fetch gave no Response");
    // Where the endpoint moved within its origin, what follows goes straight there.
    if (bare && response.redirected && new URL(response.url).origin === url.origin) target = response.url;
    return response;
  };
  const request: Send = async (method, own, body, signal, awaited) => {
    if (!signIn) return attempt(method, own, body, signal, {});
    const asked = { url: new URL(target), method, signal };
    try {
      for (let tries = 0; ; tries++) {
        const signed = await signIn.sign(asked);
        signal.throwIfAborted();
        const response = await attempt(method, own, body, signal, signed.headers);
        if (response instanceof Error || !(await signIn.again(response, asked, signed, !awaited, tries))) return response;
        // Unread it would hold its connection.
        void response.body?.cancel().catch(() => {});
      }
    } catch (error) {
      if (McpError.is(error)) return { error };
      throw error;
    }
  };
  const answers = async (mode: RequestMode): Promise<boolean> => {
    try {
      await send(target, { method: "HEAD", mode, signal: AbortSignal.timeout(KNOCK) });
      return true;
    } catch {
      return false;
    }
  };
  // A request with nothing in it needs no leave, and one that asks for no answer is refused by nobody who is there.
  const knock: Knock = async () => {
    const seen = await answers("cors");
    return { seen, there: seen || (await answers("no-cors")), names };
  };
  return [request, knock];
}
