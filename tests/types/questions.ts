// What answers a server's questions: three functions, each given what is asked and who asks.
import { Client } from "mcp-tasks";
import type {
  ClientOptions,
  CreateMessageParams,
  CreateMessageResult,
  ElicitParams,
  ElicitResult,
  Handler,
  ListRootsResult,
  QuestionContext,
} from "mcp-tasks";
import { typeOf } from "./type-of.js";

const url = "https://example.com/mcp";

void Client.connect(url, {
  elicitation(params, context) {
    typeOf(params).is<ElicitParams>();
    typeOf(context).is<QuestionContext>();
    typeOf(params.message).is<string>();
    typeOf(context.signal).is<AbortSignal>();
    typeOf(context.key).is<string>();
    typeOf(context.taskId).is<string | undefined>();
    return { action: "accept", content: { value: "Ada" } };
  },
  sampling: async (params) => {
    typeOf(params).is<CreateMessageParams>();
    typeOf(params.messages[0]?.role).is<"user" | "assistant" | undefined>();
    typeOf(params.maxTokens).is<number>();
    await Promise.resolve();
    return { role: "assistant", model: "m", content: { type: "text", text: "hi" } };
  },
  roots: () => ({ roots: [{ uri: "file:///a", name: "a" }] }),
});

// A handler can be written apart, and need not take what it has no use for.
const decline: Handler<ElicitParams, ElicitResult> = () => ({ action: "decline" });
const complete: Handler<CreateMessageParams, CreateMessageResult> = () => Promise.reject(new Error("no model here"));
const roots: Handler<Record<string, unknown>, ListRootsResult> = () => Promise.resolve({ roots: [] });
const options: ClientOptions = { elicitation: decline, sampling: complete, roots };
void options;

// @ts-expect-error a handler is a function
void Client.connect(url, { elicitation: true });
// @ts-expect-error there is no such action
void Client.connect(url, { elicitation: () => ({ action: "yes" }) });
// @ts-expect-error an answer is given back
void Client.connect(url, { elicitation: () => {} });
// @ts-expect-error what is filled in stands in `content`
void Client.connect(url, { elicitation: () => ({ action: "accept", content: "Ada" }) });
// @ts-expect-error a model has a name
void Client.connect(url, { sampling: () => ({ role: "assistant", content: { type: "text", text: "hi" } }) });
// @ts-expect-error roots are a list in an object
void Client.connect(url, { roots: () => [{ uri: "file:///a" }] });
// @ts-expect-error a root has a URI
void Client.connect(url, { roots: () => ({ roots: [{ name: "a" }] }) });
// @ts-expect-error the option is called elicitation
void Client.connect(url, { onElicit: decline });
