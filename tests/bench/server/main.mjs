/**
 * A fast server of both eras, each on an origin of its own, and a door for whoever measures: it counts every request, preflights included.
 * What the server does is said in the URL: `push=0` for one that pushes nothing, `interval=MS` for the poll interval that it asks for,
 * `answer=sse` for answers as event streams.
 */
import http from "node:http";
import * as legacy from "./legacy.mjs";
import * as modern from "./modern.mjs";
import { Tasks } from "./tasks.mjs";

const CORS = new Headers({
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers": "content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id",
  "access-control-expose-headers": "mcp-session-id, www-authenticate, retry-after",
  "access-control-max-age": "7200",
});

const tasks = new Tasks();
/** @type {Map<string, number>} by HTTP method, or by JSON-RPC method */
const counts = new Map();
const count = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
let answered = 0;

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** How a server is to behave, as its URL says. */
function manner(url) {
  const { searchParams } = new URL(url, "http://server");
  const interval = searchParams.get("interval");
  return { pushes: searchParams.get("push") !== "0", interval: interval === null ? undefined : Number(interval), asStream: searchParams.get("answer") === "sse" };
}

/** @param {typeof legacy | typeof modern} era */
const listener = (era) => async (request, response) => {
  response.setHeaders(CORS);
  response.on("finish", () => (answered += 1));
  if (request.method === "OPTIONS") {
    count("OPTIONS");
    return response.writeHead(204).end();
  }
  if (request.method !== "POST") {
    count(request.method);
    return era.other(request, response, { ...manner(request.url), tasks });
  }
  const message = await bodyOf(request);
  count(message.method ?? "response");
  era.answer(message, request, response, { ...manner(request.url), tasks });
};

const listen = (handler) =>
  new Promise((ready) => {
    const server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
    server.listen(0, "127.0.0.1", () => ready(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`));
  });

/** Gives what was counted since the last time, and forgets it, tasks included. */
function door(request, response) {
  const body = JSON.stringify({ counts: Object.fromEntries(counts), answered });
  if (request.method === "POST") {
    counts.clear();
    answered = 0;
    tasks.clear();
  }
  response.end(body);
}

const [door_, legacyOrigin, modernOrigin] = await Promise.all([listen(door), listen(listener(legacy)), listen(listener(modern))]);
console.log(JSON.stringify({ door: door_, legacy: `${legacyOrigin}/mcp`, modern: `${modernOrigin}/mcp` }));
