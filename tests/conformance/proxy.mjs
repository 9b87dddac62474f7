import { createServer, request as send } from "node:http";

/** What concerns one connection alone (RFC 9110, 7.6.1): a proxy keeps it to itself. */
const OF_THE_CONNECTION = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const CORS = /^access-control-/i;

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */

/** @param {RegExp} pattern @param {string[]} raw names and values in turn, as Node reads them off the wire */
function without(pattern, raw) {
  return raw.filter((_, index) => !pattern.test(raw[index - (index % 2)]));
}

/** Allows a page all that it asks for, and shows it every header. @param {IncomingMessage} request */
function permission({ headers }) {
  const asked = [
    ["Access-Control-Allow-Methods", headers["access-control-request-method"]],
    ["Access-Control-Allow-Headers", headers["access-control-request-headers"]],
  ];
  return ["Access-Control-Allow-Origin", headers.origin, "Access-Control-Expose-Headers", "*", ...asked.filter(([, value]) => value).flat()];
}

/** @param {IncomingMessage} request */
const isPreflight = ({ method, headers }) => method === "OPTIONS" && "access-control-request-method" in headers;

/** @param {IncomingMessage} request */
const isForLoopback = ({ url }) => LOOPBACK.has(new URL(url, "http://relative").hostname);

/**
 * Passes a request on as the page sent it, and the answer as it comes: streams piece by piece, broken ones broken.
 * @param {IncomingMessage} incoming
 * @param {import("node:http").ServerResponse} response
 */
function pass(incoming, response) {
  const { method } = incoming;
  const outgoing = send(incoming.url, { method, headers: without(OF_THE_CONNECTION, incoming.rawHeaders), agent: false });
  outgoing.on("response", (answer) => {
    const headers = without(OF_THE_CONNECTION, answer.rawHeaders);
    const allowed = incoming.headers.origin === undefined ? headers : [...without(CORS, headers), ...permission(incoming)];
    response.writeHead(answer.statusCode, answer.statusMessage, allowed).flushHeaders();
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/**
 * A forward proxy that gives servers the CORS headers which they lack. A page reaches them at their own URLs, and they see its own
 * `Host` and `Origin`. Nothing else passes: no scenario has TLS, and what the browser itself wants of the world can wait.
 */
export async function openProxy() {
  const server = createServer((incoming, response) => {
    if (!isForLoopback(incoming)) response.writeHead(403).end();
    else if (isPreflight(incoming)) response.writeHead(204, permission(incoming)).end();
    else pass(incoming, response);
  });
  server.on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
