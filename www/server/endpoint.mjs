import { createServer } from "node:http";
import { toWebRequest } from "@modelcontextprotocol/node";
import { isLegacyRequest } from "@modelcontextprotocol/server";

const PATH = "/mcp";
const LARGEST_BODY = 1 << 20;

/** What a browser must be told before a page of another origin may speak MCP with this server. */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers":
    "Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id",
  // Without it a browser sends a second request before nearly every poll.
  "access-control-max-age": "7200",
};
const EXPOSED = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After";

/**
 * The HTTP side: paths, origins, sessions, and who speaks which generation of the protocol. MCP itself is the business of
 * the transports.
 *
 * @param {object} served
 * @param {import("./sessions.mjs").Sessions} served.sessions for the protocol with sessions
 * @param {import("@modelcontextprotocol/node").NodeMcpRequestHandler} served.stateless for the one without
 */
export function endpoint(served) {
  return createServer((request, response) => {
    answer(served, request, response).catch((error) => {
      if (response.headersSent) response.destroy(error);
      else refuse(response, 500, -32603, "Internal error");
    });
  });
}

async function answer({ sessions, stateless }, request, response) {
  const { origin } = request.headers;
  if (origin !== undefined) {
    // Any page of this machine, and no other: a stranger's page that points its name at 127.0.0.1 is refused here.
    if (!isLoopback(origin)) return refuse(response, 403, -32000, `Origin not allowed: ${origin}`);
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", EXPOSED);
    response.setHeader("vary", "Origin");
  }
  if (new URL(request.url, "http://host").pathname !== PATH) return refuse(response, 404, -32000, `The endpoint is ${PATH}`);
  if (request.method === "OPTIONS") return response.writeHead(204, PREFLIGHT).end();

  const body = request.method === "POST" ? await readJson(request, response) : undefined;
  if (response.writableEnded) return;
  if (body !== undefined && !(await isLegacyRequest(await toWebRequest(request, body), body))) return stateless(request, response, body);
  const id = request.headers["mcp-session-id"];
  const transport = id === undefined ? await opened(sessions, body) : sessions.use(id, response);
  if (transport) return transport.handleRequest(request, response, body);
  if (id === undefined) return refuse(response, 400, -32000, "A session is needed: begin with initialize");
  return refuse(response, 404, -32001, "Session not found");
}

async function opened(sessions, body) {
  return body?.method === "initialize" ? sessions.begin() : undefined;
}

async function readJson(request, response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) return refuse(response, 413, -32600, `More than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return refuse(response, 400, -32700, "Not JSON");
  }
}

function refuse(response, status, code, message) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}

function isLoopback(origin) {
  return /^https?:\/\/(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(origin);
}
