export type { AuthProvider, AuthRequest, Challenge, Credentials } from "./auth-provider.js";
export type { DebugEvent } from "./debug.js";
export { type AnyMcpError, type ErrorCode, type ErrorData, McpError, type McpErrorOptions, type SignInFailure } from "./error.js";
export type { CallOptions, ClientOptions, WasmSource } from "./options.js";
export type {
  CallToolResult,
  ContentBlock,
  GetPromptResult,
  Implementation,
  Progress,
  Prompt,
  Resource,
  ResourceContents,
  ResourceTemplate,
  Tool,
} from "./results.js";
export type {
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  ElicitResult,
  Handler,
  ListRootsResult,
  QuestionContext,
} from "./questions.js";
export type { InputRequest, TaskKind, TaskState, TaskStatus } from "./status.js";
export type { StoreOption, TaskStore } from "./store.js";
export { PromptTask, ResourceTask, Task, type TaskRecord, ToolTask } from "./task.js";
