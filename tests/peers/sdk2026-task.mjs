import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MissingRequiredClientCapabilityError, ProtocolError } from "@modelcontextprotocol/server";

/** The client capability that each request for input needs. */
const CAPABILITY = { "elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots" };

/** How a task ends with what its work threw: only a JSON-RPC error fails it, as the extension has it. */
const outcome = (error) =>
  error instanceof ProtocolError
    ? { status: "failed", statusMessage: error.message, error: { code: error.code, message: error.message, data: error.data } }
    : { status: "completed", result: { content: [{ type: "text", text: error.message }], isError: true } };

/** A task of the extension: `state` is what `tasks/get` answers and every notification carries. */
export class ExtensionTask {
  #capabilities;
  #bare;
  /** @type {Map<string, (response: object) => void>} what the requests for input that have no answer yet wait for */
  #waiting = new Map();
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {Record<string, unknown>} capabilities those of the client, as of the request that made the task
   * @param {{ pollIntervalMs: number, bare: boolean }} settings
   */
  constructor(capabilities, { pollIntervalMs, bare }) {
    this.#capabilities = capabilities;
    this.#bare = bare;
    const now = new Date().toISOString();
    /** @type {Record<string, any>} */
    this.state = { taskId: randomUUID(), status: "working", createdAt: now, lastUpdatedAt: now, ttlMs: 600_000, pollIntervalMs };
  }

  get taskId() {
    return this.state.taskId;
  }

  get isOver() {
    return !["working", "input_required"].includes(this.state.status);
  }

  /** @param {() => void} listener @returns {() => void} to stop listening */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does the work and keeps how it ended. @param {(api: { report: Function, input: Function }) => Promise<object>} run */
  async work(run) {
    const api = { report: (statusMessage) => this.#move({ status: "working", statusMessage }), input: this.#input.bind(this) };
    const end = await run(api).then((result) => ({ status: "completed", result }), outcome);
    if (end.result && !this.#bare) end.result = { resultType: "complete", ...end.result };
    this.#move(end);
  }

  /** Answers requests for input; those that nobody waits for any more are left out. @param {Record<string, object>} responses */
  answer(responses) {
    for (const [key, response] of Object.entries(responses)) this.#waiting.get(key)?.(response);
  }

  cancel() {
    this.#move({ status: "cancelled", statusMessage: "cancelled by the client" });
  }

  /**
   * Waits until every request has its answer, or so long, and then takes them back.
   *
   * @param {Record<string, { method: string }>} requests @param {number} [withinMs]
   */
  async #input(requests, withinMs) {
    for (const { method } of Object.values(requests)) {
      const missing = { [CAPABILITY[method]]: {} };
      if (!this.#capabilities[CAPABILITY[method]]) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: missing });
    }
    const pending = { ...requests };
    const answers = Object.keys(requests).map(
      (key) =>
        new Promise((resolve) => {
          this.#waiting.set(key, (response) => {
            this.#waiting.delete(key);
            delete pending[key];
            this.#move(Object.keys(pending).length > 0 ? { status: "input_required", inputRequests: { ...pending } } : { status: "working" });
            resolve([key, response]);
          });
        }),
    );
    this.#move({ status: "input_required", inputRequests: { ...pending } });
    const all = Promise.all(answers).then(Object.fromEntries);
    if (withinMs === undefined) return all;
    const late = sleep(withinMs).then(() => {
      for (const key of Object.keys(pending)) this.#waiting.delete(key);
    });
    return Promise.race([all, late]);
  }

  /** What an earlier status had of its own goes; a task that is over stays as it is. @param {Record<string, unknown>} next */
  #move(next) {
    if (this.isOver) return;
    const { taskId, createdAt, ttlMs, pollIntervalMs } = this.state;
    this.state = { taskId, createdAt, ttlMs, pollIntervalMs, lastUpdatedAt: new Date().toISOString(), ...next };
    for (const listener of this.#listeners) listener();
  }
}
