import { existsSync } from "node:fs";
import { join } from "node:path";
import { cache, tools } from "../lib/project.mjs";
import { Missing, step } from "../lib/log.mjs";
import { ask, run } from "../lib/run.mjs";

/** Unoptimised, these tools compile in half the time, and cost a build a tenth of a second. */
const QUICK = { CARGO_PROFILE_DEV_DEBUG: "0" };

/**
 * The folder that holds a tool of crates.io in its pinned version: "" when the one on PATH is it.
 * @param {string} crate
 * @param {string} program what it is called on the command line
 * @returns {Promise<string>}
 */
async function cargoTool(crate, program) {
  const version = tools.cargo[crate];
  const home = join(cache, `${crate}-${version}`);
  const folder = join(home, "bin");
  if (existsSync(join(folder, program))) return folder;
  if (ask(program, ["--version"])?.split(/\s/)[1] === version) return "";
  const install = ["install", crate, "--version", version];
  try {
    await step(`${crate} ${version} from crates.io`, () => run("cargo", [...install, "--debug", "--root", home], { env: QUICK }));
  } catch (error) {
    throw new Missing(`${crate} ${version}`, `cargo ${install.join(" ")}`, error.message);
  }
  return folder;
}

export const wasmBindgen = () => cargoTool("wasm-bindgen-cli", "wasm-bindgen");
export const wasmPack = () => cargoTool("wasm-pack", "wasm-pack");
export const geckodriver = () => cargoTool("geckodriver", "geckodriver");
