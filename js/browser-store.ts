import type { StoreOption, TaskStore } from "./store.js";

/** The store that the option names. */
export function storeOf(option: Exclude<StoreOption, false>): TaskStore {
  if (option === "indexeddb") return new IndexedDb();
  if (option === "localstorage") return LOCAL;
  return option;
}

/** One database for all clients of an origin, with one object store: key to entry. */
export class IndexedDb implements TaskStore {
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(name = "mcp-tasks") {
    this.#name = name;
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(this.#name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(this.#name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error!);
    }).then((database) => {
      // A later version of the page may want another layout: we are not in its way, nor does a closed connection stay in ours.
      const leave = (): void => (database.close(), void (this.#opened = undefined));
      database.onversionchange = leave;
      database.onclose = leave;
      return database;
    });
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  async #run<T>(mode: IDBTransactionMode, act: (entries: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const transaction = (await this.#open()).transaction(this.#name, mode);
    return new Promise((resolve, reject) => {
      const request = act(transaction.objectStore(this.#name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error!);
      // The page may be about to go.
      transaction.commit?.();
    });
  }

  async entries(prefix: string): Promise<[string, unknown][]> {
    // No character sorts after the last one.
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const [keys, values] = await Promise.all([
      this.#run("readonly", (entries) => entries.getAllKeys(range)),
      this.#run("readonly", (entries) => entries.getAll(range) as IDBRequest<unknown[]>),
    ]);
    return keys.map((key, index) => [key as string, values[index]]);
  }

  async set(key: string, entry: unknown): Promise<void> {
    await this.#run("readwrite", (entries) => entries.put(entry, key));
  }

  async delete(key: string): Promise<void> {
    await this.#run("readwrite", (entries) => entries.delete(key));
  }
}

export const LOCAL: TaskStore = {
  entries(prefix) {
    const keys = Object.keys(globalThis.localStorage).filter((key) => key.startsWith(prefix));
    return keys.map((key): [string, unknown] => [key, parsed(globalThis.localStorage.getItem(key))]);
  },
  set: (key, entry) => globalThis.localStorage.setItem(key, JSON.stringify(entry)),
  delete: (key) => globalThis.localStorage.removeItem(key),
};

/** Anybody on the page may write there: what is no JSON is no entry. */
function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}
