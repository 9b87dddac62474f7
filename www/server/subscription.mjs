import { SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";
import { stateOf } from "./state.mjs";

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache" };

/** The stream of one `subscriptions/listen` request: it tells of the tasks that the client named and this server knows. */
export class Subscription {
  #message;
  #tasks;
  #unwatch = [];

  /**
   * @param {{ id: string | number, params: any }} message the request
   * @param {import("./tasks.mjs").Tasks} tasks
   */
  constructor(message, tasks) {
    this.#message = message;
    this.#tasks = tasks;
  }

  response() {
    const stream = {
      start: (controller) => this.#open(controller),
      cancel: () => this.#unwatch.forEach((unwatch) => unwatch()),
    };
    return new Response(new ReadableStream(stream), { headers: HEADERS });
  }

  #open(controller) {
    const send = (message) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`));
    const _meta = { [SUBSCRIPTION_ID_META_KEY]: this.#message.id };
    const notify = (method, params) => send({ method, params: { ...params, _meta } });

    const taskIds = this.#message.params.notifications.taskIds.filter((taskId) => this.#tasks.look(taskId));
    notify("notifications/subscriptions/acknowledged", { notifications: taskIds.length > 0 ? { taskIds } : {} });
    if (taskIds.length === 0) {
      send({ id: this.#message.id, result: { resultType: "complete", _meta } });
      return controller.close();
    }
    this.#unwatch = taskIds.map((taskId) =>
      this.#tasks.watch(taskId, () => notify("notifications/tasks", stateOf(this.#tasks.look(taskId)))),
    );
  }
}
