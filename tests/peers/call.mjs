/** One request to the scripted server, and the ways to answer it. */
export class Call {
  /** The how-manyeth request of its name this is, from 0. */
  nth = 0;
  at = performance.now();

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   * @param {import("./scripted.mjs").ScriptedServer} server
   * @param {any} message the body, parsed
   */
  constructor(request, response, server, message) {
    this.request = request;
    this.response = response;
    this.server = server;
    this.message = message;
  }

  /** Reads the request's body; nothing comes of a request that is broken off in the middle of it. */
  static async receive(request, response, server) {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return undefined;
    }
    const body = Buffer.concat(chunks).toString();
    return new Call(request, response, server, body === "" ? undefined : JSON.parse(body));
  }

  /** The JSON-RPC method; `response` for an answer to the server's own request; else the HTTP method. */
  get name() {
    if (this.message === undefined) return /** @type {string} */ (this.request.method);
    return this.message.method ?? "response";
  }

  /** @returns {any} */
  get params() {
    return this.message?.params ?? {};
  }

  get headers() {
    return this.request.headers;
  }

  /** @param {object} result */
  result(result) {
    return this.server.encode(this, { jsonrpc: "2.0", id: this.message.id, result });
  }

  /** @param {number} code @param {string} message @param {unknown} [data] */
  error(code, message, data) {
    return this.server.encode(this, { jsonrpc: "2.0", id: this.message.id, error: { code, message, data } });
  }

  /** @param {unknown} body */
  json(body) {
    this.http(200, { "content-type": "application/json" }, JSON.stringify(body));
  }

  /** Answers by SSE with a message an event. @param {...object} messages */
  sse(...messages) {
    this.stream();
    for (const message of messages) this.write(`data: ${JSON.stringify(message)}\n\n`);
    this.response.end();
  }

  /** Opens an SSE stream and leaves it open. */
  stream() {
    this.response.writeHead(200, { "content-type": "text/event-stream" });
    this.response.flushHeaders();
  }

  /** @param {string | Uint8Array} chunk */
  write(chunk) {
    this.response.write(chunk);
  }

  /** @param {number} status @param {Record<string, string>} [headers] @param {string | Uint8Array} [body] */
  http(status, headers = {}, body = "") {
    this.response.writeHead(status, headers).end(body);
  }

  /** Begins a JSON answer and breaks the connection in the middle of it. */
  half() {
    this.response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
    this.write('{"jsonrpc":');
    setTimeout(() => this.drop(), 30);
  }

  /** Breaks the connection. A browser repeats by itself what was lost so on a connection that had been used before. */
  drop() {
    this.request.socket.destroy();
  }

  /** Starts a task if the request asks for one and one is waiting; else answers at once. @param {object} immediate */
  start(immediate) {
    const task = this.params.task === undefined ? undefined : this.server.waiting.shift();
    return this.result(task ? { task: task.state } : immediate);
  }

  /** @param {(task: import("./scripted-task.mjs").ScriptedTask) => unknown} answer */
  ofTask(answer) {
    const task = this.server.tasks.get(this.params.taskId);
    return task ? answer(task) : this.error(-32602, `Task ${this.params.taskId} not found`);
  }
}
