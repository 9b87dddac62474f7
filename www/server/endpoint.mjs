import { createServer } from "node:http";
import { toWebRequest } from "@modelcontextprotocol/node";
import { isLegacyRequest } from "@modelcontextprotocol/server";
import { LARGEST_BODY, readBody } from "./body.mjs";
import { allowOrigin } from "./origin.mjs";
import { Refusal } from "./refusal.mjs";

/** What a browser must be told before a page of another origin may speak MCP with this server. */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers":
    "Authorization, Content-Type, DPoP, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id",
  // Without it a browser sends a second request before nearly every poll.
  "access-control-max-age": "7200",
};
const EXPOSED = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, DPoP-Nonce, Retry-After";

/**
 * What stands behind one path.
 *
 * @typedef {object} Door
 * @property {import("./sessions.mjs").Sessions} sessions for the protocol with sessions
 * @property {import("@modelcontextprotocol/node").NodeMcpRequestHandler} stateless for the one without
 * @property {import("./guard.mjs").Guard} [guard] who lets nobody in without a token
 */

/**
 * The HTTP side: paths, origins, sessions, and who speaks which generation of the protocol. MCP itself is the business of
 * the transports.
 *
 * @param {Map<string, Door>} doors by path; a guarded one may be put in later
 */
export function endpoint(doors) {
  return createServer((request, response) => {
    answer(doors, request, response).catch((error) => {
      if (response.headersSent) response.destroy(error);
      else if (error instanceof Refusal) refuse(response, error.status, -32000, error.message, error.headers);
      else refuse(response, 500, -32603, "Internal error");
    });
  });
}

async function answer(doors, request, response) {
  if (!allowOrigin(request, response, EXPOSED)) return refuse(response, 403, -32000, `Origin not allowed: ${request.headers.origin}`);
  if (request.method === "OPTIONS") return response.writeHead(204, PREFLIGHT).end();
  const { pathname } = new URL(request.url, "http://host");
  const described = [...doors.values()].find(({ guard }) => guard?.metadataPath === pathname);
  if (described) return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(described.guard.metadata()));
  const door = doors.get(pathname);
  if (!door) return refuse(response, 404, -32000, `The endpoints are ${[...doors.keys()].join(", ")}`);

  const scopes = await door.guard?.admit(request);
  const body = request.method === "POST" ? await readJson(request, response) : undefined;
  if (response.writableEnded) return;
  door.guard?.permit(scopes, body);
  return served(door, request, response, body);
}

async function served({ sessions, stateless }, request, response, body) {
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
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, -32600, `More than ${LARGEST_BODY} bytes`);
  try {
    return JSON.parse(body);
  } catch {
    return refuse(response, 400, -32700, "Not JSON");
  }
}

function refuse(response, status, code, message, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}
