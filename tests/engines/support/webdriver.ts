import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A browser may take its time to start, in milliseconds. */
const PATIENCE = 30_000;
/** A script of a test, at most. */
const SCRIPT = 40_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** As much of WebDriver (https://www.w3.org/TR/webdriver2/) as it takes to run a function in a page. */
export class WebDriver {
  readonly #session: string;
  readonly #end: () => void;

  private constructor(session: string, end: () => void) {
    this.#session = session;
    this.#end = end;
  }

  /** Starts a driver by this command, and a browser by it. */
  static async open(commandOn: (port: number) => [string, ...string[]], capabilities: object): Promise<WebDriver> {
    const port = await freePort();
    const [command, ...args] = commandOn(port);
    // A group of its own: the driver's browser, and what is around them, end with it.
    const child = spawn(command, args, { stdio: "ignore", detached: true });
    const end = (): void => {
      try {
        process.kill(-child.pid!, "SIGTERM");
      } catch {
        // It has ended by itself.
      }
    };
    process.once("exit", end);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const root = `http://127.0.0.1:${port}`;
    await Promise.race([failed, answers(`${root}/status`)]);
    const { sessionId } = (await send("POST", `${root}/session`, { capabilities: { alwaysMatch: capabilities } })) as { sessionId: string };
    const driver = new WebDriver(`${root}/session/${sessionId}`, end);
    await send("POST", `${driver.#session}/timeouts`, { script: SCRIPT });
    return driver;
  }

  /** Goes to a page that it was not on before, and waits for what its scripts have put there: not every driver does. */
  async goto(url: string, name: string): Promise<void> {
    await send("POST", `${this.#session}/url`, { url });
    const look = { script: "return location.href === arguments[0] && arguments[1] in globalThis", args: [url, name] };
    for (const end = Date.now() + PATIENCE; (await send("POST", `${this.#session}/execute/sync`, look)) !== true; await sleep(20)) {
      if (Date.now() > end) throw new Error(`${url} has no ${name}`);
    }
  }

  /** Calls a function in the page, as text: it sees the page's globals and its argument alone. */
  async run<A, R>(call: (argument: A) => Promise<R>, argument: A): Promise<R> {
    const script = `
      const [argument, done] = arguments;
      (${String(call)})(argument).then((value) => done({ value }), (error) => done({ thrown: String(error) + "\\n" + error.stack }));
    `;
    const { value, thrown } = (await send("POST", `${this.#session}/execute/async`, { script, args: [argument] })) as { value: R; thrown?: string };
    if (thrown !== undefined) throw new Error(`in the page: ${thrown}`);
    return value;
  }

  /** Runs a script as the browser's own: Firefox alone lets its driver do that. */
  async runPrivileged(script: string, args: unknown[]): Promise<void> {
    const turn = (context: string): Promise<unknown> => send("POST", `${this.#session}/moz/context`, { context });
    await turn("chrome");
    await send("POST", `${this.#session}/execute/sync`, { script, args });
    await turn("content");
  }

  /** Clicks, as a user does: what comes of it may open windows. */
  async click(selector: string): Promise<void> {
    const found = (await send("POST", `${this.#session}/element`, { using: "css selector", value: selector })) as Record<string, string>;
    await send("POST", `${this.#session}/element/${Object.values(found)[0]}/click`, {});
  }

  async close(): Promise<void> {
    await send("DELETE", this.#session).catch(() => {});
    this.#end();
  }
}

async function answers(url: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(50)) {
    try {
      await send("GET", url);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

async function send(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
  return value;
}
