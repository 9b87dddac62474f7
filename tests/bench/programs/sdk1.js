// The official SDK v1, which speaks the era with sessions.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

export async function connect(url) {
  const client = new Client({ name: "sdk1", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    call: (name, args) => client.callTool({ name, arguments: args }),
    async task(name, args) {
      for await (const message of client.experimental.tasks.callToolStream({ name, arguments: args }, undefined, { task: {} })) {
        if (message.type === "result") return message.result;
        if (message.type === "error") throw message.error;
      }
      throw new Error("the stream ended without a result");
    },
  };
}
