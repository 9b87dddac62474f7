import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inProject } from "./project.mjs";

/** Every file under a path, itself included when it is one. */
export function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Content, not times: a checkout changes times, and a file that was deleted changes the list. */
function fingerprint(inputs) {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap(filesUnder)) hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * Does a piece of work only when its inputs differ from those of the last time, or its output is gone.
 * @param {string} name
 * @param {{ inputs: string[], output: string }} files paths; a folder stands for all that is in it
 * @param {() => Promise<unknown>} work
 */
export async function whenChanged(name, { inputs, output }, work) {
  const stamp = inProject(".tools/stamps", name);
  const current = fingerprint(inputs);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === current) return;
  await work();
  mkdirSync(inProject(".tools/stamps"), { recursive: true });
  writeFileSync(stamp, current);
}
