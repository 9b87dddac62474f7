/** What the bytes of the package are: `npm run bench -- --bytes`. */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { smallModule } from "../../scripts/build.mjs";
import { inProject } from "../../scripts/lib/project.mjs";
import { code, functions, sections } from "../../scripts/lib/wasm.mjs";
import { bundle } from "./bundle.mjs";
import { entryOf } from "./sizes.mjs";

const compress = promisify(brotliCompress);
const brotli = async (bytes) => (await compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })).length;

/** The functions of the module that is published, by name: it is made once more for that. @param {Buffer} published */
export async function namedFunctions(published) {
  const folder = await mkdtemp(join(tmpdir(), "mcp-tasks-bytes-"));
  try {
    await smallModule(folder, { named: true });
    const module = await readFile(join(folder, "core_bg.wasm"));
    if (!code(module).equals(code(published))) throw new Error("the module with names is not the one in dist/: is it built?");
    return functions(module).map((one) => ({ ...one, name: plain(one.name) }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A function's name without its place, and without what tells two builds apart. */
const plain = (name) => name.replace(/^\d+ /, "").replace(/\[[0-9a-f]{12,}\]/g, "").replace(/ externref shim$/, "");

/**
 * Where our own methods are written, by type and name: an `impl` may stand in another file than its type.
 * @returns {Promise<Map<string, string>>}
 */
async function homes() {
  const found = new Map();
  const files = (await readdir(inProject("src"), { recursive: true })).filter((file) => file.endsWith(".rs"));
  for (const file of files) {
    let type = "";
    for (const line of (await readFile(inProject("src", file), "utf8")).split("\n")) {
      type = /^impl(?:<.*?>)? (?:.* for )?(\w+)/.exec(line)?.[1] ?? type;
      const method = /^ .*\bfn (\w+)/.exec(line)?.[1];
      if (method) found.set(`${type}::${method}`, `src/${file}`);
    }
  }
  return found;
}

const CRATES = /^(core|alloc|std|js_sys|web_sys|wasm_bindgen|dlmalloc|talc|mcp_tasks)::/;

/** The crate, and with `isFine` the file of ours or the module of the library, whose code a function is. */
function groupOf(name, methods, isFine) {
  const path = /^[<&\s[(]*(?:mut |dyn )*(\w+(?:::\w+)*)/.exec(name)?.[1] ?? name;
  if (/^core_\w+$/.test(path)) return "exports of the module";
  if (!CRATES.test(path)) return "others, and without a name";
  const [crate, ...modules] = path.split("::");
  if (!isFine) return crate;
  if (crate !== "mcp_tasks") return [crate, ...modules.slice(0, 1)].join("::");
  const type = /::([A-Z]\w*)/.exec(path)?.[1];
  const method = />>?::(\w+)/.exec(name)?.[1];
  return methods.get(`${type}::${method}`) ?? `src/${modules.filter((part) => /^[a-z_]+$/.test(part)).slice(0, 2).join("/")}.rs`;
}

const number = (value) => value.toLocaleString("en").padStart(9);
const line = (cells, what) => console.log(`${cells.map((cell) => (typeof cell === "number" ? number(cell) : cell.padStart(9))).join("")}  ${what}`);

/** Groups below so many bytes are not told: each costs a compression of the whole. */
const LEAST = 250;

/**
 * Prints what groups of functions take; `brotli` is what the whole would have less without them.
 * @param {string} title
 * @param {{ group: string, size: number, body: Buffer }[]} functions
 * @param {Buffer} rest what else is in the module
 */
async function table(title, functions, rest) {
  /** @type {Map<string, { size: number, count: number }>} */
  const groups = new Map();
  for (const { group, size } of functions) {
    const { size: before, count } = groups.get(group) ?? { size: 0, count: 0 };
    groups.set(group, { size: before + size, count: count + 1 });
  }
  const without = (left) => brotli(Buffer.concat([rest, ...functions.filter(({ group }) => group !== left).map(({ body }) => body)]));
  const whole = await without();
  console.log(`\n${title}`);
  line(["bytes", "brotli", "count"], "");
  for (const [group, { size, count }] of [...groups].sort(([, a], [, b]) => b.size - a.size)) {
    if (size >= LEAST) line([size, whole - (await without(group)), count], group);
  }
}

/** Prints what the module's bytes are, and those of the JavaScript. @param {{ most?: number }} [options] how many functions are named one by one */
export async function printBytes({ most = 60 } = {}) {
  const published = await readFile(inProject("dist/core.wasm"));
  const all = await namedFunctions(published);

  console.log(`core.wasm: ${published.length.toLocaleString("en")} bytes, ${(await brotli(published)).toLocaleString("en")} in brotli`);
  console.log("\nby section");
  line(["bytes", "brotli"], "");
  for (const { name, from, to, size } of sections(published)) line([size, await brotli(published.subarray(from, to))], name);

  const methods = await homes();
  const rest = Buffer.concat(sections(published).filter(({ name }) => name !== "code").map(({ from, to }) => published.subarray(from, to)));
  const grouped = (isFine) => all.map(({ name, size, body }) => ({ group: groupOf(name, methods, isFine), size, body }));
  await table("code by crate", grouped(false), rest);
  await table("code by file of ours and module of libraries", grouped(true), rest);

  console.log(`\nthe ${most} largest functions`);
  line(["bytes"], "");
  for (const { name, size } of all.sort((a, b) => b.size - a.size).slice(0, most)) line([size], name.slice(0, 180));

  const { files } = await bundle(entryOf("import-only"));
  console.log("\nJavaScript, minified, by file");
  line(["bytes"], "");
  const inputs = files.flatMap(({ inputs }) => Object.entries(inputs)).map(([path, { bytesInOutput }]) => ({ name: basename(path), size: bytesInOutput }));
  for (const { name, size } of inputs.sort((a, b) => b.size - a.size)) line([size], name);
}
