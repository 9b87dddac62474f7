import { expect, test as base, type Page } from "@playwright/test";
import { serve } from "../../../www/serve.mjs";
import { startPeer } from "../../peers/spawn.mjs";

interface Fixtures {
  /** What the browser may complain about in a test. Anything else fails it. */
  expected: RegExp;
}

export const test = base.extend<Fixtures, { demo: string; stateless: string }>({
  demo: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../../../www/server/main.mjs`]);
      const site = await serve({ port: 0, server: peer.url });
      await use(site.url);
      await site.close();
      await peer.stop();
    },
    { scope: "worker" },
  ],

  /** The address of a 2026-07-28 server that knows nothing of this page. */
  stateless: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../../peers/sdk2026-server.mjs`]);
      await use(peer.url);
      await peer.stop();
    },
    { scope: "worker" },
  ],

  expected: [/^$/, { option: true }],

  page: async ({ page, demo, expected }, use) => {
    const complaints = await complaintsOf(page);
    await page.goto(demo);
    await use(page);
    expect(complaints.filter((text) => !expected.test(text))).toEqual([]);
  },
});

/** What the browser complains about from now on: what its Content-Security-Policy forbids, in the windows that it opens too, and what is uncaught. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.context().addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return complaints;
}

export const row = (page: Page, tool: string) => page.getByRole("row", { name: new RegExp(`#\\d+ ?${tool}`) });

type Version = "2026-07-28" | "2025-11-25";

/** Connects, and finds out by itself what the server speaks unless a version is chosen. */
export async function connect(page: Page, version?: Version) {
  if (version) await page.getByLabel("Protocol version").selectOption(version);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.locator("#connection-state")).toHaveText(`Connected, ${version ?? "2026-07-28"}`);
}

export async function connectTo(page: Page, url: string) {
  await page.getByLabel("Address of the MCP endpoint").fill(url);
  await connect(page);
}

export async function start(page: Page, tool: string, fields: Record<string, string> = {}, how = "as a task") {
  await page.getByRole("radio", { name: new RegExp(`^${tool}\\b`) }).check();
  for (const [label, value] of Object.entries(fields)) await page.locator("#call-form").getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("radio", { name: how }).check();
  await page.getByRole("button", { name: "Start", exact: true }).click();
}

/** The id of the task in a row. */
export async function taskIdOf(page: Page, tool: string): Promise<string> {
  await row(page, tool).getByRole("button", { name: "Details" }).click();
  await page.getByText("Task", { exact: true }).click();
  return /"taskId": "([^"]+)"/.exec(await page.locator(".outcome").innerText())?.[1] ?? "";
}

export async function watch(page: Page, taskId: string) {
  await page.getByText("Watch a task by its id").click();
  await page.getByLabel("Task id").fill(taskId);
  await page.getByRole("button", { name: "Watch", exact: true }).click();
}

export const question = (page: Page, text: string) => page.locator(".question", { hasText: text });

export const elicit = (properties: object, required: string[] = [], message = "Tell me") => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties, required } },
});

/** Lets a task ask all of these. */
export const ask = (page: Page, questions: object) => start(page, "Ask anything", { questions: JSON.stringify(questions) });

/** What the task was answered, once it has ended. */
export async function answers(page: Page): Promise<unknown> {
  await expect(row(page, "Ask anything")).toContainText("Completed");
  await row(page, "Ask anything").getByRole("button", { name: "Details" }).click();
  return JSON.parse(await page.locator(".outcome section pre").innerText());
}
