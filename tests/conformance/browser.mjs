import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "@playwright/test";
import { chromiumPath } from "../../scripts/lib/chromium.mjs";
import { openProxy } from "./proxy.mjs";
import { openSite } from "./site.mjs";

/** @typedef {{ scenario: string, url: string, version: string, context: object }} Asked what the suite tells the client under test */

/** One Chromium for the whole run. All that it sends to loopback goes through the proxy, its own page excepted. */
export async function openBrowser() {
  const [proxy, site] = await Promise.all([openProxy(), openSite()]);
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ["--disable-component-update"],
    proxy: { server: proxy.url, bypass: `<-loopback>,${site.host}` }, // in this order: the later rule counts
  });

  /**
   * Plays the client of one scenario, in a page that knows nothing of the others.
   * @param {Asked} asked
   * @param {number} limitMs
   * @returns {Promise<string | undefined>} what went wrong
   */
  async function play(asked, limitMs) {
    const context = await browser.newContext();
    const uncaught = [];
    context.on("weberror", (fault) => uncaught.push(`uncaught: ${fault.error()}`));
    try {
      const page = await context.newPage();
      await page.goto(`http://${site.host}`);
      const played = page.evaluate(`import("/run.js").then(({ run }) => run(${JSON.stringify(asked)}))`).catch(String);
      const tooLong = sleep(limitMs, `not done after ${limitMs / 1000} s`, { ref: false });
      return (await Promise.race([played, tooLong])) ?? uncaught[0];
    } finally {
      await context.close();
    }
  }

  return {
    play,
    async close() {
      await browser.close();
      proxy.close();
      site.close();
    },
  };
}
