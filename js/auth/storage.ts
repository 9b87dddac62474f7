import { within } from "../limits.js";
import { IndexedDb, LOCAL } from "../browser-store.js";
import type { TaskStore } from "../store.js";

/** Where tokens are kept, by key. Values are what `structuredClone` takes: with `dpop`, keys are among them. A method may give a promise. */
export interface TokenStorage {
  get(key: string): unknown;
  /** Replaces what stood there. */
  set(key: string, value: unknown): void | Promise<void>;
  /** Nothing happens where nothing stood. */
  delete(key: string): void | Promise<void>;
}

/** The option as the caller may give it. */
export type TokenStorageOption = TokenStorage | "indexeddb" | "localstorage";

/** Is it what the option takes? */
export function isTokenStorage(given: unknown): given is TokenStorageOption | undefined {
  if (given === undefined || given === "indexeddb" || given === "localstorage") return true;
  const methods = ["get", "set", "delete"] as const;
  return typeof given === "object" && given !== null && methods.every((name) => typeof (given as Record<string, unknown>)[name] === "function");
}

/** A storage that does not answer is gone on without after this, in milliseconds. */
const PATIENCE = 5_000;

/** What is remembered of sign-ins: where a storage was given, there too, and then it is shared by all tabs. What is wrong with that is no reason to fail. */
export class Keeper {
  readonly #storage: TokenStorage | undefined;
  /** Where the endpoints are listed: a storage cannot say what is in it. */
  readonly #endpoints: string;
  #listed: Promise<unknown> = Promise.resolve();

  /** `app` tells those apart that share a storage. */
  constructor(option: TokenStorageOption | undefined, app: string) {
    this.#endpoints = `mcp-tasks sign-ins ${app}`;
    this.#storage = option === "indexeddb" ? of(new IndexedDb("mcp-tasks-sign-in")) : option === "localstorage" ? of(LOCAL) : option;
  }

  /** Do other tabs see what is kept here? */
  get isShared(): boolean {
    return this.#storage !== undefined;
  }

  async get(key: string): Promise<unknown> {
    return this.#try((storage) => storage.get(key));
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#try((storage) => storage.set(key, value));
  }

  /** The endpoints that tokens are kept for; one more, where it is given. */
  list(more?: string): Promise<string[]> {
    // One after the other: of two that come at once the second would not know of the first.
    const listed = this.#listed.then(() => this.#list(more));
    this.#listed = listed;
    return listed;
  }

  async #list(more?: string): Promise<string[]> {
    const kept = await this.get(this.#endpoints);
    const endpoints = Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
    if (more === undefined || endpoints.includes(more)) return endpoints;
    await this.set(this.#endpoints, [...endpoints, more]);
    return [...endpoints, more];
  }

  /** There are none any more. */
  async unlist(): Promise<void> {
    await this.delete(this.#endpoints);
  }

  async delete(key: string): Promise<void> {
    await this.#try((storage) => storage.delete(key));
  }

  async #try(act: (storage: TokenStorage) => unknown): Promise<unknown> {
    const storage = this.#storage;
    if (!storage) return undefined;
    return within(Promise.resolve().then(() => act(storage)), { timeoutMs: PATIENCE }).catch(() => undefined);
  }
}

function of(store: TaskStore): TokenStorage {
  return {
    get: async (key) => new Map(await store.entries(key)).get(key),
    set: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
  };
}
