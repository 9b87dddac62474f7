/** The tools of the 2026-07-28 SDK peer: those of the older one, and more for what only this protocol has. */

import { ProtocolError } from "@modelcontextprotocol/server";
import { z } from "zod";
import { askingTools, question } from "./sdk-asking.mjs";
import { workingTools } from "./sdk-tools.mjs";
import { inRounds } from "./sdk2026-rounds.mjs";

const text = (value) => ({ content: [{ type: "text", text: String(value) }] });

/** What fails in a way that only this protocol has. */
const failingTools = {
  protocol_error: {
    description: "Throw a JSON-RPC error, the one thing that fails a task: other errors complete it with `isError`",
    async run() {
      throw new ProtocolError(-32050, "protocol kaboom", { why: "test" });
    },
  },
};

/** Every tool that runs as a task where the client knows tasks, its input and output as schemas. */
export const taskTools = new Map(
  Object.entries({ ...workingTools, ...askingTools, ...failingTools }).map(([name, { inputSchema = {}, outputSchema, ...tool }]) => [
    name,
    { ...tool, inputSchema: z.object(inputSchema), ...(outputSchema && { outputSchema: z.object(outputSchema) }) },
  ]),
);

const ROUTED = z.object({
  region: z.string().meta({ "x-mcp-header": "Region" }),
  shard: z.int().optional().meta({ "x-mcp-header": "Shard" }),
});

/** The tools that were added while the server runs. @type {Set<string>} */
const learned = new Set();

/** Tells the caller of a plain call what the status message of a task would say. */
async function progress({ mcpReq }, step, message) {
  const { progressToken } = mcpReq._meta ?? {};
  if (progressToken !== undefined) await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: step, message } });
}

/**
 * @param {import("@modelcontextprotocol/server").McpServer} server
 * @param {object} peer
 * @param {import("@modelcontextprotocol/server").RequestStateCodec<object[]>} peer.states
 * @param {() => void} peer.hangUp
 * @param {() => void} peer.toolsChanged
 */
export function registerTools(server, { states, hangUp, toolsChanged }) {
  for (const [name, { run, description, inputSchema, outputSchema }] of taskTools)
    server.registerTool(name, { description, inputSchema, outputSchema }, (args, ctx) => {
      let steps = 0;
      const report = (message) => progress(ctx, ++steps, message);
      return inRounds(ctx, states, (input) => run(args, { input, hangUp, report }));
    });

  const add = (name, description, input, run) => server.registerTool(name, { description, inputSchema: z.object(input) }, run);
  add("echo", "Say it again", { text: z.string() }, (args) => text(args.text));
  add("sync_only", "Add one, never as a task", { value: z.number() }, ({ value }) => text(value + 1));
  server.registerTool("routed", { description: "Take arguments that the client repeats in headers", inputSchema: ROUTED }, (args) =>
    text(`${args.region} ${args.shard ?? 0}`),
  );
  add("learn", "Learn a tool, and tell those who listen", { name: z.string() }, ({ name }) => {
    learned.add(name);
    toolsChanged();
    return text(`learned ${name}`);
  });
  for (const name of learned) add(name, "A tool that was learned", {}, () => text(name));
}

/** @param {import("@modelcontextprotocol/server").McpServer} server @param {{ states: import("@modelcontextprotocol/server").RequestStateCodec<object[]> }} peer */
export function registerPrompts(server, { states }) {
  const says = (value) => ({ messages: [{ role: "user", content: { type: "text", text: value } }] });
  server.registerPrompt("plain_prompt", { description: "A prompt, never as a task" }, () => says("plain"));
  server.registerPrompt("asking_prompt", { description: "A prompt that asks the user for a name" }, (ctx) =>
    inRounds(ctx, states, async (input) => says((await input({ name: question("What is your name?") })).name.content?.value)),
  );
}

/** @param {import("@modelcontextprotocol/server").McpServer} server @param {{ states: import("@modelcontextprotocol/server").RequestStateCodec<object[]> }} peer */
export function registerResources(server, { states }) {
  const says = ({ href }, value) => ({ contents: [{ uri: href, text: value }] });
  server.registerResource("plain", "data://plain.txt", { description: "A text, never as a task" }, (uri) => says(uri, "plain"));
  server.registerResource("asking", "data://asking.txt", { description: "A text that asks the user for a name" }, (uri, ctx) =>
    inRounds(ctx, states, async (input) => says(uri, (await input({ name: question("What is your name?") })).name.content?.value)),
  );
}
