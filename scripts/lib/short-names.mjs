import binaryen from "binaryen";

/** The module from which the imports come, as wasm-bindgen names it. */
const MODULE = "./core_bg.js";

/**
 * Gives what the wasm and its glue know each other by short names. wasm-bindgen's have hashes in them, which nothing compresses.
 * @param {Uint8Array} bytes the wasm
 * @param {string} glue its JavaScript
 * @returns {{ bytes: Uint8Array, glue: string }}
 */
export function shortNames(bytes, glue) {
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(bytes);
  /** @type {Map<string, string>} */
  const names = new Map();
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) => binaryen.getFunctionInfo(module.getFunctionByIndex(index)));
  for (const { name, base, params, results } of functions.filter(({ module }) => module === MODULE)) {
    const short = names.get(base) ?? `_${names.size.toString(36)}`;
    names.set(base, short);
    module.removeFunction(name);
    module.addFunctionImport(name, "_", short, params, results);
  }
  const exports = Array.from({ length: module.getNumExports() }, (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)));
  exports
    .filter(({ name }) => name.startsWith("wasm_bindgen"))
    .forEach(({ name, value }, index) => {
      names.set(name, `closure${index}`);
      module.removeExport(name);
      module.addFunctionExport(value, `closure${index}`);
    });
  const known = new RegExp(`\\b(?:${[...names.keys()].join("|")})\\b`, "g");
  const renamed = glue.replaceAll(known, (name) => names.get(name) ?? name).replace(JSON.stringify(MODULE), '"_"');
  if (names.size === 0 || /__wbg_\w+_[0-9a-f]{16}/.test(renamed)) throw new Error("wasm-bindgen's names are not what scripts/lib/short-names.mjs takes them for");
  return { bytes: module.emitBinary(), glue: renamed };
}
