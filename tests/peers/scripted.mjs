/**
 * A small lawful MCP server whose every answer a test can replace: for what real servers cannot be made to do.
 *
 *     const server = await ScriptedServer.start();
 *     server.on("tasks/get", (call) => call.http(503, { "retry-after": "1" }));
 *
 * It runs in the test's own process, so that a script is a function, and it keeps every request for the test to judge.
 */

import http from "node:http";
import { Call } from "./call.mjs";
import { ScriptedTask } from "./scripted-task.mjs";

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers": "content-type, authorization, last-event-id, mcp-session-id, mcp-protocol-version",
  "access-control-expose-headers": "mcp-session-id, www-authenticate, retry-after",
  "access-control-max-age": "600",
};

const TASK_CAPABILITY = { list: {}, cancel: {}, requests: { tools: { call: {} }, prompts: { get: {} }, resources: { read: {} } } };

/** @typedef {(call: Call) => unknown} Handler */

export class ScriptedServer {
  /** @type {Call[]} every request in order of arrival, preflights apart */
  requests = [];
  /** @type {Map<string, ScriptedTask>} */
  tasks = new Map();
  /** @type {ScriptedTask[]} the tasks that wait for a request to start them */
  waiting = [];
  protocolVersion = "2025-11-25";
  capabilities = { tools: {}, prompts: {}, resources: {}, tasks: TASK_CAPABILITY };
  /** @type {object[]} */
  tools = [{ name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "optional" } }];
  /** @type {string | undefined} what sessions are called, with a number; without a name the server has none */
  session = "session";
  /** @type {Record<string, string>} response headers of every answer; replace one to break CORS */
  headers = { ...CORS };
  /** The status of the answer to a preflight. */
  preflight = 204;
  /** What stands before everything: it lets a request pass, or answers it. @type {(call: Call) => boolean | Promise<boolean>} */
  guard = () => true;
  /** How an answer becomes a body. @type {(call: Call, message: object) => unknown} */
  encode = (call, message) => call.json(message);

  /** @type {Map<string, Handler>} by JSON-RPC method, or by HTTP method for GET and DELETE */
  #handlers = new Map(Object.entries(lawful(this)));
  /** @type {Set<Call>} */
  #streams = new Set();
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Map<string, number>} */
  #counts = new Map();
  #listener = http.createServer((request, response) => this.#receive(request, response));
  /** Where it is, or was: what comes in while it closes is told that too. */
  origin = "";

  /** Starts on a free port. */
  static async start() {
    const server = new ScriptedServer();
    await new Promise((ready) => server.#listener.listen(0, "127.0.0.1", ready));
    server.origin = `http://127.0.0.1:${server.#listener.address().port}`;
    return server;
  }

  get url() {
    return `${this.origin}/mcp`;
  }

  /** How many GET streams are open. */
  get streams() {
    return this.#streams.size;
  }

  /** Answers `method` by `handler` from now on. @param {string} method @param {Handler} handler */
  on(method, handler) {
    this.#handlers.set(method, handler);
    return this;
  }

  /** The lawful answer, for a script that is odd only now and then. @param {Call} call */
  lawful(call) {
    return lawful(this)[call.name](call);
  }

  /** A task that the next request which asks for one starts. @param {ConstructorParameters<typeof ScriptedTask>[1]} [life] */
  task(life) {
    const task = new ScriptedTask(this, life);
    this.tasks.set(task.taskId, task);
    this.waiting.push(task);
    return task;
  }

  /** Sends a message on every open GET stream. @param {object} message */
  push(message) {
    for (const stream of this.#streams) stream.write(`data: ${JSON.stringify(message)}\n\n`);
  }

  /** Ends the GET streams, as a proxy does that thinks they are idle. */
  hangUp() {
    for (const stream of this.#streams) stream.response.end();
  }

  /** The requests of one method. @param {string} name */
  sent(name) {
    return this.requests.filter((call) => call.name === name);
  }

  /**
   * The `count`th request of a method, as soon as it is there.
   * @param {string} name @param {number} [count]
   * @returns {Promise<Call>}
   */
  async received(name, count = 1) {
    await this.until(() => this.sent(name).length >= count);
    return /** @type {Call} */ (this.sent(name)[count - 1]);
  }

  /** Waits until a request or the end of one makes `condition` true. @param {() => boolean} condition */
  until(condition) {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const check = () => {
          if (condition()) {
            this.#listeners.delete(check);
            resolve();
          }
        };
        this.#listeners.add(check);
        check();
      })
    );
  }

  async close() {
    // First of all nobody comes in any more: who did after the others were gone would stay.
    const closed = new Promise((closed) => this.#listener.close(closed));
    this.#listener.closeAllConnections();
    await closed;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #receive(request, response) {
    response.setHeaders(new Headers(this.headers));
    if (request.method === "OPTIONS") return response.writeHead(this.preflight).end();

    // A page that looks whether somebody is there.
    if (request.method === "HEAD") return response.writeHead(405).end();

    const call = await Call.receive(request, response, this);
    if (!call || !(await this.guard(call))) return;
    call.nth = this.#counts.get(call.name) ?? 0;
    this.#counts.set(call.name, call.nth + 1);
    this.requests.push(call);
    this.#changed();
    if (call.name === "GET") {
      this.#streams.add(call);
      response.on("close", () => {
        this.#streams.delete(call);
        this.#changed();
      });
    }
    await (this.#handlers.get(call.name) ?? unknownMethod)(call);
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }
}

/** @type {Handler} */
const unknownMethod = (call) =>
  call.message?.id === undefined || call.message.method === undefined ? call.http(202) : call.error(-32601, "Method not found");

/**
 * What the server does where a script says nothing.
 * @param {ScriptedServer} server
 * @returns {Record<string, Handler>}
 */
const lawful = (server) => ({
  initialize: (call) => {
    if (server.session) call.response.setHeader("mcp-session-id", `${server.session}-${call.nth + 1}`);
    const { protocolVersion, capabilities } = server;
    return call.result({ protocolVersion, capabilities, serverInfo: { name: "scripted", version: "1" } });
  },
  "tools/list": (call) => call.result({ tools: server.tools }),
  "tools/call": (call) => call.start({ content: [{ type: "text", text: "at once" }] }),
  "prompts/get": (call) => call.start({ messages: [{ role: "user", content: { type: "text", text: "at once" } }] }),
  "resources/read": (call) => call.start({ contents: [{ uri: call.params.uri, text: "at once" }] }),
  "tasks/get": (call) => call.ofTask((task) => call.result(task.poll())),
  "tasks/result": (call) => call.ofTask((task) => task.answerResult(call)),
  "tasks/cancel": (call) => call.ofTask((task) => call.result(task.set("cancelled").state)),
  "tasks/list": (call) => call.result({ tasks: [...server.tasks.values()].map((task) => task.state) }),
  GET: (call) => call.stream(),
  DELETE: (call) => call.http(200),
});
