// `code` tells what happened and narrows what the error carries.
import { McpError } from "mcp-tasks";
import type { AnyMcpError, CallToolResult, ErrorCode, InputRequest, SignInFailure } from "mcp-tasks";
import { typeOf } from "./type-of.js";

typeOf({} as ErrorCode).is<
  | "network" | "cors" | "http" | "unauthorized" | "rpc" | "protocol" | "unsupported" | "tool_error"
  | "task_failed" | "task_cancelled" | "task_not_found" | "input_required" | "timeout" | "closed"
  | "invalid_argument" | "wasm_load" | "internal"
>();

declare const error: AnyMcpError;
const base: Error = error;
void base;
typeOf(error.code).is<ErrorCode>();
typeOf(error.message).is<string>();
const taskId: string | undefined = error.taskId;
void taskId;

switch (error.code) {
  case "cors":
    typeOf(error.data.missing).is<string>();
    break;
  case "http":
    typeOf(error.data.status).is<number>();
    break;
  case "unauthorized":
    typeOf(error.data.wwwAuthenticate).is<string | undefined>();
    typeOf(error.data.reason).is<SignInFailure | undefined>();
    typeOf(error.data.error).is<string | undefined>();
    break;
  case "rpc":
    typeOf(error.data.code).is<number>();
    typeOf(error.data.message).is<string>();
    typeOf(error.data.data).is<unknown>();
    break;
  case "tool_error":
    typeOf(error.data.result).is<CallToolResult>();
    break;
  case "input_required":
    typeOf(error.data.inputRequests).is<Record<string, InputRequest>>();
    break;
  default:
    // @ts-expect-error no status outside "http"
    void error.data.status;
}

// The guard, with and without a code.
declare const caught: unknown;
if (McpError.is(caught)) {
  typeOf(caught.code).is<ErrorCode>();
  if (caught.code === "http") typeOf(caught.data.status).is<number>();
}
if (McpError.is(caught, "rpc")) typeOf(caught.data.code).is<number>();
// @ts-expect-error no such code
McpError.is(caught, "nonsense");

const known: McpError<"http"> = error as McpError<"http">;
typeOf(known.code).is<"http">();
typeOf(known.data.status).is<number>();
// @ts-expect-error no such code
const impossible = error.code === "nonsense";
void impossible;
