import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAuth } from "./lib/bundle.mjs";
import { functionsInOrder } from "./lib/function-order.mjs";
import { locked } from "./lib/lock.mjs";
import { main, step } from "./lib/log.mjs";
import { inProject, root } from "./lib/project.mjs";
import { npmProgram, run } from "./lib/run.mjs";
import { printSizes } from "./lib/sizes.mjs";
import { whenChanged } from "./lib/stamp.mjs";
import { checkVersions } from "./lib/versions.mjs";
import { wasmBindgen } from "./setup/cargo-tools.mjs";
import { nodeModules } from "./setup/node-modules.mjs";
import { rust } from "./setup/rust.mjs";
import { remapped, sizedLibrary, wasmEnv } from "./setup/wasm-target.mjs";

const RAW = inProject("target/wasm32-unknown-unknown/release/mcp_tasks.wasm");
const GENERATED = inProject("js/generated");
const DIST = inProject("dist");

/** What the package is made with: a change in it makes the package anew. */
const RECIPE = ["tools.json", "package-lock.json", "scripts/build.mjs", "scripts/lib/bundle.mjs", "scripts/lib/function-order.mjs", "scripts/lib/short-names.mjs", "scripts/lib/wasm.mjs"].map((file) => inProject(file));

/** The features that rustc switches on for the target, one by one: with `--all-features` wasm-opt makes a module that browsers refuse. */
const WASM_FEATURES = [
  "--enable-bulk-memory",
  "--enable-bulk-memory-opt",
  "--enable-call-indirect-overlong",
  "--enable-multivalue",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-reference-types",
  "--enable-sign-ext",
];

/** What makes the code shorter, but makes it repeat itself less: brotli makes more of repetition (4 % of the module). */
const APART = [...["always", "flexible", "one-caller"].map((which) => `--${which}-inline-max-function-size=0`), "--skip-pass=local-cse"];

/** How wasm-opt makes the module that is published. */
const WASM_OPT = ["-Oz", "--converge", "--strip-producers", "--strip-target-features", ...APART, ...WASM_FEATURES];

/** Makes the package in dist/, so that `npm pack` right after it yields what we would publish. What is up to date is left alone. */
export async function build() {
  rust();
  checkVersions();
  await nodeModules();
  const env = await wasmEnv();
  await wasmBindgen();
  await locked(inProject(".tools/build.lock"), async () => {
    await step("core: cargo", () => cargo(env));
    await whenChanged("bindings", { inputs: [RAW, ...RECIPE], output: GENERATED }, () =>
      step("core: wasm-bindgen and wasm-opt", bindings),
    );
    await whenChanged("dist", { inputs: [inProject("js"), inProject("tsconfig.json"), ...RECIPE], output: DIST }, () =>
      step("face: tsc", face),
    );
  });
}

async function cargo(env) {
  const sized = await sizedLibrary(env);
  if (!sized) console.log("– the standard library cannot be rebuilt here: the module is some kilobytes larger than the one that is published");
  const { args, flags, env: more } = sized ?? { args: [], flags: [], env: {} };
  await run("cargo", ["build", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--target-dir", inProject("target"), ...args], {
    cwd: root,
    show: "on failure",
    env: { ...env, ...more, CARGO_ENCODED_RUSTFLAGS: [...remapped(), ...flags].join("\x1f") },
  });
}

/** The wasm and its JavaScript, and the same wasm as text for the entry that carries it inside. */
async function bindings() {
  const next = inProject(".tools/generated");
  await smallModule(next);
  await instantiable(next);
  const text = (await readFile(join(next, "core_bg.wasm"))).toString("base64");
  await writeFile(join(next, "core.wasm.base64.js"), `export default "${text}";\n`);
  await writeFile(join(next, "core.wasm.base64.d.ts"), "declare const text: string;\nexport default text;\n");
  await replace(GENERATED, next);
}

/**
 * The module as it is published, and its glue, as `core_bg.wasm` and `core.js` in a folder.
 * @param {string} folder
 * @param {{ named?: boolean }} [options] `named`: with the names of its functions, for those who measure it
 */
export async function smallModule(folder, { named = false } = {}) {
  await run(join(await wasmBindgen(), "wasm-bindgen"), [RAW, "--target", "web", "--omit-default-module-path", "--out-name", "core", "--out-dir", folder]);
  const [wasm, glue] = [join(folder, "core_bg.wasm"), join(folder, "core.js")];
  // Only now: before the set-up there are no packages.
  const { shortNames } = await import("./lib/short-names.mjs");
  const short = shortNames(await readFile(wasm), await readFile(glue, "utf8"));
  await writeFile(wasm, short.bytes);
  await writeFile(glue, short.glue);
  await run(npmProgram("wasm-opt"), [...WASM_OPT, ...(named ? ["-g"] : []), wasm, "-o", wasm]);
  const sorted = await functionsInOrder(await readFile(wasm), async (bytes) => {
    await writeFile(wasm, bytes);
    await run(npmProgram("wasm-opt"), ["--reorder-functions-by-name", named ? "-g" : "--strip-debug", ...WASM_FEATURES, wasm, "-o", wasm]);
    return readFile(wasm);
  });
  await writeFile(wasm, sorted);
}

/**
 * What the glue does for browsers that are older than reference types in WebAssembly, and for callers that it does not have; with what instead.
 * @type {[RegExp, string][]}
 */
const NEEDLESS = [
  [/^if \(Symbol\.dispose\) .*;\n/gm, ""],
  [/^ {4}if \(realloc === undefined\) \{\n[^]*?^ {4}\}\n/gm, ""],
  [/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[^]*?^\}\n/gm, ""],
  [/\(typeof FinalizationRegistry === 'undefined'\)\n.*\n {4}: (?=new FinalizationRegistry)/g, ""],
  // For browsers without `detached`, and with it.
  [/^( {4}if \()cachedDataViewMemory0 === null .* (?=!== wasm\.memory\.buffer)(.*?)\)/gm, "$1cachedDataViewMemory0?.buffer $2"],
  [/^ {4}wasmInstance = instance;\n/gm, ""],
  [/^ {4}wasmModule = module;\n/gm, ""],
  [/wasmModule, wasmInstance, /g, ""],
  // Memory is given back where a caller gives what is no text for a text, which the face does not.
  [/^ {8}try \{\n([^]*?)^ {8}\} catch \(e\) \{\n(?: {12}if \(ptr\d\).*\n)+ {12}throw e;\n {8}\}\n/gm, "$1"],
];

/**
 * The glue keeps its one instance in the variables of its module, for as long as the page lives. As a function it serves a new instance
 * whenever it is called: an instance that has trapped is of no use to anybody. Getting and instantiating the module is `js/load.ts`'s.
 */
async function instantiable(folder) {
  const given = await readFile(join(folder, "core.js"), "utf8");
  const exported = "export { initSync, __wbg_init as default };";
  const loading = "async function __wbg_load(";
  const classes = [...given.matchAll(/^export class (\w+)/gm)].map(([, name]) => name);
  const kept = given.slice(0, given.indexOf(loading)).replaceAll(/^export class/gm, "class");
  const needed = NEEDLESS.reduce((glue, [needless, instead]) => glue.replaceAll(needless, instead), kept);
  const texts = [exported, loading, "function __wbg_finalize_init(instance, module)"];
  const isKnown = texts.every((text) => given.includes(text)) && NEEDLESS.every(([needless]) => kept.search(needless) >= 0);
  if (classes.join() !== "Core" || !isKnown || /wasm(Module|Instance)/.test(needed) || /^(export|import)\b/m.test(kept)) {
    throw new Error("wasm-bindgen's glue is not what scripts/build.mjs takes it for");
  }
  // What is still under way when an instance is given up finds nothing any more that it could run.
  const stop = "() => { wasm = new Proxy({}, { get: () => () => [] }); }";
  const made = `return { Core, imports: __wbg_get_imports, begin: __wbg_finalize_init, stop: ${stop} };`;
  await writeFile(join(folder, "core.js"), `export function glue() {\n${needed}\n${made}\n}\n`);
  const declared = (await readFile(join(folder, "core.d.ts"), "utf8")).replace("export class Core", "declare class Core");
  const types = declared.slice(0, declared.indexOf("export type InitInput"));
  const members = [
    "Core: typeof Core",
    "imports: () => WebAssembly.Imports",
    "begin: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void",
    "stop: () => void",
  ];
  const signature = `glue(): { ${members.join("; ")} }`;
  await writeFile(join(folder, "core.d.ts"), `${types}\nexport type { Core };\nexport function ${signature};\n`);
}

/** dist/ is put together aside and swapped in whole, so that nothing of an earlier build stays and nobody sees half of it. */
async function face() {
  const next = inProject(".tools/dist");
  await rm(next, { recursive: true, force: true });
  await run(npmProgram("tsc"), ["-p", root, "--outDir", next], { show: "on failure" });
  await bundleAuth(next);
  await cp(GENERATED, join(next, "generated"), { recursive: true, filter: (file) => !/_bg\.wasm/.test(file) });
  await cp(join(GENERATED, "core_bg.wasm"), join(next, "core.wasm"));
  await cp(inProject("js/core.wasm.d.ts"), join(next, "core.wasm.d.ts"));
  await replace(DIST, next);
}

async function replace(folder, next) {
  await rm(folder, { recursive: true, force: true });
  await rename(next, folder);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await build();
    printSizes(DIST);
  });
}
