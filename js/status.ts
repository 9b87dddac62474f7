/** Where a task stands. */
export type TaskState = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** A task's status, in the same shape whatever the server speaks. */
export interface TaskStatus {
  taskId: string;
  status: TaskState;
  statusMessage?: string;
  /** ISO 8601, by the server's clock: to be shown, not to be reckoned with. */
  createdAt: string;
  lastUpdatedAt: string;
  /** How long the server keeps the task, in milliseconds from its creation; `null` is without limit. */
  ttlMs: number | null;
  /** How often the server wants to be asked, in milliseconds. */
  pollIntervalMs?: number;
  /** The questions that the task waits on, by key. */
  inputRequests?: Record<string, InputRequest>;
}

/** A question of the server: `params` is what a handler would be given. */
export interface InputRequest {
  method: string;
  params?: Record<string, unknown>;
  [member: string]: unknown;
}

/** What tasks are made by. */
export type TaskKind = "tool" | "prompt" | "resource";

const STATES: readonly string[] = ["working", "input_required", "completed", "failed", "cancelled"] satisfies TaskState[];

/** Is this the name of a state? */
export const isState = (state: unknown): state is TaskState => STATES.includes(state as string);

/** Does nothing come after this state? */
export const isTerminal = (state: TaskState): boolean => STATES.indexOf(state) > 1;

/** A status from the core; a server that says nothing of times gets ours, so that the shape holds. */
export function complete(status: Partial<TaskStatus> & Pick<TaskStatus, "taskId" | "status">): TaskStatus {
  const { inputRequests, createdAt = now(), lastUpdatedAt = now() } = status;
  // A copy: the questions are asked by what the core holds.
  const asks = inputRequests && { inputRequests: copied(inputRequests) };
  return { ttlMs: null, ...status, createdAt, lastUpdatedAt, ...asks };
}

const now = (): string => new Date().toISOString();

/** What is nested too deep to be copied is too deep to be asked. */
function copied(requests: Record<string, InputRequest>): Record<string, InputRequest> {
  try {
    return structuredClone(requests);
  } catch {
    return {};
  }
}
