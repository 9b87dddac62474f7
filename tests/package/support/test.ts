import { test as base, expect, type Page } from "@playwright/test";
import { startServer } from "./mcp.ts";
import { Project } from "./project.ts";

export { expect };

/** `mcp`: the URL of a running MCP server; `project`: a scratch project with the package installed. */
export const test = base.extend<{ project: Project }, { mcp: string }>({
  mcp: [
    async ({}, use) => {
      const server = await startServer();
      await use(server.url);
      await server.stop();
    },
    { scope: "worker" },
  ],
  project: async ({}, use) => {
    const project = await Project.create();
    await use(project);
    await project.remove();
  },
});

/** The newest version that both speak, and the newest with sessions: the server that the tests run speaks both. */
export const VERSIONS = ["2026-07-28", "2025-11-25"] as const;

/** What the app of every consumer below reports. */
export interface Report {
  protocolVersion: string;
  returnedImmediately: boolean;
  statuses: string[];
  text: string;
}

/** The app of every consumer: it offers `runTask(url)`, which runs a tool of `duration` seconds as a task to its result. */
export const app = (entry = "mcp-tasks", options = "", duration = 1) => `
  import { Client } from "${entry}";

  globalThis.runTask = async (url) => {
    const client = await Client.connect(url${options && `, ${options}`});
    const task = await client.callTool("slow_computation", { duration: ${duration} }, { task: true });
    const statuses = [];
    task.onStatusChange(({ status }) => statuses.push(status));
    const { content } = await task.result();
    await client.close();
    return { protocolVersion: client.protocolVersion, returnedImmediately: task.returnedImmediately, statuses, text: content[0].text };
  };
`;

/** The same in a dedicated Worker: two files, to be added to `app`'s. `url` is an expression for the worker's address. */
export const inWorker = (url = `new URL("./worker.js", import.meta.url)`) => ({
  "worker.js": `
    import "./app.js";
    onmessage = ({ data }) => globalThis.runTask(data).then(postMessage, reportError);
  `,
  "page.js": `
    globalThis.runTask = (url) => new Promise((resolve, reject) => {
      const worker = new Worker(${url}, { type: "module" });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(url);
    });
  `,
});

export const html = (script: string) => `<!doctype html><title>app</title><script type="module" src="${script}"></script>\n`;

/** Opens the page and runs its task; whatever the browser complains about fails the test. Returns the paths of the `.wasm` files it fetched. */
export async function expectTask(page: Page, site: string, mcp: string, version?: string): Promise<string[]> {
  const complaints: string[] = [];
  const modules: string[] = [];
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error" && !url.endsWith("/favicon.ico")) complaints.push(`${message.text()} ${url}`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith(".wasm")) modules.push(pathname);
  });
  expect(new URL(site).origin).not.toBe(new URL(mcp).origin);

  await page.goto(site);
  await page.waitForFunction(() => "runTask" in globalThis);
  expect(modules, "importing the package loads no module").toEqual([]);

  expectReport(await page.evaluate((url) => (globalThis as unknown as App).runTask(url), mcp), version);
  expect(complaints).toEqual([]);
  return modules;
}

export function expectReport(report: Report, version: string = VERSIONS[0]): void {
  expect(report.protocolVersion).toBe(version);
  expect(report.returnedImmediately).toBe(false);
  expect(report.statuses.at(-1)).toBe("completed");
  expect(report.text).toMatch(/^Computed for \d s in 5 steps\.$/);
}

interface App {
  runTask(url: string): Promise<Report>;
}
