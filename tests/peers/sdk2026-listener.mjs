import { SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" };

/** A `subscriptions/listen` stream for tasks and for changes of the tools. */
export class Listener {
  #message;
  #tasks;
  #bus;
  #endAfterMs;
  /** @type {ReadableStreamDefaultController | undefined} */
  #stream;
  /** @type {(() => void)[]} */
  #cleanups = [];

  /**
   * @param {any} message the request
   * @param {object} server
   * @param {import("./sdk2026-tasks.mjs").ExtensionTasks} server.tasks
   * @param {import("@modelcontextprotocol/server").ServerEventBus} server.bus says when the tools change
   * @param {string} [server.endAfterMs] after how many milliseconds the server ends the stream
   */
  constructor(message, { tasks, bus, endAfterMs }) {
    this.#message = message;
    this.#tasks = tasks;
    this.#bus = bus;
    this.#endAfterMs = endAfterMs;
  }

  /** @param {() => void} closed called once, when the stream has ended whoever ended it */
  open(closed) {
    this.#cleanups.push(closed);
    const body = new ReadableStream({
      start: (stream) => {
        this.#stream = stream;
        this.#subscribe(this.#message.params.notifications);
      },
      cancel: () => this.#cleanUp(),
    });
    return new Response(body, { headers: HEADERS });
  }

  /** Ends the stream as a proxy does: without a word. */
  drop() {
    this.#cleanUp();
    this.#stream.close();
  }

  /** Ends the stream as the protocol wants it: the request gets its result. */
  #end() {
    const meta = { [SUBSCRIPTION_ID_META_KEY]: this.#message.id };
    this.#write({ jsonrpc: "2.0", id: this.#message.id, result: { resultType: "complete", _meta: meta } });
    this.drop();
  }

  /** Agrees to the tasks that it knows, and says so before anything else. */
  #subscribe({ taskIds, toolsListChanged }) {
    const known = taskIds.filter((taskId) => this.#tasks.get(taskId));
    const agreed = { ...(known.length > 0 && { taskIds: known }), ...(toolsListChanged === true && { toolsListChanged }) };
    this.#notify("notifications/subscriptions/acknowledged", { notifications: agreed });
    if (Object.keys(agreed).length === 0) return this.#end();

    for (const taskId of known) {
      const task = this.#tasks.get(taskId);
      this.#cleanups.push(task.onChange(() => this.#notify("notifications/tasks", task.state)));
    }
    if (toolsListChanged === true)
      this.#cleanups.push(
        this.#bus.subscribe(({ kind }) => kind === "tools_list_changed" && this.#notify("notifications/tools/list_changed", {})),
      );
    if (this.#endAfterMs !== undefined) {
      const timer = setTimeout(() => this.#end(), Number(this.#endAfterMs));
      this.#cleanups.push(() => clearTimeout(timer));
    }
  }

  #notify(method, params) {
    const _meta = { [SUBSCRIPTION_ID_META_KEY]: this.#message.id };
    this.#write({ jsonrpc: "2.0", method, params: { ...params, _meta } });
  }

  #write(message) {
    this.#stream.enqueue(new TextEncoder().encode(`event: message\ndata: ${JSON.stringify(message)}\n\n`));
  }

  #cleanUp() {
    for (const cleanUp of this.#cleanups.splice(0)) cleanUp();
  }
}
