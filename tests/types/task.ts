// The members of a task and of its status.
import { Task } from "mcp-tasks";
import type { CallToolResult, Client, ElicitResult, InputRequest, TaskRecord, TaskState, TaskStatus, ToolTask } from "mcp-tasks";
import { typeOf } from "./type-of.js";

declare const client: Client;
declare const task: ToolTask;
declare const signal: AbortSignal;

typeOf(task.taskId).is<string>();
typeOf(task.kind).is<"tool">();
typeOf(task.name).is<string>();
typeOf(task.returnedImmediately).is<boolean>();
typeOf(task.status()).is<Promise<TaskStatus>>();
typeOf(task.wait()).is<Promise<TaskStatus>>();
typeOf(task.wait({ state: "completed", timeoutMs: 1_000, signal })).is<Promise<TaskStatus>>();
typeOf(task.onStatusChange((status) => typeOf(status).is<TaskStatus>())).is<() => void>();
task.onStatusChange(async () => {});
// @ts-expect-error no such state
void task.wait({ state: "done" });
// @ts-expect-error members cannot be assigned
task.taskId = "other";

declare const status: TaskStatus;
typeOf(status.status).is<"working" | "input_required" | "completed" | "failed" | "cancelled">();
typeOf(status.status).is<TaskState>();
typeOf(status.taskId).is<string>();
typeOf(status.ttlMs).is<number | null>();
typeOf(status.createdAt).is<string>();
typeOf(status.lastUpdatedAt).is<string>();
const message: string | undefined = status.statusMessage;
const interval: number | undefined = status.pollIntervalMs;
void message;
void interval;

// What a task asks is in its status, and is answered by key.
const questions: Record<string, InputRequest> | undefined = status.inputRequests;
for (const [key, question] of Object.entries(questions ?? {})) {
  typeOf(question.method).is<string>();
  const params: Record<string, unknown> | undefined = question.params;
  void params;
  typeOf(task.respond(key, { action: "decline" })).is<Promise<void>>();
}
const answer: ElicitResult = { action: "accept", content: { value: "Ada" } };
void task.respond("name", answer, { signal });
// @ts-expect-error an answer is an object
void task.respond("name", "Ada");
// @ts-expect-error a question has a key
void task.respond({ action: "decline" });

declare const result: CallToolResult;
const failed: boolean | undefined = result.isError;
const text: string | undefined = result.content[0]?.type === "text" ? result.content[0].text : undefined;
void failed;
void text;

async function statuses() {
  for await (const each of task) typeOf(each).is<TaskStatus>();
  await using held = task;
  void held;
  await using connection = client;
  void connection;
}
void statuses;

// A promise would unwrap a thenable: awaiting a task must give the task itself.
type Thenable<T> = T extends { then: unknown } ? true : false;
typeOf({} as Thenable<ToolTask>).is<false>();
typeOf({} as Awaited<ToolTask>).is<ToolTask>();

// The common class is for instanceof; tasks come from a client.
declare const unknown: unknown;
if (unknown instanceof Task) typeOf(unknown.taskId).is<string>();
// @ts-expect-error abstract
void new Task();

// A task survives as JSON, and comes back from an id or from that record.
typeOf(task.toJSON()).is<TaskRecord>();
void client.resumeTask("id");
void client.resumeTask("id", { kind: "prompt", name: "greet" });
void client.resumeTask(task.toJSON());
// @ts-expect-error no such kind
void client.resumeTask("id", { kind: "sampling" });
