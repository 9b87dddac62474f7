import { McpError } from "./error.js";
import type { ClientOptions } from "./options.js";
import type { Failed, SignIn } from "./sign-in.js";

/**
 * Sends the engine's requests to the endpoint, with the caller's headers and credentials; `awaited` when a caller waits for it. Gives an
 * `Error`, rather than throwing it, where the caller's side fails, and the error of a sign-in that failed for it.
 */
export type Send = (
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
  signal: AbortSignal,
  awaited: boolean,
) => Promise<Response | Error | Failed>;

/** A request that was sent before anybody asked for it. */
interface Ahead {
  /** As a text: a caller's `fetch` may change what it is given. */
  request: string;
  response: ReturnType<Send>;
  controller: AbortController;
}

/** What a page can find out about a server from which no response comes; with the names of the caller's headers. */
export interface Knocked {
  seen: boolean;
  there: boolean;
  names: string;
}

/** The answer to a knock is not waited for any longer than this, in milliseconds. */
const KNOCK = 5_000;

/** How requests are sent to one endpoint. */
export class Sender {
  readonly #url: URL;
  readonly #asked: ClientOptions["headers"];
  readonly #fetch: typeof fetch;
  /** Where the endpoint is: it may have moved within its origin. */
  #target: string;
  #credentials: string | undefined;
  #names = "";
  #ahead: Ahead | undefined;
  signIn: SignIn | undefined;
  /** The caller's credentials are others than before. */
  onReauthorized: (() => void) | undefined;

  constructor(url: URL, { fetch: fetcher, headers }: ClientOptions) {
    this.#url = url;
    this.#target = url.href;
    this.#asked = headers;
    // Called as a plain function: browsers refuse `fetch` on any other `this`.
    this.#fetch = fetcher ?? ((input, init) => fetch(input, init));
  }

  /** Sends what the core will send first, while that is still on its way. */
  sendAhead([method, own, body]: [method: string, headers: Record<string, string>, body: string]): void {
    const request = JSON.stringify([method, own, body]);
    const controller = new AbortController();
    const response = this.send(method, own, body, controller.signal, true);
    // Whoever takes it hears of what went wrong.
    response.catch(() => {});
    this.#ahead = { request, response, controller };
  }

  /** Nobody takes what was sent ahead. */
  dropAhead(): void {
    this.#ahead?.controller.abort();
    this.#ahead = undefined;
  }

  readonly send: Send = async (method, own, body, signal, awaited) => {
    const { signIn } = this;
    const ahead = this.#ahead;
    if (ahead && ahead.request === JSON.stringify([method, own, body])) {
      this.#ahead = undefined;
      signal.addEventListener("abort", () => ahead.controller.abort());
      return ahead.response;
    }
    this.dropAhead();
    if (!signIn) return this.#attempt(method, own, body, signal, {});
    const asked = { url: new URL(this.#target), method, signal };
    try {
      for (let tries = 0; ; tries++) {
        const signed = await signIn.sign(asked);
        signal.throwIfAborted();
        const response = await this.#attempt(method, own, body, signal, signed.headers);
        if (response instanceof Error || !(await signIn.again(response, asked, signed, !awaited, tries))) return response;
        // Unread it would hold its connection.
        void response.body?.cancel().catch(() => {});
      }
    } catch (error) {
      if (McpError.is(error)) return { error };
      throw error;
    }
  };

  /** One try; `proof` are the headers that hold the credentials. */
  async #attempt(
    method: string,
    own: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal,
    proof: Record<string, string>,
  ): Promise<Response | Error> {
    const asked = this.#asked;
    // Browsers read an object in half the time that pairs or `Headers` take.
    let headers = own;
    const hasOwn = asked !== undefined || this.signIn !== undefined;
    // To make `Headers` and to look through them costs as much again as the request does.
    if (hasOwn) {
      let given: HeadersInit | undefined;
      try {
        given = typeof asked === "function" ? await asked() : asked;
      } catch (error) {
        return error instanceof Error ? error : new Error("the headers could not be had", { cause: error });
      }
      try {
        // The protocol's headers are ours to set.
        headers = { ...Object.fromEntries(this.#signed(given, proof)), ...own };
      } catch {
        // What is thrown has the value in it, which may be a credential.
        return new TypeError("a header has a name or a value that HTTP does not allow");
      }
    }
    // Those who gave the headers may have taken their time.
    signal.throwIfAborted();
    const bare = !hasOwn && !("mcp-session-id" in own);
    const send = this.#fetch;
    const response = await send(this.#target, {
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
    if (bare && response.redirected && new URL(response.url).origin === this.#url.origin) this.#target = response.url;
    return response;
  }

  /** The caller's headers, and those that hold credentials. */
  #signed(given: HeadersInit | undefined, proof: Record<string, string>): Headers {
    const headers = new Headers(given);
    for (const [name, value] of Object.entries(proof)) headers.set(name, value);
    const before = this.#credentials;
    // Any header may be one; the proof that goes with a token is another every time.
    this.#credentials = JSON.stringify([...headers].filter(([name]) => name !== "dpop"));
    if (before !== undefined && before !== this.#credentials) this.onReauthorized?.();
    this.#names = [...headers.keys()].join(", ");
    return headers;
  }

  /** A request with nothing in it needs no leave, and one that asks for no answer is refused by nobody who is there. */
  async knock(): Promise<Knocked> {
    const seen = await this.#answers("cors");
    return { seen, there: seen || (await this.#answers("no-cors")), names: this.#names };
  }

  async #answers(mode: RequestMode): Promise<boolean> {
    const send = this.#fetch;
    try {
      await send(this.#target, { method: "HEAD", mode, signal: AbortSignal.timeout(KNOCK) });
      return true;
    } catch {
      return false;
    }
  }
}
