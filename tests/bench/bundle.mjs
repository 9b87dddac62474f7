import { brotliCompressSync, constants } from "node:zlib";
import { root } from "../../scripts/lib/project.mjs";

/** Brotli as a server compresses what it keeps. @param {Uint8Array} bytes */
export const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;

/**
 * A program as a site would ship it: bundled, minified, with what it imports late in files of its own.
 * @param {string} entry the program's file
 * @param {string} [outdir] where it would lie; nothing is written
 * @returns {Promise<{ files: { path: string, name: string, contents: Uint8Array, inputs: Record<string, { bytesInOutput: number }>, imports: { path: string, kind: string }[] }[] }>}
 */
export async function bundle(entry, outdir = ".") {
  // Imported late: before the set-up there are no packages.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { program: entry },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    outdir,
    write: false,
    metafile: true,
    loader: { ".wasm": "file" },
    logLevel: "error",
  });
  const described = Object.entries(metafile.outputs);
  const files = outputFiles.map(({ path, contents }) => {
    const [name, about] = described.find(([output]) => path.endsWith(output)) ?? [];
    return { path, name, contents, inputs: about.inputs, imports: about.imports };
  });
  return { files };
}

/** The files that a page has before the program runs: the entry, and what it imports at once. */
export function atOnce(files) {
  const entry = files.find(({ name }) => /(^|\/)program\.js$/.test(name));
  const found = new Set([entry]);
  for (const file of found) {
    for (const { path, kind } of file.imports) {
      const other = files.find(({ name }) => name === path);
      if (other && kind === "import-statement") found.add(other);
    }
  }
  return [...found];
}

/** The bytes that files are, each compressed by itself. */
export const compressed = (files) => files.reduce((sum, { contents }) => sum + brotli(contents), 0);
/** As they are. */
export const plain = (files) => files.reduce((sum, { contents }) => sum + contents.length, 0);
