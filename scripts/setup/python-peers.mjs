import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tools } from "../lib/project.mjs";
import { Missing, step } from "../lib/log.mjs";
import { constraints, environment, madeFrom, pins, pythonFor } from "../lib/peers.mjs";
import { ask, run } from "../lib/run.mjs";
import { isAtLeast } from "../lib/versions.mjs";
import { installDebian, isDebianRoot } from "./debian.mjs";

const { minimum, peers } = tools.python;
const pip = (name) => join(environment(name), "bin/pip");

/** A Python that is new enough. Old ones come first on many systems, so newer names are asked too. */
function python() {
  const names = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  return names.find((name) => isAtLeast(ask(name, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]), minimum));
}

/** Debian splits `ensurepip` off Python. */
async function venvModule(interpreter) {
  if (ask(interpreter, ["-c", "import ensurepip"]) !== undefined) return;
  if (!isDebianRoot()) throw new Missing("Python's venv module", "apt-get install python3-venv");
  await step("Python's venv module from Debian", () => installDebian("Python's venv module", tools.debian.python));
}

/** The virtual environments of the Python servers that the end-to-end tests talk to. Without a new enough Python those tests are skipped. */
export async function pythonPeers() {
  const missing = Object.keys(peers).filter((name) => !pythonFor(name));
  if (missing.length === 0) return;
  const interpreter = python();
  if (!interpreter) {
    console.log(`– Python ${minimum} or newer is missing: the FastMCP tests will be skipped`);
    return;
  }
  await venvModule(interpreter);
  for (const name of missing) {
    try {
      await step(`${name} in a virtual environment`, () => make(interpreter, name));
    } catch (error) {
      throw new Missing(name, `${pip(name)} install ${peers[name][0]}`, error.message);
    }
  }
}

async function make(interpreter, name) {
  const home = environment(name);
  await rm(home, { recursive: true, force: true });
  await run(interpreter, ["-m", "venv", home]);
  const list = join(home, "constraints.txt");
  const pinned = constraints(name).map((pin) => `${pin}; python_version >= "${tools.python.constraintsFrom}"\n`);
  await writeFile(list, pinned.join(""));
  await run(pip(name), ["install", "--disable-pip-version-check", "--no-input", "-q", "-c", list, ...peers[name]]);
  await writeFile(madeFrom(name), pins(name));
}
