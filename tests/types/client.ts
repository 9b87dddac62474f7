// Options and members of a client.
import { Client } from "mcp-tasks";
import { Client as InlineClient } from "mcp-tasks/inline";
import type { ClientOptions, DebugEvent, Task, TaskStatus } from "mcp-tasks";
import { typeOf } from "./type-of.js";

typeOf(Client.connect("https://example.com/mcp")).is<Promise<Client>>();
typeOf(Client.connect(new URL("https://example.com/mcp"), {})).is<Promise<Client>>();

const options: ClientOptions[] = [
  { protocolVersion: "auto" },
  { protocolVersion: "2025-11-25" },
  { protocolVersion: "2026-07-28" },
  { clientInfo: { name: "app", version: "1.0.0" } },
  { clientInfo: { name: "app", version: "1.0.0", title: "App" } },
  { headers: { authorization: "Bearer t" } },
  { headers: new Headers() },
  { headers: () => [["authorization", "Bearer t"]] },
  { headers: () => Promise.resolve({ authorization: "Bearer t" }) },
  { fetch: globalThis.fetch },
  { timeoutMs: 1_000 },
  { notifications: false },
  { wasm: new URL("https://example.com/core.wasm") },
  { wasm: new Response() },
  { wasm: new Uint8Array() },
  { wasm: new ArrayBuffer(0) },
  { wasm: new WebAssembly.Module(new Uint8Array()) },
  { onDebug: (event) => typeOf(event).is<DebugEvent>() },
];
void options;
// @ts-expect-error no such version
void Client.connect("https://example.com/mcp", { protocolVersion: "2024-01-01" });
// @ts-expect-error an older version that is spoken, but cannot be insisted on
void Client.connect("https://example.com/mcp", { protocolVersion: "2025-06-18" });
// @ts-expect-error the option is called timeoutMs
void Client.connect("https://example.com/mcp", { timeout: 1_000 });
// @ts-expect-error a client comes from connect
void new Client();

declare const client: Client;
typeOf(client.protocolVersion).is<string>();
const session: string | undefined = client.sessionId;
const instructions: string | undefined = client.instructions;
void session;
void instructions;
typeOf(client.serverInfo?.name).is<string | undefined>();
typeOf(client.serverInfo?.version).is<string | undefined>();
typeOf(client.tasks.get("id")).is<Task | undefined>();
// @ts-expect-error read only
client.tasks.clear();

typeOf(client.getTaskStatus("id")).is<Promise<TaskStatus>>();
typeOf(client.getTaskResult("id")).is<Promise<unknown>>();
void client.cancelTask("id");
typeOf(client.updateTask("id", {})).is<Promise<void>>();
void client.updateTask("id", { name: { action: "accept", content: { value: "Ada" } }, age: { action: "decline" } }, { signal: new AbortController().signal });
// @ts-expect-error an answer is an object
void client.updateTask("id", { name: "Ada" });
// @ts-expect-error one question is answered by `task.respond`
void client.updateTask("id", "name", { action: "decline" });

async function lists(signal: AbortSignal) {
  const [tool] = await client.listTools();
  typeOf(tool?.name).is<string | undefined>();
  const [resource] = await client.listResources();
  typeOf(resource?.uri).is<string | undefined>();
  const [template] = await client.listResourceTemplates();
  typeOf(template?.uriTemplate).is<string | undefined>();
  const [prompt] = await client.listPrompts();
  typeOf(prompt?.name).is<string | undefined>();
  const page = await client.listTasks({ limit: 10, signal });
  typeOf(page.tasks).is<TaskStatus[]>();
  const cursor: string | undefined = page.nextCursor;
  await client.listTasks(cursor === undefined ? {} : { cursor });
}
void lists;

typeOf(client.onNotification("notifications/message", () => {})).is<() => void>();
typeOf(client.close()).is<Promise<void>>();

// The inline entry has the same face.
typeOf(InlineClient.connect("https://example.com/mcp")).is<Promise<InlineClient>>();
const same: Client = {} as InlineClient;
void same;
