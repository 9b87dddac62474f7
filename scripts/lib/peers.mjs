import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inProject, tools } from "./project.mjs";

/** The virtual environment of a Python peer. */
export const environment = (name) => inProject(".tools", name);

/** The file in it that says what it was made from: written last, so a half-made environment has none. */
export const madeFrom = (name) => join(environment(name), "pins.txt");

const packageOf = (pin) => pin.split("==")[0];

/** The versions of what a peer's packages need: those that all share, unless the peer has its own of a package. */
export function constraints(name) {
  const { constraints: shared, otherConstraints } = tools.python;
  const own = otherConstraints[name] ?? [];
  const replaced = new Set(own.map(packageOf));
  return [...shared.filter((pin) => !replaced.has(packageOf(pin))), ...own];
}

/** Every pin that an environment is made from. */
export const pins = (name) => [...tools.python.peers[name], ...constraints(name)].join("\n");

/**
 * The Python that runs a peer's server, or undefined where the set-up could not make its environment.
 * @param {string} name `fastmcp-4`, `fastmcp-3` or `fastmcp-2.14`
 * @returns {string | undefined}
 */
export function pythonFor(name) {
  try {
    return readFileSync(madeFrom(name), "utf8") === pins(name) ? join(environment(name), "bin/python") : undefined;
  } catch {
    return undefined;
  }
}
