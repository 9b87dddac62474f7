import { createInterface } from "node:readline";
import { chromiumPath } from "../../scripts/lib/chromium.mjs";
import { inProject } from "../../scripts/lib/project.mjs";
import { start } from "../../scripts/lib/run.mjs";
import { openSite } from "./site.mjs";

export const PROGRAMS = ["raw", "mcp-tasks", "client2", "sdk1", "parser", "import-only"];

/** A browser, a site and a server of both eras, each a process of its own or more. */
export class Lab {
  #browser;
  #site;
  #server;
  #addresses;

  static async open() {
    const { chromium } = await import("@playwright/test");
    const lab = new Lab();
    lab.#server = start(process.execPath, [inProject("tests/bench/server/main.mjs")]);
    lab.#server.stderr.pipe(process.stderr);
    lab.#addresses = JSON.parse(await new Promise((ready) => createInterface(lab.#server.stdout).once("line", ready)));
    lab.#site = await openSite(PROGRAMS);
    // Without a sandbox, as whoever runs this may be root; precise figures of memory cost nothing else.
    lab.#browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--enable-precise-memory-info"] });
    return lab;
  }

  get version() {
    return this.#browser.version();
  }

  /** The URL of a server. @param {"legacy" | "modern"} era @param {Record<string, string | number>} [manner] */
  url(era, manner = {}) {
    const query = new URLSearchParams(Object.entries(manner).map(([name, value]) => [name, String(value)]));
    return `${this.#addresses[era]}${query.size ? `?${query}` : ""}`;
  }

  /** What the server has counted since the last time. @returns {Promise<Record<string, number>>} */
  async counts() {
    return (await (await fetch(this.#addresses.door, { method: "POST" })).json()).counts;
  }

  /**
   * Does something in a page of its own, with nothing of an earlier one: no connection, no cache, no verdict about the server.
   * @template T
   * @param {(page: Tab) => Promise<T>} work
   * @param {{ cpu?: number }} [options] `cpu`: so many times slower
   * @returns {Promise<T>}
   */
  async page(work, { cpu = 1 } = {}) {
    const context = await this.#browser.newContext();
    const page = await context.newPage();
    /** @type {Error[]} */
    const uncaught = [];
    page.on("pageerror", (error) => uncaught.push(error));
    try {
      await page.goto(this.#site.url);
      const tools = await context.newCDPSession(page);
      // Time that the thread has run, not that has passed: what else the machine does is left out.
      await tools.send("Performance.enable", { timeDomain: "threadTicks" });
      if (cpu !== 1) await tools.send("Emulation.setCPUThrottlingRate", { rate: cpu });
      await this.counts();
      const value = await work(new Tab(page, tools));
      if (uncaught.length > 0) throw uncaught[0];
      return value;
    } finally {
      await context.close();
    }
  }

  async close() {
    await this.#browser?.close();
    this.#site?.close();
    this.#server.kill("SIGKILL");
  }
}

class Tab {
  #page;
  #tools;

  constructor(page, tools) {
    this.#page = page;
    this.#tools = tools;
  }

  /** Calls a function of `page/rows.js`. */
  row(name, ...args) {
    return this.#page.evaluate(([which, given]) => /** @type {any} */ (globalThis).row(which, ...given), [name, args]);
  }

  /** What the browser counts: seconds that the main thread has run, bytes of the heap. @returns {Promise<Record<string, number>>} */
  async metrics() {
    const { metrics } = await this.#tools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  /** The bytes that are alive in the JavaScript heap. */
  async heap() {
    await this.#tools.send("HeapProfiler.collectGarbage");
    return (await this.metrics()).JSHeapUsedSize;
  }

  /** Milliseconds of the main thread that some work takes. */
  async busy(work) {
    const before = await this.metrics();
    const value = await work();
    const after = await this.metrics();
    return { value, busy: (after.TaskDuration - before.TaskDuration) * 1_000 };
  }
}
