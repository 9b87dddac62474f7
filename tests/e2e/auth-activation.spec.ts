import { chromiumPath } from "../../scripts/lib/chromium.mjs";
import { expect, test as base } from "./support/sign-in.ts";

const chromium = chromiumPath();

/** A browser that opens windows only where the user has just done something: Playwright's own opens all, and so does a headless shell. */
const test = base.extend({
  launchOptions: [
    async ({ launchOptions }, use) => use({ ...launchOptions, ...(chromium && { executablePath: chromium }), ignoreDefaultArgs: ["--disable-popup-blocking"] }),
    { scope: "worker" },
  ],
});

test("what a click begins may open the window, and what a page begins by itself may not", async ({ page, scripted, authorization }) => {
  // What a test evaluates counts as the user's doing: the page has to begin, and to tell.
  let tell = (_: Settled<string>): void => {};
  const told = new Promise<Settled<string>>((resolve) => (tell = resolve));
  await page.exposeFunction("tell", tell);
  await page.addInitScript((url) => {
    const { tell } = globalThis as unknown as { tell: (ended: unknown) => void };
    addEventListener("load", () => void visit(url).then(tell));
  }, scripted.url);
  await page.reload();
  expect((await told).error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "popup_blocked" } });
  expect(authorization.sent("GET /authorize")).toEqual([]);
  await page.evaluate((url) => {
    const button = Object.assign(document.createElement("button"), { textContent: "Sign in" });
    button.onclick = () => void (kept.ended = visit(url));
    document.body.append(button);
  }, scripted.url);
  await page.getByText("Sign in").click();
  expect(await page.evaluate(() => kept.ended)).toMatchObject({ value: "at once" });
});
