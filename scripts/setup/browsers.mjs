import { tools } from "../lib/project.mjs";
import { firefoxPath, miniBrowserPath } from "../lib/browsers.mjs";
import { chromiumPath, hasChromiumShell, onPath } from "../lib/chromium.mjs";
import { Missing, step } from "../lib/log.mjs";
import { npmProgram, run } from "../lib/run.mjs";
import { installDebian, isDebianRoot } from "./debian.mjs";

/** Chromium for Playwright. */
export async function chromium() {
  if (chromiumPath()) return;
  if (isDebianRoot()) {
    await step("Chromium from Debian", () => installDebian("Chromium", tools.debian.chromium));
    return;
  }
  try {
    await step("Chromium from Playwright", () => run(npmProgram("playwright"), ["install", "chromium"]));
  } catch (error) {
    throw new Missing("Chromium", "npx playwright install chromium", error.message);
  }
}

/** What opens pages fast, for the suites of a thousand pages. They run without it as well. */
export async function chromiumShell() {
  if (hasChromiumShell() || !isDebianRoot()) return;
  await step("Chromium's headless shell from Debian", () => installDebian("Chromium's headless shell", tools.debian["chromium-shell"])).catch(() => {});
}

/** ChromeDriver for `wasm-pack test`, which downloads one by itself where Debian does not bring it. */
export async function chromedriver() {
  if (onPath("chromedriver") || !isDebianRoot()) return;
  await step("ChromeDriver from Debian", () => installDebian("ChromeDriver", tools.debian.chromium));
}

export async function firefox() {
  if (firefoxPath()) return;
  if (!isDebianRoot()) throw new Missing("Firefox", "apt-get install firefox-esr, or your system's own way");
  await step("Firefox from Debian", () => installDebian("Firefox", tools.debian.firefox));
}

/** WebKit as WebKitGTK has it, its driver, and a screen that is none to show it on. */
export async function webkit() {
  if (onPath("WebKitWebDriver") && onPath("xvfb-run") && miniBrowserPath()) return;
  if (!isDebianRoot()) throw new Missing("WebKitGTK with its driver, and Xvfb", `apt-get install ${tools.debian.webkit.join(" ")}, or your system's own way`);
  await step("WebKit from Debian", () => installDebian("WebKit", tools.debian.webkit));
}
