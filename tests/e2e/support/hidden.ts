import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import { chromiumPath } from "../../../scripts/lib/chromium.mjs";

/** In seconds; Chromium's own is five minutes, of which a run by hand may assure itself. */
const GRACE = Number(process.env.HIDDEN_GRACE ?? 10);

interface OwnBrowser {
  context: BrowserContext;
  /** All of its processes stop for so long, in milliseconds, as they do in a machine that sleeps. */
  sleep: (ms: number) => Promise<void>;
  close: () => Promise<void>;
}

/**
 * A Chromium whose hidden pages are really hidden, and slowed down after ten seconds instead of five minutes.
 *
 * Playwright starts its own with all of that off, and tells every page that it has the focus: so this one is started without it, and
 * joined without its defaults.
 */
export async function openThrottling(): Promise<OwnBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "hidden-"));
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    `--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/${GRACE}`,
    // Its own first page asks for much, which is not ours.
    "about:blank",
  ];
  const browser = spawn(chromiumPath() ?? "chromium", args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const endpoint = await new Promise<string>((resolve, reject) => {
    let said = "";
    browser.stderr.on("data", (chunk) => {
      said += chunk;
      const [, url] = /listening on (ws:\S+)/.exec(said) ?? [];
      if (url) resolve(url);
    });
    browser.once("exit", () => reject(new Error(`the browser does not start: ${said}`)));
    browser.once("error", reject);
  });
  const joined = await chromium.connectOverCDP(endpoint, { noDefaults: true });
  return {
    context: joined.contexts()[0]!,
    sleep: async (ms) => {
      const all = -browser.pid!;
      process.kill(all, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.kill(all, "SIGCONT");
    },
    close: async () => {
      const gone = new Promise((resolve) => browser.once("exit", resolve));
      // Asked to, it waits for its helpers, which write to the profile to the last.
      await (await joined.newBrowserCDPSession()).send("Browser.close").catch(() => browser.kill());
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}
