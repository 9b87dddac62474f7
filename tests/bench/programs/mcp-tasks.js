import { Client } from "mcp-tasks";

export async function connect(url, _era, options) {
  const client = await Client.connect(url, options);
  return {
    client,
    call: (name, args) => client.callTool(name, args),
    task: async (name, args) => (await client.callTool(name, args, { task: true })).result(),
  };
}
