/**
 * Where unfinished tasks are remembered across reloads: named values that JSON can hold. A `Map` whose keys are filtered is one; a method may
 * give a promise. What a store throws or rejects with is told through `onDebug`, and the client works on without it.
 */
export interface TaskStore {
  /** All entries whose key begins so. */
  entries(prefix: string): Iterable<[key: string, entry: unknown]> | Promise<Iterable<[key: string, entry: unknown]>>;
  /** Replaces what stood there. */
  set(key: string, entry: unknown): void | Promise<void>;
  /** Nothing happens where nothing stood. */
  delete(key: string): void | Promise<void>;
}

/** The option as the caller may give it. */
export type StoreOption = TaskStore | "indexeddb" | "localstorage" | false;

/** Is it what the option takes? */
export function isStore(given: unknown): given is StoreOption | undefined {
  if (given === undefined || given === false || given === "indexeddb" || given === "localstorage") return true;
  const methods = ["entries", "set", "delete"] as const;
  return typeof given === "object" && given !== null && methods.every((name) => typeof (given as Record<string, unknown>)[name] === "function");
}
