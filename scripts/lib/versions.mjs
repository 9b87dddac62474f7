import { readFileSync } from "node:fs";
import { inProject, tools } from "./project.mjs";

/** @param {string | undefined} version @param {string} minimum numbers with dots */
export const isAtLeast = (version, minimum) => version !== undefined && version.localeCompare(minimum, "en", { numeric: true }) >= 0;

/** Throws when two places name different versions of what must be one: the wasm-bindgen crate and its CLI share an unstable format. */
export function checkVersions() {
  const crate = /^wasm-bindgen = "=([^"]+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"))?.[1];
  const cli = tools.cargo["wasm-bindgen-cli"];
  if (crate !== cli) throw new Error(`Cargo.toml has wasm-bindgen =${crate}, tools.json has wasm-bindgen-cli ${cli}: make them equal`);
  const { version } = JSON.parse(readFileSync(inProject("package.json"), "utf8"));
  const own = /^version = "([^"]+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"))?.[1];
  if (own !== version) throw new Error(`Cargo.toml has version ${own}, package.json has ${version}: make them equal`);
}
