// The official client v2 with its add-on for tasks, which wants the requests of the newer era sent by its host.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";

const CLIENT_INFO = { name: "client2", version: "1" };
const PROTOCOL_VERSION = "2026-07-28";

/** The glue: how a request of the newer era is sent. */
function sender(url) {
  let id = 1_000_000;
  return async (request, { signal } = {}) => {
    const { method, params } = request;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": PROTOCOL_VERSION,
        "mcp-method": method,
        "mcp-name": params.name ?? params.taskId,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
      signal,
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    const text = await response.text();
    const { result, error } = JSON.parse(isStream ? text.slice(text.lastIndexOf("\ndata: ") + 7) : text);
    return error ? { kind: "error", error } : { kind: "result", result };
  };
}

export async function connect(url) {
  const client = new Client(CLIENT_INFO, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const session = createTaskSessionFromClient(client, {
    endpointId: url,
    rawDispatch: sender(url),
    v2RequestFraming: { protocolVersion: PROTOCOL_VERSION, clientInfo: CLIENT_INFO, clientCapabilities: {} },
  });
  return {
    call: (name, args) => client.callTool({ name, arguments: args }),
    task: async (name, args) => resultFromTaskOutcome((await (await session.callTool(name, args, { task: { preference: "prefer" } })).settle()).outcome),
  };
}
