// What the README tells server authors is enough: servers are run with exactly its lines.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pythonFor } from "../../scripts/lib/peers.mjs";
import { startPeer } from "../peers/spawn.mjs";
import { expect, test } from "./fixtures.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The README's code that names itself so in its first line. */
function lines(file: string): string {
  const found = [...README.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, text = ""]) => text).find((text) => /^\S+ (\S+?),?\s/.exec(text)?.[1] === file);
  if (found === undefined) throw new Error(`the README has no ${file}`);
  return found;
}

/** What the table of the README asks for. */
const TABLE = [...README.matchAll(/^\| `(Access-Control-[\w-]+)` \| `([^`]*)`/gm)].map(([, name = "", value = ""]) => [name.toLowerCase(), value] as const);

/** It says its address once it answers; to be told a free port is not among what `run` can do. */
const fastmcp = (server: string) => `
import socket
import threading
import time
import fastmcp
${server}

@mcp.tool
def double(value: int) -> int:
    return value * 2

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
fastmcp.settings.host, fastmcp.settings.port, fastmcp.settings.show_server_banner = "127.0.0.1", port, False

def announce():
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return print(f"http://127.0.0.1:{port}/mcp", flush=True)
        except OSError:
            time.sleep(0.05)

threading.Thread(target=announce, daemon=True).start()
${lines("cors.py")}`;

const FASTMCP3 = () => fastmcp(`from fastmcp import FastMCP\n\nmcp = FastMCP("guided")`);
const FASTMCP4 = () => fastmcp(lines("server.py"));

const MCP = `
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";
const sessions = new Map();
async function answer(request, response) {
  let transport = sessions.get(request.headers["mcp-session-id"]);
  if (!transport) {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID(), onsessioninitialized: (id) => sessions.set(id, transport) });
    const server = new McpServer({ name: "guided", version: "1" });
    server.registerTool("double", { inputSchema: { value: z.number() } }, ({ value }) => ({ content: [{ type: "text", text: String(value * 2) }] }));
    await server.connect(transport);
  }
  return transport.handleRequest(request, response);
}
function announce() {
  console.log(\`http://127.0.0.1:\${this.address().port}/mcp\`);
}
`;

const EXPRESS = () => `${MCP}
import express from "express";
const app = express();
${lines("cors-express.mjs")}
app.all("/mcp", answer);
app.listen(0, "127.0.0.1", announce);
`;

const PLAIN = () => `${MCP}
import http from "node:http";
${lines("cors-plain.mjs")}
http.createServer((request, response) => allow(request, response) || answer(request, response)).listen(0, "127.0.0.1", announce);
`;

/** Puts a server where it finds the project's packages, and starts it. */
async function start(command: string, name: string, source: string): ReturnType<typeof startPeer> {
  mkdirSync(join(ROOT, "target"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "target/guide-"));
  writeFileSync(join(folder, name), source);
  const { url, stop } = await startPeer(command, [join(folder, name)]);
  return { url, stop: () => stop().then(() => rmSync(folder, { recursive: true })) };
}

test("FastMCP 4.1: the server that it begins with runs tasks", async ({ page }) => {
  test.setTimeout(60_000);
  const command = pythonFor("fastmcp-4");
  test.skip(command === undefined, "fastmcp-4 needs its Python environment");
  const { url, stop } = await start(command ?? "", "server.py", FASTMCP4());
  try {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow_computation", { duration: 1 }, { task: true });
      const { data } = await task.result();
      await client.close();
      return { data, returnedImmediately: task.returnedImmediately };
    }, url);
    expect(ended).toEqual({ data: "Computed for 1 s", returnedImmediately: false });
  } finally {
    await stop();
  }
});

for (const [server, python, source] of [
  ["FastMCP 3.4", "fastmcp-3", FASTMCP3],
  ["FastMCP 4.1", "fastmcp-4", FASTMCP4],
  ["the TypeScript SDK on Express", undefined, EXPRESS],
  ["plain Node", undefined, PLAIN],
] as const) {
  test(`${server}: a page with credentials uses it, and preflights are kept`, async ({ page, wire }) => {
    test.setTimeout(60_000);
    const command = python ? pythonFor(python) : process.execPath;
    test.skip(command === undefined, `${python} needs its Python environment`);
    const { url, stop } = await start(command ?? "", python ? "server.py" : "server.mjs", source());
    try {
      const names = TABLE.find(([name]) => name === "access-control-allow-headers")![1];
      const asked = { origin: "https://app.example", "access-control-request-method": "POST", "access-control-request-headers": names.toLowerCase() };
      const preflight = await fetch(url, { method: "OPTIONS", headers: asked });
      const list = (value: string | null) => (value ?? "").toLowerCase().split(/, */).sort();
      expect(preflight.ok).toBe(true);
      for (const [name, value] of TABLE) {
        // Exposing is for the answers themselves.
        if (name === "access-control-expose-headers") continue;
        expect(list(preflight.headers.get(name)), name).toEqual(expect.arrayContaining(list(value)));
      }
      const content = await page.evaluate(async (url) => {
        const client = await connect(url, { headers: { authorization: "Bearer t" } });
        const { content } = await client.callTool("double", { value: 21 });
        await client.close();
        return content;
      }, url);
      expect(content).toMatchObject([{ text: "42" }]);
      expect(wire.knocks).toBe(0);
    } finally {
      await stop();
    }
  });
}
