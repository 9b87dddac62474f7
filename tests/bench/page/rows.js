// What is measured in the page. Every function loads a program, does its work, and gives times with what proves that it was done.
"use strict";

const load = (program) => import(`/programs/${program}/program.js`);

/** The time of day in milliseconds, as the server has it. */
const clock = () => performance.timeOrigin + performance.now();

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}

/** All timers that are armed in this page. */
const timers = new Set();
const arm = globalThis.setTimeout;
const disarm = globalThis.clearTimeout;
globalThis.setTimeout = (callback, ms, ...rest) => {
  const timer = arm(() => (timers.delete(timer), callback(...rest)), ms);
  timers.add(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => (timers.delete(timer), disarm(timer));

/** The memory of all modules that were made here. */
const memories = [];
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    const made = await original.apply(WebAssembly, args);
    memories.push((made.instance ?? made).exports.memory);
    return made;
  };
}

const longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });

/** What a row needs more than once, kept between its parts. */
let connected;

const ROWS = {
  /** Import, connect, the first result; each after so many milliseconds. */
  async coldStart(program, url, era) {
    const began = performance.now();
    const { connect } = await load(program);
    const imported = performance.now() - began;
    const { call } = await connect(url, era);
    const connected = performance.now() - began;
    const value = (await call("echo", { text: "cold" })).content[0].text;
    return { ms: performance.now() - began, imported, connected, value };
  },

  /** Import alone: what was fetched for it. */
  async importOnly(program) {
    await load(program);
    await new Promise((resolve) => arm(resolve, 300));
    return performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  },

  async connect(program, url, era, options) {
    const { connect } = await load(program);
    connected = await connect(url, era, options);
    // The connection is warm, and the code as well.
    for (let nth = 0; nth < 5; nth++) await connected.call("echo", { text: String(nth) });
    return connected.client?.protocolVersion;
  },

  sequential: (count) =>
    timed(async () => {
      let length = 0;
      for (let nth = 0; nth < count; nth++) length += (await connected.call("echo", { text: String(nth) })).content[0].text.length;
      return length;
    }),

  /** Results of so many bytes, one after the other. */
  results: (bytes, count) =>
    timed(async () => {
      let items = 0;
      for (let nth = 0; nth < count; nth++) items += (await connected.call("blob", { bytes })).structuredContent.items.length;
      return items;
    }),

  /** The messages of one stream, to whoever listens. */
  async events(count, bytes) {
    let length = 0;
    const unlisten = connected.client.onNotification("notifications/message", ({ data }) => (length += data.length));
    const { ms } = await timed(() => connected.call("events", { count, bytes }));
    unlisten();
    return { ms, value: length };
  },

  /** The same stream through a parser; the last event is the answer. */
  async parsedEvents(program, url, count, bytes) {
    const { readEvents } = await load(program);
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "events",
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "events", arguments: { count, bytes }, _meta: {} } });
    let length = 0;
    const { ms } = await timed(() => readEvents(url, { method: "POST", headers, body }, ({ params }) => (length += params?.data.length ?? 0)));
    return { ms, value: length };
  },

  /** So many tasks at once, to their results. */
  tasks: (count, ms) =>
    timed(async () => {
      const results = await Promise.all(Array.from({ length: count }, () => connected.task("work", { ms })));
      return results.filter(({ structuredContent }) => structuredContent.doneAt > 0).length;
    }),

  /** How long after the end of the work each result is there, one task after the other; with the time that a request takes. */
  async latency(lives) {
    const found = [];
    for (const ms of lives) {
      const { ms: roundTrip } = await timed(() => connected.call("echo", { text: "" }));
      const { structuredContent } = await connected.task("work", { ms });
      found.push({ age: ms, late: clock() - structuredContent.doneAt, roundTrip });
    }
    return found;
  },

  /** Makes tasks that live, and holds on to them. */
  async live(count, ms) {
    const { client } = connected;
    connected.held = [];
    const make = async () => {
      while (connected.held.length < count) {
        const at = connected.held.push(undefined) - 1;
        const task = await client.callTool("work", { ms }, { task: true });
        task.onStatusChange(() => {});
        connected.held[at] = task;
      }
    };
    await Promise.all(Array.from({ length: 32 }, make));
    return client.tasks.size;
  },

  wasmBytes: () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  timers: () => timers.size,
  /** The long tasks of the next so many milliseconds. */
  async watchLongTasks(ms) {
    const before = longTasks.length;
    await new Promise((resolve) => arm(resolve, ms));
    return longTasks.slice(before);
  },
};

globalThis.row = (name, ...args) => ROWS[name](...args);
