import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

/** Where browsers are when they are not on PATH. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/snap/bin/chromium",
  "/opt/google/chrome/chrome",
];
const SHELL = "chromium-headless-shell";
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** @param {string | undefined} path */
function isProgram(path) {
  try {
    accessSync(path ?? "", constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string[]} names @returns {string | undefined} the first of these programs that is on PATH */
export const onPath = (...names) =>
  (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);

/** Playwright's own browser, once `npx playwright install chromium` was run. Required late: before the set-up there are no packages. */
function playwrightChromium() {
  try {
    return createRequire(import.meta.url)("@playwright/test").chromium.executablePath();
  } catch {
    return undefined;
  }
}

/**
 * The Chromium that tests run in: what CHROMIUM_PATH or CHROME_PATH names, else what is installed.
 * @returns {string | undefined}
 */
export function chromiumPath() {
  const { CHROMIUM_PATH, CHROME_PATH } = process.env;
  return [CHROMIUM_PATH, CHROME_PATH, onPath(...NAMES), ...PLACES].find(isProgram) ?? [playwrightChromium()].find(isProgram);
}

/** The same Chromium without what a screen shows around a page, where that is installed: it opens a page in a third of the time. */
export const chromiumShellPath = () => [process.env.CHROMIUM_PATH, process.env.CHROME_PATH, onPath(SHELL)].find(isProgram) ?? chromiumPath();

export const hasChromiumShell = () => onPath(SHELL) !== undefined;
