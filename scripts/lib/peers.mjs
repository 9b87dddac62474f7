import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inProject, tools } from "./project.mjs";

/** The virtual environment of a Python peer. */
export const environment = (name) => inProject(".tools", name);

/** The file in it that says what it was made from: written last, so a half-made environment has none. */
export const madeFrom = (name) => join(environment(name), "pins.txt");

/** Every pin that an environment is made from, those that both share included. */
export const pins = (name) => [...tools.python.peers[name], ...tools.python.constraints].join("\n");

/**
 * The Python that runs a peer's server, or undefined where the set-up could not make its environment.
 * @param {string} name `fastmcp-3` or `fastmcp-2.14`
 * @returns {string | undefined}
 */
export function pythonFor(name) {
  try {
    return readFileSync(madeFrom(name), "utf8") === pins(name) ? join(environment(name), "bin/python") : undefined;
  } catch {
    return undefined;
  }
}
