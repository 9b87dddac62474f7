import { type DebugEvent, shown, shownMessage, teller, wiretap } from "./debug.js";
import { type ErrorCode, McpError } from "./error.js";
import type { Core } from "./generated/core.js";
import type { Host } from "./host.js";
import { checkLimits, type Limits, within } from "./limits.js";
import { Life } from "./life.js";
import type { Instance, User } from "./load.js";
import { type Era, eraOf } from "./eras.js";
import type { ClientOptions } from "./options.js";
import { Questions, type Topic } from "./questions.js";
import type { Progress } from "./results.js";
import type { Sender } from "./send.js";
import { SignIn } from "./sign-in.js";
import { complete, type TaskStatus } from "./status.js";
import { Timer } from "./timer.js";
import { Transport } from "./transport.js";

/** What a task ended with, as the server sent it: one of both. */
export interface Ending {
  result: unknown;
  error: unknown;
}

/** What hears of a task's life. */
export interface Follower {
  update(status: TaskStatus, ending?: Ending): void;
  /** What is to be remembered of the task has changed. */
  remember?(): void;
  /** The task can be followed no further; without an error, because the caller let go of it. */
  lose(error?: McpError): void;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The farewell to a server is not waited for any longer than this, in milliseconds. */
const FAREWELL = 5_000;

/** One connection: the core on one side, promises and callbacks on the other. */
export class Link implements Host, User {
  readonly tasks = new Map<string, Follower>();
  readonly progressing = new Map<number, (progress: Progress) => void>();
  readonly #instance: Instance;
  readonly #core: Core;
  readonly #transport: Transport;
  readonly #timer: Timer;
  readonly #life: Life;
  readonly #calls = new Map<number, Call>();
  readonly #questions: Questions;
  readonly #sender: Sender;
  readonly #signIn: SignIn | undefined;
  readonly #listeners = new Map<string, Set<(params: unknown) => void>>();
  /** Hears of the session that replaces the one before. */
  onRenewed: ((negotiated: unknown) => void) | undefined;
  readonly debug: (event: Omit<DebugEvent, "at" | "url">) => void;
  #lastCall = 0;
  /** Why nothing works any more. */
  #ended: McpError | undefined;

  /** `past` is what was negotiated in the session that is to be gone on with. */
  constructor(instance: Instance, url: URL, options: ClientOptions, sender: Sender, clientInfo: object, era: Era | undefined, past?: object) {
    this.#signIn = options.auth && new SignIn(options.auth, {
      begun: () => {
        this.debug({ type: "auth", detail: "the server wants the caller to sign in" });
        this.tell((core) => core.signingIn());
      },
      over: (succeeded, error) => {
        this.debug({ type: "auth", detail: succeeded ? "signed in" : error ? "the sign-in failed" : "there is nothing to sign in for", ...(error && { error }) });
        this.tell((core) => core.signedIn(succeeded));
      },
    });
    this.#sender = sender;
    sender.signIn = this.#signIn;
    sender.onReauthorized = () => this.tell((core) => core.reauthorized());
    this.#questions = new Questions(options, {
      answer: (question, answer) => this.#guard(() => this.#core.answer(question, answer)),
      refuse: (question, cause) => this.tell((core) => core.refuse(question, cause)),
    });
    this.#instance = instance;
    this.debug = teller(options.onDebug, shown(url.href));
    const random = crypto.getRandomValues(new Uint32Array(4));
    const idPrefix = Array.from(random, (word) => word.toString(36)).join("");
    // Nobody has used these numbers before in that session, or hardly.
    const before = past ? random[0]! >>> 2 : 0;
    this.#lastCall = before;
    const page = (globalThis as { location?: { hostname?: string } }).location ?? {};
    const hidesHeaders = "location" in globalThis && globalThis.location.origin !== url.origin;
    const { notifications = true, timeoutMs = 60_000, protocolVersion = "auto", elicitation, sampling, roots } = options;
    const debug = options.onDebug !== undefined;
    const wanted = protocolVersion === "auto" ? undefined : eraOf(protocolVersion);
    const given = [elicitation, sampling, roots].map((handler) => handler !== undefined) as [boolean, boolean, boolean];
    this.#core = this.#guard(
      () =>
        new instance.Core(
          this, clientInfo, notifications, timeoutMs, idPrefix, hidesHeaders, debug, wanted, era, ...given, isLocal(page.hostname), Math.random(),
          !!options.store, past, before, url.origin,
        ),
    );
    this.#transport = new Transport(this.#enter, sender.send, debug ? wiretap(this.debug) : undefined);
    this.#timer = new Timer(() => {
      const hasSlept = this.#life.hasSlept();
      this.#enter((core) => (hasSlept ? core.wake() : core.tick()));
    });
    this.#life = new Life({ wake: () => this.#enter((core) => core.wake()), offline: () => this.#enter((core) => core.offline()) }, isLocal(url.hostname));
    instance.users.add(this);
  }

  /**
   * Something that the core does in time: `start` tells it to, under a number of its own. `adopt` turns the core's answer into the
   * caller's at once, before anything else of the core is heard.
   */
  call<T, R = T>(start: (core: Core, call: number) => void, limits: Limits = {}, adopt?: (value: T) => R): Promise<R> {
    try {
      checkLimits(limits);
      if (this.#ended) throw this.#ended;
    } catch (reason) {
      return Promise.reject(reason);
    }
    const call = ++this.#lastCall;
    const promise = new Promise<R>((resolve, reject) => {
      const settle = (value: unknown): void => {
        try {
          resolve(adopt ? adopt(value as T) : (value as R));
        } catch (error) {
          reject(error);
        }
      };
      this.#calls.set(call, { resolve: settle, reject });
      try {
        this.#guard(() => start(this.#core, call));
      } catch (cause) {
        this.#calls.delete(call);
        reject(cause instanceof McpError ? cause : new McpError("invalid_argument", "arguments and meta are objects that JSON can hold", { cause }));
      }
    });
    return within(promise, limits, () => {
      if (this.#calls.delete(call)) this.tell((core) => core.abandon(call));
    });
  }

  /** Something that the core does at once. */
  tell(act: (core: Core) => void): void {
    if (!this.#ended) this.#guard(() => act(this.#core));
  }

  /** Something that the core knows; nothing any more once it has ended. */
  read<T>(act: (core: Core) => unknown): T | undefined {
    return this.#ended ? undefined : (this.#guard(() => act(this.#core)) as T);
  }

  /** What the browser calls. Once all has ended, whoever waited has been told why, and there is nobody here to tell. */
  readonly #enter = <T>(act: (core: Core) => T): T | undefined => {
    try {
      return this.#guard(() => act(this.#core));
    } catch (error) {
      if (!this.#ended) throw error;
      return undefined;
    }
  };

  /** A trap leaves the module in a state that nobody knows. */
  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw this.#instance.broke(cause);
    }
  }

  listen(method: string, callback: (params: unknown) => void): () => void {
    const listener = (params: unknown): void => callback(params);
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
    this.tell((core) => core.listen(true));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(method) === listeners) this.#listeners.delete(method);
      if (this.#listeners.size === 0) this.tell((core) => core.listen(false));
    };
  }

  /** Calls a caller's function: what it throws, or rejects with, is nobody's trouble but its own. */
  safely(what: string, callback: () => unknown): void {
    const report = (error: unknown): void => this.debug({ type: "callback", detail: what, error });
    try {
      const given = callback();
      // Mostly there is nothing to wait for.
      if (typeof given === "object") Promise.resolve(given).catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** Ends everything here, and the session on the server unless it is kept; the server is told, but not waited for without end. */
  async close(keepsSession = false): Promise<void> {
    if (this.#ended) return;
    this.#end(new McpError("closed", "the client was closed"));
    let timer;
    await new Promise<unknown>((resolve) => {
      timer = setTimeout(resolve, FAREWELL);
      const call = ++this.#lastCall;
      this.#calls.set(call, { resolve, reject: resolve });
      this.#guard(() => this.#core.close(call, !keepsSession));
    }).catch(() => {});
    clearTimeout(timer);
    this.#rest();
    // Of an instance that is broken there is nothing to free.
    if (this.#instance.users.delete(this)) this.#core.free();
  }

  /** The browser does nothing more for the core. */
  #rest(): void {
    this.#transport.stop();
    this.#timer.stop();
  }

  #end(error: McpError): void {
    this.#ended ??= error;
    this.#signIn?.close();
    this.#life.stop();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#questions.end(error);
    const followers = [...this.tasks.values()];
    this.tasks.clear();
    this.#listeners.clear();
    this.progressing.clear();
    followers.forEach((follower) => follower.lose(error));
    calls.forEach((call) => call.reject(error));
  }

  fetch(exchange: number, method: string, headers: string, message: unknown, awaited: boolean): void {
    this.#transport.start(exchange, method, headers, message, awaited);
  }

  abort(exchange: number): void {
    this.#transport.abort(exchange);
  }

  arm(deadline: number): void {
    this.#timer.arm(deadline);
  }

  knock(call: number): void {
    void this.#sender.knock().then(({ seen, there, names }) => this.#enter((core) => core.knocked(call, seen, there, names)));
  }

  resolve(call: number, value: unknown): void {
    this.#calls.get(call)?.resolve(value);
    this.#calls.delete(call);
  }

  reject(call: number, code: string, message: string, taskId: string | undefined, data: unknown, cause: unknown): void {
    this.#calls.get(call)?.reject(toError(code, message, taskId, data, cause));
    this.#calls.delete(call);
  }

  status(status: TaskStatus, result: unknown, error: unknown): void {
    this.tasks.get(status.taskId)?.update(complete(status), { result, error });
  }

  ask(question: number, topic: Topic, params: unknown, key: string, taskId: string | undefined): void {
    this.#questions.ask(question, topic, params, key, taskId);
  }

  withdraw(question: number): void {
    this.#questions.withdraw(question);
  }

  gone(taskId: string, code: string, message: string, data: unknown, cause: unknown): void {
    this.tasks.get(taskId)?.lose(toError(code, message, taskId, data, cause));
  }

  renewed(negotiated: unknown): void {
    this.onRenewed?.(negotiated);
  }

  remember(taskId: string): void {
    this.tasks.get(taskId)?.remember?.();
  }

  notification({ method, params }: { method: string; params?: unknown }): void {
    for (const listener of [...(this.#listeners.get(method) ?? [])]) {
      this.safely(`onNotification ${method}`, () => listener(params));
    }
  }

  progress(call: number, params: Progress): void {
    const callback = this.progressing.get(call);
    if (callback) this.safely("onProgress", () => callback(params));
  }

  debugMessage(message: unknown, oddity: string | undefined): void {
    this.debug({ type: "message", ...shownMessage(message), ...(oddity === undefined ? {} : { detail: oddity }) });
  }

  broke(error: McpError): void {
    this.#rest();
    this.#end(error);
  }
}

/** Is that this machine: of the page, which is then being developed, or of a server that is there without a network? */
function isLocal(hostname = ""): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** An error of the core. Its table of codes and the union are held together by a test. */
export function toError(code: string, message: string, taskId: string | undefined, data: unknown, cause: unknown): McpError {
  return new McpError(code as ErrorCode, message, { taskId, data, cause });
}
