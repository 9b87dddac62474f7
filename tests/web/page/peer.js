/**
 * A page and a server, as the core sees them: what it sends is answered with real responses, and what it tells is written down.
 */

import { Browser } from "/tests/web/page/browser.js";

const json = (message, headers = {}) => new Response(JSON.stringify(message), { headers: { "content-type": "application/json", ...headers } });

/** An event stream of these bytes, which then ends as it is told to. */
function events(chunks, { signal, end = (controller) => controller.close(), type = "text/event-stream", status = 200 } = {}) {
  const stream = new ReadableStream({
    start(controller) {
      signal?.addEventListener("abort", () => controller.error(signal.reason));
      chunks.forEach((chunk) => controller.enqueue(chunk));
      end(controller);
    },
  });
  return new Response(stream, { status, headers: { "content-type": type } });
}

const bytes = (text) => new TextEncoder().encode(text);

/** The ways in which an answer comes, or does not. */
const WAYS = {
  json: (answer) => json(answer),
  "json of an odd type": (answer) => json(answer, { "content-type": "Application/JSON ;charset=utf-8" }),
  "json in a session": (answer) => json(answer, { "mcp-session-id": "s1" }),
  "json of a known length": (answer) => json(answer, { "content-length": String(bytes(JSON.stringify(answer)).length) }),
  "json without end": (_, peer, { signal }) => {
    const blank = new Uint8Array(1 << 20).fill(0x20);
    const stream = new ReadableStream({
      start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
      pull: (controller) => controller.enqueue(blank),
      cancel: () => void (peer.cancelled += 1),
    });
    return new Response(stream, { headers: { "content-type": "application/json" } });
  },
  "half of json": (answer) => new Response(JSON.stringify(answer).slice(0, -5), { headers: { "content-type": "application/json" } }),
  nothing: () => new Response(null, { headers: { "content-type": "application/json" } }),
  "a page": () => new Response("<p>Hello</p>", { headers: { "content-type": "text/html" } }),
  "torn events": (answer) => {
    const stream = bytes(`\uFEFFid: 1\r\ndata:\r\n\r\n: \u20AC\r\n\r\ndata: ${JSON.stringify(answer)}\r\n\r\n`);
    return events([...stream].map((byte) => Uint8Array.of(byte)), { type: "text/event-stream; charset=utf-8" });
  },
  "events that break": () => events([bytes("data: {")], { end: (controller) => controller.error(new TypeError("cut off")) }),
  "events that stay open": (answer, peer, { signal }) =>
    events([bytes(`data: ${JSON.stringify(answer)}\n\n`)], { signal, end: (controller) => (peer.open = controller) }),
  "an open stream": (_, peer, { signal }) => events([bytes(": hello\n\n")], { signal, end: (controller) => (peer.open = controller) }),
  "no such thing": () => new Response(null, { status: 405 }),
  accepted: () => new Response(null, { status: 202 }),
  "accepted, with a body that nobody reads": (_, peer) =>
    new Response(new ReadableStream({ cancel: () => void (peer.cancelled += 1) }), { status: 202, headers: { "content-type": "text/plain" } }),
  busy: (_, peer) => new Response("busy", { status: 503, headers: { "retry-after": peer.retryAfter } }),
  "an error in words": (answer) =>
    new Response(JSON.stringify({ jsonrpc: "2.0", id: answer.id, error: { code: -32000, message: "not today" } }), {
      status: 400,
      headers: { "content-type": "application/json" },
    }),
  "a body that was read before": (answer) => {
    const response = json(answer);
    void response.text();
    return response;
  },
  "a body of another kind": (answer) => Object.defineProperty(json(answer), "body", { value: { pipe() {} } }),
  unauthorized: () => new Response(null, { status: 401, headers: { "www-authenticate": "Bearer x" } }),
  "a redirect": () => Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" }),
  "no network": () => Promise.reject(new TypeError("Failed to fetch")),
  "no request": () => Promise.resolve(new Error("no such header")),
  "an exception": () => {
    throw new Error("send is broken");
  },
  silence: (_, __, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
};

export class Peer extends Browser {
  /** What was sent: `{ method, headers, message, signal }`. */
  requests = [];
  /** What was told: `[name, ...values]`. */
  heard = [];
  /** What the server has for each method. */
  results = {
    initialize: {
      protocolVersion: "2025-11-25",
      capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
      serverInfo: { name: "peer", version: "1" },
    },
    "tools/list": { tools: [{ name: "slow", execution: { taskSupport: "optional" } }, { name: "plain" }] },
    "tools/call": { content: [{ type: "text", text: "\u20AC" }] },
    "tasks/get": { taskId: "t1", status: "working", ttl: null },
    "tasks/result": { content: [] },
  };
  ways = { GET: "no such thing", DELETE: "accepted" };
  retryAfter = "0";
  cancelled = 0;
  /** The controller of the open stream. */
  open = undefined;
  /** What the page does when it is told something, by the name of it. */
  reactions = {};
  #calls = new Map();

  send(method, headers, body, signal) {
    const message = body === undefined ? undefined : JSON.parse(body);
    const request = { method, headers, message, signal };
    this.requests.push(request);
    const name = message?.method ?? method;
    const way = this.ways[name] ?? (message?.id === undefined ? "accepted" : "json");
    const answer = { jsonrpc: "2.0", id: message?.id, result: this.results[name] };
    const response = WAYS[way](answer, this, request);
    return Promise.resolve(response);
  }

  resolve(call, value) {
    this.#call(call).settle({ value });
    this.#hear("resolve", call, value);
  }

  reject(call, code, message, taskId, data, cause) {
    this.#call(call).settle({ code, message, taskId, data, cause });
    this.#hear("reject", call, code);
  }

  status(status) {
    this.#hear("status", status);
  }

  gone(taskId, code) {
    this.#hear("gone", taskId, code);
  }

  notification({ method, params }) {
    this.#hear("notification", method, params);
  }

  progress(call, params) {
    this.#hear("progress", call, params);
  }

  /** Begins to do for a core what the browser does; `debug`: what is on the wire is to be told. */
  serve(core, debug) {
    const tap = {
      request: (exchange, method, headers, message) => this.#hear("debugRequest", method, message?.method),
      response: (exchange, status, contentType) => this.#hear("debugResponse", status, contentType),
      failure: (exchange, error) => this.#hear("debugFailure", String(error)),
    };
    this.attach(core, debug ? tap : undefined);
  }

  debugMessage(message, oddity) {
    this.#hear("debugMessage", message?.id ?? message?.method, oddity);
  }

  #hear(name, ...values) {
    this.heard.push([name, ...values]);
    this.reactions[name]?.(...values);
  }

  #call(call) {
    if (!this.#calls.has(call)) {
      let settle;
      const ended = new Promise((resolve) => (settle = resolve));
      this.#calls.set(call, { ended, settle });
    }
    return this.#calls.get(call);
  }

  /** How a call ends. */
  ended(call) {
    return this.#call(call).ended;
  }

  /** Sends a message on the open stream. */
  push(message) {
    this.open.enqueue(bytes(`data: ${message}\n\n`));
  }

  react(name, reaction) {
    this.reactions[name] = reaction;
  }

  answer(method, way) {
    this.ways[method] = way;
  }

  have(method, result) {
    this.results[method] = JSON.parse(result);
  }

  told(name) {
    const told = this.heard.filter(([each]) => each === name).map(([, ...values]) => values);
    return JSON.stringify(told);
  }

  /** The last request of this method. */
  last(method) {
    return this.requests.findLast((request) => (request.message?.method ?? request.method) === method);
  }

  count(method) {
    return this.requests.filter((request) => (request.message?.method ?? request.method) === method).length;
  }
}

const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;

export const pause = (wait) => new Promise((resolve) => realSetTimeout.call(globalThis, resolve, wait));

/** Counts the timers that are armed, until it is taken away. */
export class Timers {
  #armed = new Map();
  most = 0;

  constructor() {
    globalThis.setTimeout = (callback, delay, ...rest) => {
      const timer = realSetTimeout.call(globalThis, () => {
        this.#armed.delete(timer);
        callback(...rest);
      }, delay);
      this.#armed.set(timer, delay);
      this.most = Math.max(this.most, this.#armed.size);
      return timer;
    };
    globalThis.clearTimeout = (timer) => {
      this.#armed.delete(timer);
      realClearTimeout.call(globalThis, timer);
    };
  }

  /** The delays of the armed timers. */
  delays() {
    return Float64Array.from(this.#armed.values());
  }

  remove() {
    Object.assign(globalThis, { setTimeout: realSetTimeout, clearTimeout: realClearTimeout });
  }
}
