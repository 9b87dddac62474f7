import { readFileSync } from "node:fs";
import { inProject, root } from "../lib/project.mjs";
import { Missing, step } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";

/** The packages of a lock file by their folder. */
function locked(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return {};
  }
}

function isInstalled() {
  const installed = locked(inProject("node_modules/.package-lock.json"));
  return Object.entries(locked(inProject("package-lock.json"))).every(
    ([folder, { version, optional, peer }]) => folder === "" || (optional || peer) && !installed[folder] || installed[folder]?.version === version,
  );
}

/** The npm packages of the lock file. Their install scripts are not needed, so they do not run. */
export async function nodeModules() {
  if (isInstalled()) return;
  try {
    await step("npm packages of the lock file", () => run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root }));
  } catch (error) {
    throw new Missing("node_modules", "npm ci", error.message);
  }
}
