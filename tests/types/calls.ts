// What a call returns follows from its `task` option: a task with it, the result without it.
import type {
  CallToolResult,
  Client,
  GetPromptResult,
  PromptTask,
  ResourceContents,
  ResourceTask,
  Task,
  ToolTask,
} from "mcp-tasks";
import { typeOf } from "./type-of.js";

declare const client: Client;
declare const maybe: boolean;
declare const signal: AbortSignal;

typeOf(client.callTool("slow")).is<Promise<CallToolResult>>();
typeOf(client.callTool("slow", { n: 1 })).is<Promise<CallToolResult>>();
typeOf(client.callTool("slow", {}, {})).is<Promise<CallToolResult>>();
typeOf(client.callTool("slow", {}, { task: false })).is<Promise<CallToolResult>>();
typeOf(client.callTool("slow", {}, { timeoutMs: 10 })).is<Promise<CallToolResult>>();
typeOf(client.callTool("slow", {}, { task: true })).is<Promise<ToolTask>>();
typeOf(client.callTool("slow", {}, { task: { ttlMs: 60_000 } })).is<Promise<ToolTask>>();
typeOf(client.callTool("slow", {}, { task: {} })).is<Promise<ToolTask>>();
typeOf(client.callTool("slow", undefined, { task: true })).is<Promise<ToolTask>>();
typeOf(client.callTool("slow", {}, { task: maybe })).is<Promise<ToolTask | CallToolResult>>();

typeOf(client.readResource("file:///a")).is<Promise<ResourceContents[]>>();
typeOf(client.readResource("file:///a", {})).is<Promise<ResourceContents[]>>();
typeOf(client.readResource("file:///a", { task: true })).is<Promise<ResourceTask>>();
typeOf(client.readResource("file:///a", { task: { ttlMs: 1 } })).is<Promise<ResourceTask>>();
typeOf(client.readResource("file:///a", { task: maybe })).is<Promise<ResourceTask | ResourceContents[]>>();

typeOf(client.getPrompt("greet")).is<Promise<GetPromptResult>>();
typeOf(client.getPrompt("greet", { name: "Ada" })).is<Promise<GetPromptResult>>();
typeOf(client.getPrompt("greet", {}, { task: true })).is<Promise<PromptTask>>();
typeOf(client.getPrompt("greet", {}, { task: { ttlMs: 1 } })).is<Promise<PromptTask>>();
typeOf(client.getPrompt("greet", {}, { task: maybe })).is<Promise<PromptTask | GetPromptResult>>();

// Every call option is accepted, and only these.
void client.callTool("slow", {}, {
  task: true,
  signal,
  timeoutMs: 1_000,
  onProgress: (progress) => typeOf(progress.progress).is<number>(),
  throwOnError: false,
  meta: { trace: "abc" },
});
// @ts-expect-error the option is called timeoutMs
void client.callTool("slow", {}, { timeout: 1_000 });
// @ts-expect-error a time to live is called ttlMs
void client.callTool("slow", {}, { task: { ttl: 60_000 } });
// @ts-expect-error a time to live is a number
void client.callTool("slow", {}, { task: { ttlMs: "60000" } });
// @ts-expect-error the arguments of a tool are a record
void client.callTool("slow", "text");
// @ts-expect-error the arguments of a prompt are strings
void client.getPrompt("greet", { age: 3 });

// The three tasks differ in what `result()` gives.
declare const tool: ToolTask;
declare const prompt: PromptTask;
declare const resource: ResourceTask;
typeOf(tool.result()).is<Promise<CallToolResult>>();
typeOf(prompt.result()).is<Promise<GetPromptResult>>();
typeOf(resource.result({ timeoutMs: 5, signal })).is<Promise<ResourceContents[]>>();
const tasks: Task<unknown>[] = [tool, prompt, resource];
void tasks;
// @ts-expect-error a prompt's task is no tool's task
const wrong: ToolTask = prompt;
void wrong;
