import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "./chromium.mjs";

const FIREFOX = "/Applications/Firefox.app/Contents/MacOS/firefox";
const LIBRARIES = "/usr/lib";

/** @returns {string | undefined} */
export const firefoxPath = () => onPath("firefox", "firefox-esr") ?? [FIREFOX].find((path) => existsSync(path));

/** The browser that comes with WebKitGTK, for tests alone: it is not meant to be on PATH. @returns {string | undefined} */
export function miniBrowserPath() {
  if (!existsSync(LIBRARIES)) return undefined;
  const folders = readdirSync(LIBRARIES).map((name) => join(LIBRARIES, name)).filter((path) => path.endsWith("-linux-gnu"));
  const versions = ["webkit2gtk-4.1", "webkit2gtk-4.0", "webkitgtk-6.0"];
  return [LIBRARIES, ...folders].flatMap((folder) => versions.map((version) => join(folder, version, "MiniBrowser"))).find((path) => existsSync(path));
}
