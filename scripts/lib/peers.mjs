import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inProject, tools } from "./project.mjs";

/** The virtual environment of a Python peer, and the file in it that says which pins it was made from. */
export const environment = (name) => inProject(".tools", name);
export const madeFrom = (name) => join(environment(name), "pins.json");

/**
 * The Python that runs a peer's server, or undefined where the set-up could not make its environment.
 * @param {"fastmcp-3" | "fastmcp-2.14"} name
 * @returns {string | undefined}
 */
export function pythonFor(name) {
  try {
    const pins = readFileSync(madeFrom(name), "utf8");
    return pins === JSON.stringify(tools.python.peers[name]) ? join(environment(name), "bin/python") : undefined;
  } catch {
    return undefined;
  }
}
