import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAuth } from "./lib/bundle.mjs";
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
import { remapped, wasmEnv } from "./setup/wasm-target.mjs";

const WASM = inProject("target/wasm32-unknown-unknown/release/mcp_tasks.wasm");
const GENERATED = inProject("js/generated");
const DIST = inProject("dist");

/** What the package is made with: a change in it makes the package anew. */
const RECIPE = ["tools.json", "package-lock.json", "scripts/build.mjs", "scripts/lib/bundle.mjs"].map((file) => inProject(file));

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

/** Makes the package in dist/, so that `npm pack` right after it yields what we would publish. What is up to date is left alone. */
export async function build() {
  rust();
  checkVersions();
  await nodeModules();
  const env = await wasmEnv();
  const bindgen = await wasmBindgen();
  await locked(inProject(".tools/build.lock"), async () => {
    await step("core: cargo", () => cargo(env));
    await whenChanged("bindings", { inputs: [WASM, ...RECIPE], output: GENERATED }, () =>
      step("core: wasm-bindgen and wasm-opt", () => bindings(join(bindgen, "wasm-bindgen"))),
    );
    await whenChanged("dist", { inputs: [inProject("js"), inProject("tsconfig.json"), ...RECIPE], output: DIST }, () =>
      step("face: tsc", face),
    );
  });
}

const cargo = (env) =>
  run("cargo", ["build", "--release", "--lib", "--target", "wasm32-unknown-unknown", "--target-dir", inProject("target")], {
    cwd: root,
    show: "on failure",
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: remapped() },
  });

/** The wasm and its JavaScript, and the same wasm as text for the entry that carries it inside. */
async function bindings(bindgen) {
  const next = inProject(".tools/generated");
  await run(bindgen, [WASM, "--target", "web", "--omit-default-module-path", "--out-name", "core", "--out-dir", next]);
  await instantiable(next);
  const wasm = join(next, "core_bg.wasm");
  await run(npmProgram("wasm-opt"), ["-Oz", ...WASM_FEATURES, wasm, "-o", wasm]);
  const text = (await readFile(wasm)).toString("base64");
  await writeFile(join(next, "core.wasm.base64.js"), `export default "${text}";\n`);
  await writeFile(join(next, "core.wasm.base64.d.ts"), "declare const text: string;\nexport default text;\n");
  await replace(GENERATED, next);
}

/**
 * The glue keeps its one instance in the variables of its module, for as long as the page lives. As a function it makes a new instance
 * whenever it is called: an instance that has trapped is of no use to anybody.
 */
async function instantiable(folder) {
  const given = await readFile(join(folder, "core.js"), "utf8");
  const exported = "export { initSync, __wbg_init as default };";
  const classes = [...given.matchAll(/^export class (\w+)/gm)].map(([, name]) => name);
  const inside = given.replaceAll(/^export class/gm, "class").replace(exported, "");
  if (classes.join() !== "Core" || !given.includes(exported) || /^(export|import)\b/m.test(inside)) {
    throw new Error("wasm-bindgen's glue is not what scripts/build.mjs takes it for");
  }
  // What is still under way when an instance is given up finds nothing any more that it could run.
  const stop = "() => { wasm = new Proxy({}, { get: () => () => [] }); }";
  const made = `return { Core, init: __wbg_init, compiled: () => wasmModule, stop: ${stop} };`;
  await writeFile(join(folder, "core.js"), `export function glue() {\n${inside}\n${made}\n}\n`);
  const types = (await readFile(join(folder, "core.d.ts"), "utf8"))
    .replace("export class Core", "declare class Core")
    .replace(/^export (?:default )?function [^;]*;/gm, "");
  const members = ["Core: typeof Core", "init: (source: { module_or_path: InitInput }) => Promise<InitOutput>", "compiled: () => WebAssembly.Module", "stop: () => void"];
  await writeFile(join(folder, "core.d.ts"), `${types}\nexport type { Core };\nexport function glue(): { ${members.join("; ")} };\n`);
}

/** dist/ is put together aside and swapped in whole, so that nothing of an earlier build stays and nobody sees half of it. */
async function face() {
  const next = inProject(".tools/dist");
  await rm(next, { recursive: true, force: true });
  await run(npmProgram("tsc"), ["-p", root, "--outDir", next], { show: "on failure" });
  await bundleAuth(next);
  await cp(GENERATED, join(next, "generated"), { recursive: true, filter: (file) => !/_bg\.wasm/.test(file) });
  await cp(join(GENERATED, "core_bg.wasm"), join(next, "core.wasm"));
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
