const FINAL = new Set(["completed", "failed", "cancelled", "unwatched"]);

/** How a task that the server had begun ends, by the code of the error that its result rejects with. */
const ENDINGS = { tool_error: "failed", task_failed: "failed", rpc: "failed", task_not_found: "failed", task_cancelled: "cancelled" };

let count = 0;

/**
 * One call that the user started, as a task or plainly: what happened to it and when.
 *
 * Fires `change` whenever something of it is new.
 */
export class Run extends EventTarget {
  number = ++count;
  startedAt = Date.now();
  /** Every status with the moment it began. @type {{ at: number, status: string }[]} */
  steps = [{ at: this.startedAt, status: "working" }];
  /** @type {string | undefined} */
  message;
  /** @type {{ result: unknown } | { error: Error } | undefined} */
  outcome;
  /** @type {import("mcp-tasks").Task | undefined} */
  task;
  /** What the server last said of the task, as it said it. @type {import("mcp-tasks").TaskStatus | undefined} */
  told;
  cancelling = false;
  #abort = new AbortController();
  #again = () => {};

  /**
   * @param {import("mcp-tasks").Client} client
   * @param {import("./call-form.js").Call} call
   */
  constructor(client, call) {
    super();
    this.call = call;
    void this.#follow(client);
  }

  get status() {
    return this.steps.at(-1).status;
  }

  get live() {
    return !FINAL.has(this.status);
  }

  /** The task waits for an answer that nobody here gave. */
  get unanswered() {
    return this.live && this.outcome !== undefined;
  }

  get endedAt() {
    return this.live ? undefined : this.steps.at(-1).at;
  }

  /** Asks the server to stop the task, or gives up waiting for a plain call. */
  async cancel() {
    if (this.cancelling) return;
    this.cancelling = true;
    this.#changed();
    try {
      if (this.task) await this.task.cancel();
      else this.#abort.abort();
    } catch (error) {
      // The task goes on, and so does its outcome: only tell.
      this.message = `Not cancelled: ${error.message}`;
    }
    this.cancelling = false;
    this.#changed();
  }

  /** Lets the task ask again what nobody answered. */
  askAgain() {
    this.#again();
  }

  async #follow(client) {
    try {
      const begin = this.call.taskId === undefined ? CALLS[this.call.item.kind] : takeUp;
      const started = await begin(client, this.call, this.#abort.signal);
      const result = this.call.task ? await this.#watch(started) : started;
      this.#end("completed", { result });
    } catch (error) {
      this.#end(this.#ending(error), { error });
    }
  }

  async #watch(task) {
    this.task = task;
    task.onStatusChange((told) => {
      this.told = told;
      this.message = told.statusMessage;
      // How it ended, the result tells: a task that completed may have a tool's error for its result.
      if (FINAL.has(told.status)) this.#changed();
      else this.#move(told.status);
    });
    this.#changed();
    for (;;) {
      try {
        return await task.result();
      } catch (error) {
        if (error.code !== "input_required") throw error;
        this.outcome = { error };
        this.#changed();
      }
      // It lives on: once it has changed, or the user wants to be asked again, there is a result to wait for.
      const changes = task[Symbol.asyncIterator]();
      await Promise.race([changes.next(), new Promise((again) => (this.#again = again))]);
      await changes.return();
      this.outcome = undefined;
      this.#changed();
    }
  }

  #ending({ code }) {
    if (this.#abort.signal.aborted) return "cancelled";
    if (!this.task) return "failed";
    return ENDINGS[code] ?? "unwatched";
  }

  #end(status, outcome) {
    this.outcome = outcome;
    this.#move(status);
  }

  #move(status) {
    if (this.live && status !== this.status) this.steps.push({ at: Date.now(), status });
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const CALLS = {
  tool: (client, { item, args, task }, signal) => client.callTool(item.name, args, { task, signal }),
  prompt: (client, { item, args, task }, signal) => client.getPrompt(item.name, args, { task, signal }),
  resource: (client, { item, task }, signal) => client.readResource(item.name, { task, signal }),
};

const takeUp = (client, { item, taskId }) => client.resumeTask(taskId, { kind: item.kind });
