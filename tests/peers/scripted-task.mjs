const SUCCESS = { content: [{ type: "text", text: "done" }] };

let created = 0;

/** A task of the scripted server: it moves when the test says so, or from poll to poll. */
export class ScriptedTask {
  /** @type {object | undefined} a JSON-RPC error that `tasks/result` answers with */
  error;

  /**
   * @param {import("./scripted.mjs").ScriptedServer} server
   * @param {object} [life]
   * @param {string} [life.taskId]
   * @param {(string | Record<string, unknown>)[]} [life.polls] what each `tasks/get` in turn moves the task to
   * @param {unknown} [life.pollInterval]
   * @param {unknown} [life.ttl]
   * @param {object} [life.result]
   */
  constructor(server, { taskId = `task-${++created}`, polls = [], pollInterval = 50, ttl = 60_000, result = SUCCESS } = {}) {
    this.server = server;
    this.polls = [...polls];
    this.result = result;
    const now = new Date().toISOString();
    /** @type {Record<string, unknown>} the task as the wire has it */
    this.state = { taskId, status: "working", ttl, createdAt: now, lastUpdatedAt: now, pollInterval };
  }

  get taskId() {
    return /** @type {string} */ (this.state.taskId);
  }

  /** Moves the task without telling anybody. @param {string} status @param {Record<string, unknown>} [more] */
  set(status, more = {}) {
    this.state = { ...this.state, ...more, status, lastUpdatedAt: new Date().toISOString() };
    return this;
  }

  /** Moves the task and says so on the GET streams. @param {string} status @param {Record<string, unknown>} [more] */
  push(status, more) {
    this.set(status, more);
    this.server.push({ jsonrpc: "2.0", method: "notifications/tasks/status", params: this.state });
    return this;
  }

  /** The state that a `tasks/get` sees. */
  poll() {
    const next = this.polls.shift();
    if (typeof next === "string") this.set(next);
    else if (next) this.set(/** @type {string} */ (next.status ?? this.state.status), next);
    return this.state;
  }

  /** @param {import("./call.mjs").Call} call */
  answerResult(call) {
    if (this.error) return this.server.encode(call, { jsonrpc: "2.0", id: call.message.id, error: this.error });
    const { status } = this.state;
    if (status === "completed" || status === "failed") return call.result(this.result);
    return call.error(-32602, `Task not completed yet (current state: ${status})`);
  }
}
