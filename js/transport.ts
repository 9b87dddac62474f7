import type { Core } from "./generated/core.js";
import type { Send } from "./send.js";
import type { Failed } from "./sign-in.js";

/** How the core reads a body: in `src/web/core.rs` the same. */
const UNREAD = 0;
const WHOLE = 2;

/** So many bytes are read at once, and without a pause: some milliseconds of small events. */
const TURN = 256 << 10;

/** Why an exchange came to nothing, by the core's names. */
class Broken extends Error {
  constructor(
    readonly failure: "network" | "unsendable" | "redirected" | "sign_in",
    cause?: unknown,
  ) {
    super(failure, { cause });
  }
}

/** Who hears of what is on the wire. */
export interface Wiretap {
  request(exchange: number, method: string, headers: Record<string, string>, message: unknown): void;
  response(exchange: number, status: number, contentType: string): void;
  failure(exchange: number, error: unknown): void;
}

/** The HTTP exchanges of one core: requests out, responses in, as the core says how to read them. */
export class Transport {
  readonly #enter: <T>(act: (core: Core) => T) => T | undefined;
  readonly #send: Send;
  readonly #tap: Wiretap | undefined;
  /** Of those that are under way. Of others the core is told nothing. */
  readonly #open = new Map<number, Exchange>();
  #stopped = false;

  /** `enter` calls the core. */
  constructor(enter: <T>(act: (core: Core) => T) => T | undefined, send: Send, tap?: Wiretap) {
    this.#enter = enter;
    this.#send = send;
    this.#tap = tap;
  }

  /** `lines` are the core's headers. */
  start(exchange: number, method: string, lines: string, message: unknown, awaited: boolean): void {
    if (this.#stopped) return;
    const headers: Record<string, string> = {};
    for (const [, name, value] of lines.matchAll(/(.+?):(.*)\n/g)) headers[name!] = value!;
    const open = new Exchange();
    this.#open.set(exchange, open);
    void this.#run(exchange, open, () => this.#respond(exchange, method, headers, message, open.signal, awaited));
  }

  abort(exchange: number): void {
    this.#open.get(exchange)?.abort();
    this.#open.delete(exchange);
  }

  /** Nothing is under way any more, nor will be. */
  stop(): void {
    this.#stopped = true;
    for (const exchange of [...this.#open.keys()]) this.abort(exchange);
  }

  async #run(exchange: number, open: Exchange, respond: () => Promise<Response>): Promise<void> {
    try {
      // What is abandoned at once is not sent.
      await Promise.resolve();
      if (!open.signal.aborted) await this.#read(exchange, open, await respond());
    } catch (error) {
      if (open.signal.aborted) return;
      const [failure, cause] = error instanceof Broken ? [error.failure, error.cause] : (["network", error] as const);
      this.#tap?.failure(exchange, cause);
      // What is still to come is not read.
      open.abort();
      this.#enter((core) => core.failed(exchange, failure, cause));
    } finally {
      this.#open.delete(exchange);
    }
  }

  async #respond(exchange: number, method: string, headers: Record<string, string>, message: unknown, signal: AbortSignal, awaited: boolean): Promise<Response> {
    this.#tap?.request(exchange, method, headers, message);
    let sending: ReturnType<Send>;
    try {
      sending = this.#send(method, headers, message === undefined ? undefined : JSON.stringify(message), signal, awaited);
    } catch (error) {
      throw new Broken("unsendable", error);
    }
    const sent = await sending;
    if (sent instanceof Error) throw new Broken("unsendable", sent);
    if (isFailed(sent)) throw new Broken("sign_in", sent.error);
    if (sent.type === "opaqueredirect") throw new Broken("redirected");
    return sent;
  }

  /** How the core wants to read what comes. */
  #head(exchange: number, { ok, status, headers }: Response): number | undefined {
    const header = (name: string): string | undefined => headers.get(name) ?? undefined;
    // Only who refuses says why and for how long.
    const refusal = (name: string): string | undefined => (ok ? undefined : header(name));
    const contentType = header("content-type") ?? "";
    this.#tap?.response(exchange, status, contentType);
    return this.#enter((core) =>
      core.head(exchange, status, contentType, header("mcp-session-id"), refusal("retry-after"), refusal("www-authenticate")),
    );
  }

  async #read(exchange: number, open: Exchange, response: Response): Promise<void> {
    const { signal } = open;
    const { body } = response;
    const way = signal.aborted ? UNREAD : this.#head(exchange, response);
    if (signal.aborted || way === UNREAD) {
      // It would hold its connection; that it cannot be cancelled any more is fine.
      body?.cancel().catch(() => {});
      return;
    }
    // One for each body: Safari's fails after two gigabytes.
    const decoder = way === WHOLE ? new TextDecoder() : undefined;
    let text = "";
    const reader = body?.getReader();
    open.reader = reader;
    for (let unbroken = 0; reader; ) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) break;
      if (value.BYTES_PER_ELEMENT !== 1) throw new TypeError("a body is made of bytes");
      for (let at = 0; at < value.length; at += TURN) {
        const part = value.subarray(at, at + TURN);
        this.#enter((core) => core.bytes(exchange, part));
        if (signal.aborted) return;
        if (decoder) text += decoder.decode(part, { stream: true });
        unbroken += part.length;
        // What comes faster than it is read is always there already: nothing else in the page would have its turn, not even our timer.
        if (unbroken > TURN) {
          unbroken = 0;
          await turn();
          if (signal.aborted) return;
        }
      }
    }
    if (decoder) this.#enter((core) => core.body(exchange, parsed(text + decoder.decode())));
    else this.#enter((core) => core.ended(exchange));
  }
}

/** One that is under way. */
class Exchange {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;
  /** Who reads its body. */
  reader: ReadableStreamDefaultReader | undefined;

  abort(): void {
    this.#controller.abort();
    // Not everything that is given as `fetch` heeds its signal, nor gives real streams.
    void Promise.resolve(this.reader).then((reader) => reader?.cancel()).catch(() => {});
  }
}

/** Resolves once the page has had its turn: not by a timer, which hidden pages are given once a second or a minute. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel === "undefined") return void setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(undefined);
  });
}

/** By us, so that nothing else than plain values comes of it, whoever made the `Response`. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFailed(sent: Response | Failed): sent is Failed {
  return "error" in sent && sent.error !== undefined;
}
