import type * as package from "mcp-tasks";
import type * as signing from "mcp-tasks/auth";

declare global {
  // What `page/harness.js` puts into the page.
  const mcp: typeof package;
  const connect: typeof package.Client.connect;
  function sleep(ms: number): Promise<void>;
  function settle<T>(promise: Promise<T>): Promise<Settled<T>>;
  function changesOf(task: Task): TaskStatus[];
  /** What one evaluation leaves in the page for the next. */
  const kept: Kept;

  // What `page/auth.js` puts there.
  const auth: typeof signing;
  const oauth: typeof signing.oauth;
  const redirectUri: string;
  const said: unknown[];
  function signedIn(url: string, options?: Partial<signing.OAuthOptions>, more?: package.ClientOptions): Promise<Client>;
  function visit(url: string, options?: Partial<signing.OAuthOptions>, more?: package.ClientOptions): Promise<Settled<string>>;

  function memory(lateMs?: number): Memory;
  function made<T>(text: string): T;

  /** A storage of an app's own, and what is in it. */
  interface Memory extends signing.TokenStorage {
    entries: Map<string, unknown>;
  }

  interface Kept {
    client: Client;
    clients: Client[];
    provider: signing.OAuthProvider;
    storage: Memory;
    before: [key: string, value: unknown][];
    task: ToolTask;
    changes: TaskStatus[];
    waiting: Promise<Settled<TaskStatus>>;
    controller: AbortController;
    heard: unknown[];
    ended: Promise<Settled<unknown>>;
    leave: () => void;
    result: Promise<CallToolResult>;
    weak: WeakRef<object>[];
    ends: { url: string; late: number }[];
    ticks: number[];
    details: (string | undefined)[];
    asked: unknown[];
    endedAt: number;
  }

  interface Settled<T> {
    value?: T;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server sent
    error?: { mcp: boolean; name: string; message: string; code: string; taskId?: string; data?: any };
    ms: number;
  }

  type CallToolResult = package.CallToolResult;
  type Client = package.Client;
  type DebugEvent = package.DebugEvent;
  type McpError = package.McpError;
  type Task = package.Task<unknown>;
  type TaskRecord = package.TaskRecord;
  type TaskStatus = package.TaskStatus;
  type ToolTask = package.ToolTask;
}
