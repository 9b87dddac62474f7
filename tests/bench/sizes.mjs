/** What a page loads: the size table, and the budget that it has to keep. */
import { readFile } from "node:fs/promises";
import { inProject } from "../../scripts/lib/project.mjs";
import { atOnce, brotli, bundle, compressed, plain } from "./bundle.mjs";

/**
 * The most that the package may be, in brotli bytes: all that `import { Client }` brings, module and JavaScript, and what a page has parsed
 * when it has imported that and not connected. The marks are 48,000 and 12,000: these are lowered as the package gets there.
 */
export const BUDGET = { everything: 82_500, imported: 12_000 };

/** The file of a program. */
export const entryOf = (name) => inProject("tests/bench/programs", `${name}.js`);

/** What all of the package costs, and what of it is there before anybody connects. */
export async function ownSize() {
  const { files } = await bundle(inProject("tests/bench/programs/import-only.js"));
  const scripts = files.filter(({ name }) => name.endsWith(".js"));
  const wasm = await readFile(inProject("dist/core.wasm"));
  return {
    wasm: { bytes: wasm.length, brotli: brotli(wasm) },
    scripts: { bytes: plain(scripts), brotli: compressed(scripts) },
    everything: compressed(scripts) + brotli(wasm),
    imported: compressed(atOnce(scripts)),
    files: scripts,
  };
}

/** What a program weighs that somebody would write with another package; what that imports late, for sign-in alone, is left out. @param {string} name */
export async function sizeOf(name) {
  return compressed(atOnce((await bundle(entryOf(name))).files));
}
