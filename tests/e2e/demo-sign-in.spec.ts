import { expect, type Page, test as base } from "@playwright/test";
import type { SignInFailure } from "mcp-tasks";
import { serve } from "../../www/serve.mjs";
import { startPeer } from "../peers/spawn.mjs";
import { complaintsOf, row, start } from "./support/demo.ts";

interface Demo {
  url: string;
  guarded: string;
}

const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../../www/server/main.mjs`]);
      const guarded = new URL("/protected/mcp", peer.url).href;
      const site = await serve({ port: 0, server: peer.url, guarded });
      await use({ url: site.url, guarded });
      await site.close();
      await peer.stop();
    },
    { scope: "worker" },
  ],

  /** A server that asks for a sign-in is a red line in the console. */
  page: async ({ page, demo }, use) => {
    const complaints = await complaintsOf(page);
    await page.goto(demo.url);
    await page.getByRole("button", { name: "Server with sign-in" }).click();
    await use(page);
    expect(complaints.filter((text) => !/status of (400|401|403)|Unsafe attempt to initiate navigation/.test(text))).toEqual([]);
  },
});

const state = (page: Page) => page.locator("#connection-state");
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** What the window of the sign-in is answered, which something on the page opens. */
async function answer(page: Page, open: () => Promise<void>, name: "Allow" | "Deny"): Promise<string> {
  const [popup] = await Promise.all([page.waitForEvent("popup"), open()]);
  // The window is there before its page is.
  await popup.getByRole("button", { name }).waitFor();
  const text = await popup.locator("body").innerText();
  await press(popup, name);
  await expect.poll(() => popup.isClosed()).toBe(true);
  return text;
}

async function connect(page: Page, name: "Allow" | "Deny" = "Allow"): Promise<string> {
  return answer(page, () => press(page, "Connect"), name);
}

for (const version of ["2026-07-28", "2025-11-25"]) {
  test(`${version}: the page signs its user in, and tasks run`, async ({ page, demo }) => {
    await page.getByLabel("Protocol version").selectOption(version);
    const text = await connect(page);
    for (const words of ["mcp-tasks", demo.guarded, "use the demo’s tools", "stay signed in"]) expect(text).toContain(words);
    await expect(state(page)).toHaveText(`Connected, ${version}`);
    await expect(page.locator("#sign-in-state")).toHaveText("signed in");
    await start(page, "Slow computation", { duration: "1", steps: "2" });
    await expect(row(page, "Slow computation")).toContainText("Computed for 1 s in 2 steps.");
  });
}

test("a tool that needs more asks for more, and runs once it has it", async ({ page }) => {
  await connect(page);
  await expect(state(page)).toHaveText(/^Connected/);
  const text = await answer(page, () => start(page, "Write a report"), "Allow");
  expect(text).toContain("write reports");
  await expect(row(page, "Write a report")).toContainText("# Summary");
  await expect(state(page)).toHaveText(/^Connected/);
});

test("who says no is told so, and may try again", async ({ page }) => {
  await connect(page, "Deny");
  await expect(page.locator("#connection-error")).toContainText("The sign-in was refused");
  await expect(state(page)).toHaveText("Not connected");
  await connect(page);
  await expect(state(page)).toHaveText(/^Connected/);
});

test("a window that is closed is told", async ({ page }) => {
  const [popup] = await Promise.all([page.waitForEvent("popup"), press(page, "Connect")]);
  await expect(state(page)).toHaveText("Signing in");
  await popup.waitForLoadState();
  await popup.close();
  await expect(page.locator("#connection-error")).toContainText("The window of the sign-in was closed");
});

test("who is stopped while signing in is not connected, whatever comes of the window", async ({ page }) => {
  const [popup] = await Promise.all([page.waitForEvent("popup"), press(page, "Connect")]);
  await popup.waitForLoadState();
  await press(page, "Stop");
  await expect(state(page)).toHaveText("Not connected");
  // A window whose opener was cut off is not the page's to close.
  if (!popup.isClosed()) await press(popup, "Allow");
  await expect.poll(() => popup.isClosed()).toBe(true);
  await expect(state(page)).toHaveText("Not connected");
});

test("one stays signed in from one connection to the next, until one signs out", async ({ page }) => {
  await connect(page);
  await press(page, "Disconnect");
  await press(page, "Connect");
  await expect(state(page)).toHaveText(/^Connected/);
  await press(page, "Disconnect");
  await press(page, "Sign out");
  await expect(page.locator("#sign-in-state")).toHaveText("on");
  await connect(page);
  await expect(state(page)).toHaveText(/^Connected/);
});

test("tokens are bound to a key where that is wanted", async ({ page, demo }) => {
  await page.getByLabel("Bind tokens to a key").check();
  const schemes = new Set<string | undefined>();
  page.on("request", (request) => request.url() === demo.guarded && request.method() === "POST" && schemes.add(request.headers().authorization?.split(" ")[0]));
  await connect(page);
  await expect(state(page)).toHaveText(/^Connected/);
  expect(schemes).toEqual(new Set([undefined, "DPoP"]));
});

const REASONS = {
  popup_blocked: true, popup_closed: true, interaction: true, denied: true, callback: true, discovery: true, registration: true, token: true, scope: true,
} satisfies Record<SignInFailure, true>;

test("every way in which a sign-in fails has its own words for what to do", async ({ page }) => {
  const words = await page.evaluate(async (reasons) => {
    const { problem } = (await import(`${location.origin}/problem.js`)) as { problem: (error: object) => HTMLElement };
    return reasons.map((reason) => problem({ code: "unauthorized", message: "", data: { reason } }).querySelector("li")?.textContent);
  }, [...Object.keys(REASONS), "unheard of"]);
  expect(words).not.toContain(undefined);
  expect(new Set(words).size).toBe(words.length);
});

test("without the sign-in switched on, the page says what is missing", async ({ page, demo }) => {
  await page.getByLabel("Sign in where the server asks for it").uncheck();
  await press(page, "Connect");
  await expect(page.locator("#connection-error")).toContainText("The server wants to know who calls");
  await expect(page.getByLabel("Address of the MCP endpoint")).toHaveValue(demo.guarded);
});

test("no token is in the page, its wire log, or its storages", async ({ page, demo }) => {
  const tokens: string[] = [];
  // The browser does not always keep what it has received.
  await page.route("**/token", async (route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as Partial<Record<string, string>>;
    tokens.push(...[answer.access_token, answer.refresh_token].filter((token) => token !== undefined));
    await route.fulfill({ response });
  });
  await connect(page);
  await start(page, "Greet", { name: "Ada" });
  await expect(row(page, "Greet")).toContainText("Hello, Ada!");
  expect(tokens).toHaveLength(2);
  const text = await page.content();
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  for (const token of tokens) expect(text + stored).not.toContain(token);
  expect(demo.guarded).toContain("/protected/");
});
