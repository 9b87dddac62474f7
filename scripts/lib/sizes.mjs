import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/** A module and all that it imports, however far. */
function reachable(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  const source = readFileSync(entry, "utf8");
  for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)) {
    reachable(join(dirname(entry), specifier), found);
  }
  return found;
}

/**
 * The size of what a page loads, each file compressed by itself as a server would.
 * @param {string[]} files
 */
function size(files) {
  const contents = files.map((file) => readFileSync(file));
  const total = (measure) => contents.reduce((sum, bytes) => sum + measure(bytes), 0).toLocaleString("en");
  return `${total((bytes) => bytes.length)} bytes, ${total(brotli)} in brotli`;
}

/** Prints what importing the package costs. */
export function printSizes(dist) {
  console.log(`  core.wasm   ${size([join(dist, "core.wasm")])}`);
  console.log(`  JavaScript  ${size([...reachable(join(dist, "index.js"))])}`);
  console.log(`  sign-in     ${size([join(dist, "auth.js")])}`);
}
