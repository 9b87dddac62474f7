/**
 * A page for a scenario: what the core sends is answered by a scripted server, with real responses and streams in real time.
 */

import { Browser } from "/tests/web/page/browser.js";

const sleep = (wait) => new Promise((resolve) => setTimeout(resolve, wait));
const encoder = new TextEncoder();

/** An event stream of these messages, each so long after the one before. It breaks when it is aborted. */
function stream(events, closes, signal) {
  return new ReadableStream({
    async start(controller) {
      signal.addEventListener("abort", () => controller.error(signal.reason));
      for (const [wait, message] of events) {
        if (wait > 0) await sleep(wait);
        if (signal.aborted) return;
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
      }
      if (closes) controller.close();
    },
  });
}

function response({ status, session, json, events, closes }, signal) {
  const headers = new Headers(session === null ? [] : [["mcp-session-id", session]]);
  if (events !== null) {
    headers.set("content-type", "text/event-stream");
    return new Response(stream(events, closes, signal), { status, headers });
  }
  if (json === null) return new Response(null, { status, headers });
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(json), { status, headers });
}

export class Scripted extends Browser {
  #answer;
  #ends = new Map();
  /** What the page was told without having asked: `["status", status]`, `["asked", question, key, params]`. */
  #heard = [];

  /** `answer` takes a request and gives the reply, both as JSON. */
  constructor(answer) {
    super();
    this.#answer = answer;
  }

  async send(method, headers, body, signal) {
    const message = body === undefined ? null : JSON.parse(body);
    const request = { at: now(), verb: method, headers: Object.entries(headers), body: message };
    const reply = JSON.parse(this.#answer(JSON.stringify(request)));
    if (reply.wait > 0) await sleep(reply.wait);
    signal.throwIfAborted();
    return response(reply, signal);
  }

  resolve(call, value) {
    this.#ends.set(call, { value: value ?? null });
  }

  reject(call, code, message, taskId, data) {
    this.#ends.set(call, { code, data: data ?? null });
  }

  status(status) {
    this.#heard.push(["status", status]);
  }

  ask(question, topic, params, key) {
    this.#heard.push(["asked", question, key, params]);
  }

  withdraw() {}
  gone() {}
  notification() {}
  progress() {}
  debugMessage() {}

  /** How a call ended, as JSON. */
  endOf(call) {
    return this.#ends.has(call) ? JSON.stringify(this.#ends.get(call)) : undefined;
  }

  heard() {
    return JSON.stringify(this.#heard);
  }
}

/** Whole milliseconds, as the core has them. */
export const now = () => Math.floor(performance.now());

export const rest = () => sleep(5);
