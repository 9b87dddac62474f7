import type * as package from "mcp-tasks";

declare global {
  /** What `page/harness.js` puts into the page. */
  const mcp: typeof package;
  const connect: typeof package.Client.connect;
  function sleep(ms: number): Promise<void>;
  function settle<T>(promise: Promise<T>): Promise<Settled<T>>;
  function changesOf(task: package.Task<unknown>): package.TaskStatus[];

  interface Settled<T> {
    value?: T;
    error?: { mcp: boolean; name: string; message: string; code: string; taskId?: string; data?: any };
    ms: number;
  }
}
