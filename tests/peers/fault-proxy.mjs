/**
 * Stands between a page and a real MCP server, and does to their exchanges what networks and gateways do.
 *
 *     const proxy = await FaultProxy.start(server.url);
 *     proxy.fault("tasks/get", cut(10), { times: 2 });
 *
 * A fault is for the next requests of a JSON-RPC method, or of an HTTP method where there is none. Connections are used once: a browser
 * repeats by itself what is lost on one that it had used before, which would be its fault and not the client's.
 */

import http from "node:http";
import { Readable } from "node:stream";

const ALLOWED = "content-type, authorization, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name";
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers": ALLOWED,
  "access-control-expose-headers": "mcp-session-id, www-authenticate, retry-after",
  "access-control-max-age": "600",
};

/**
 * What becomes of an exchange: `forward` asks the server and gives its response, with the body as chunks.
 * @typedef {{ request: http.IncomingMessage, response: http.ServerResponse, forward: () => Promise<http.IncomingMessage> }} Exchange
 * @typedef {(exchange: Exchange) => unknown} Fault
 */

/** The connection breaks before the server hears of it. @type {Fault} */
export const reset = ({ response }) => response.socket?.destroy();

/** The server gets the request, and nothing comes back. @type {Fault} */
export const unanswered = async ({ forward, response }) => {
  const answer = await forward();
  answer.resume();
  answer.once("end", () => response.socket?.destroy());
};

/** The server gets the request, and its answer never arrives. @type {Fault} */
export const stall = async ({ forward }) => void (await forward()).resume();

/** The answer breaks off after so many bytes of its body. @param {number} bytes @returns {Fault} */
export const cut = (bytes) => async ({ forward, response }) => {
  const answer = await forward();
  head(response, answer);
  let left = bytes;
  for await (const chunk of answer) {
    response.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  // What was written is to arrive before the end does.
  setTimeout(() => response.socket?.destroy(), 30);
};

/** A gateway answers in the server's place. @param {number} code @param {Record<string, string>} [headers] @param {object} [body] @returns {Fault} */
export const status = (code, headers = {}, body) => ({ response }) =>
  response.writeHead(code, { ...headers, ...(body && { "content-type": "application/json" }) }).end(body && JSON.stringify(body));

/** The answer comes without these headers. @param {...string} names @returns {Fault} */
export const stripped = (...names) => async ({ forward, response }) => {
  const answer = await forward();
  for (const name of names) {
    response.removeHeader(name);
    delete answer.headers[name];
  }
  head(response, answer).flushHeaders();
  answer.pipe(response);
};

/** @param {http.ServerResponse} response @param {http.IncomingMessage} answer */
function head(response, answer) {
  const own = Object.entries(answer.headers).filter(([name]) => !/^(access-control-.*|connection|content-length|transfer-encoding|keep-alive)$/.test(name));
  return response.writeHead(answer.statusCode ?? 502, Object.fromEntries(/** @type {[string, string][]} */ (own)));
}

/** What servers say to a session that they do not know. @type {Record<404 | 400, Fault>} */
export const FORGOTTEN = {
  404: status(404, {}, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }),
  400: status(400, {}, { jsonrpc: "2.0", id: null, error: { code: -32000, message: "Bad Request: No valid session ID provided" } }),
};

export class FaultProxy {
  /** The name of every request, in order; those that were never answered too. @type {string[]} */
  requests = [];
  /** Nobody is there. */
  isDown = false;
  /** @type {{ name: string, fault: Fault, times: number }[]} */
  #faults = [];
  /** The sessions that the server is to have forgotten, and how it says so. @type {Map<string, Fault>} */
  #forgotten = new Map();
  /** @type {Set<string>} */
  #sessions = new Set();
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {URL} */
  #target;
  #listener = http.createServer((request, response) => this.#receive(request, response));

  /** @param {string} target */
  static async start(target) {
    const proxy = new FaultProxy();
    proxy.#target = new URL(target);
    await new Promise((ready) => proxy.#listener.listen(0, "127.0.0.1", () => ready(undefined)));
    return proxy;
  }

  get url() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#listener.address());
    return `http://127.0.0.1:${port}${this.#target.pathname}`;
  }

  /** Another server is there now. @param {string} url */
  leadTo(url) {
    this.#target = new URL(url);
  }

  /** The next requests of this name have this fault. @param {string} name @param {Fault} fault @param {{ times?: number }} [options] */
  fault(name, fault, { times = 1 } = {}) {
    this.#faults.push({ name, fault, times });
  }

  /** The sessions that there are now are forgotten. @param {404 | 400} how */
  forgetSessions(how) {
    for (const id of this.#sessions) this.#forgotten.set(id, FORGOTTEN[how]);
  }

  /** Breaks every connection. */
  hangUp() {
    this.#listener.closeAllConnections();
  }

  /** Waits for the `count`th request of a name. @param {string} name */
  received(name, count = 1) {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const check = () => {
          if (this.requests.filter((each) => each === name).length < count) return;
          this.#listeners.delete(check);
          resolve();
        };
        this.#listeners.add(check);
        check();
      })
    );
  }

  async close() {
    const closed = new Promise((closed) => this.#listener.close(closed));
    this.hangUp();
    await closed;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #receive(request, response) {
    if (this.isDown) return response.socket?.destroy();
    response.setHeaders(new Headers({ ...CORS, connection: "close" }));
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    const body = await read(request);
    const name = nameOf(request, body);
    this.requests.push(name);
    for (const listener of this.#listeners) listener();

    const forward = () => this.#forward(request, response, body);
    const fault = this.#faultOf(name, request) ?? whole;
    try {
      await fault({ request, response, forward });
    } catch {
      // The server broke the connection, or is not there.
      response.socket?.destroy();
    }
  }

  /** @param {string} name @param {http.IncomingMessage} request @returns {Fault | undefined} */
  #faultOf(name, request) {
    const planned = this.#faults.find((each) => each.name === name && each.times > 0);
    if (planned) {
      planned.times--;
      return planned.fault;
    }
    return this.#forgotten.get(String(request.headers["mcp-session-id"]));
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {Buffer} body @returns {Promise<http.IncomingMessage>} */
  #forward(request, response, body) {
    return new Promise((resolve, reject) => {
      const { host: _, connection: __, ...headers } = request.headers;
      const outgoing = http.request(new URL(request.url ?? "/", this.#target), { method: request.method, headers, agent: false }, (answer) => {
        const session = answer.headers["mcp-session-id"];
        if (typeof session === "string") this.#sessions.add(session);
        answer.on("error", () => response.socket?.destroy());
        resolve(answer);
      });
      outgoing.on("error", reject);
      // Who hangs up here hangs up there.
      response.on("close", () => outgoing.destroy());
      Readable.from(body.length > 0 ? [body] : []).pipe(outgoing);
    });
  }
}

/** Nothing is wrong. @type {Fault} */
const whole = stripped();

/** @param {http.IncomingMessage} request @returns {Promise<Buffer>} */
async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param {http.IncomingMessage} request @param {Buffer} body @returns {string} */
function nameOf(request, body) {
  if (body.length === 0) return request.method ?? "";
  return JSON.parse(body.toString()).method ?? "response";
}
