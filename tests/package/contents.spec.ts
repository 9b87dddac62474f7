// What is in the tarball, and what is not.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { root } from "./support/pack.ts";
import { Project } from "./support/project.ts";
import { readme } from "./support/readme.ts";
import { expect, test } from "./support/test.ts";

let project: Project;
let home: string;
let manifest: Record<string, unknown>;

test.beforeAll(async () => {
  project = await Project.create();
  home = project.path("node_modules/mcp-tasks");
  manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
});
test.afterAll(() => project.remove());

const files = () =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)));

/** The files that one entry point loads, by following its imports. */
function graph(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const source = readFileSync(join(home, entry), "utf8");
  for (const [, specifier = ""] of source.matchAll(/(?:\bfrom|\bimport\(?)\s*"([\w@:./-]+)"/g)) {
    expect(specifier, `imported by ${entry}`).toMatch(/^(\.|node:)/);
    if (specifier.startsWith(".")) graph(relative(home, resolve(home, dirname(entry), specifier)), seen);
  }
  return seen;
}

test("holds the build, the licences and the documents, and nothing else", () => {
  const documents = ["BENCHMARKS.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"];
  const [inDist, others] = [files().filter((name) => name.startsWith("dist/")), files().filter((name) => !name.startsWith("dist/"))];
  expect(others.sort()).toEqual(documents);
  expect(inDist.filter((name) => !/\.(js|d\.ts|wasm)$/.test(name))).toEqual(["dist/callback.html"]);
});

test("holds exactly one module, and it is valid", () => {
  expect(files().filter((name) => name.endsWith(".wasm"))).toEqual(["dist/core.wasm"]);
  expect(WebAssembly.validate(readFileSync(join(home, "dist/core.wasm")))).toBe(true);
});

test("needs no other package", () => {
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"]) {
    expect(manifest, kind).not.toHaveProperty(kind);
  }
  expect(readdirSync(project.path("node_modules")).filter((name) => !name.startsWith("."))).toEqual(["mcp-tasks"]);
});

test("says what bundlers and people must know", () => {
  expect(manifest).toMatchObject({ name: "mcp-tasks", type: "module", sideEffects: false, license: "MIT OR Apache-2.0" });
  expect(manifest).not.toHaveProperty("scripts.install");
  expect(manifest).not.toHaveProperty("scripts.postinstall");
});

test("every target of `exports` and every import exists", () => {
  const present = new Set(files());
  const targets = Object.values(manifest.exports as Record<string, string | Record<string, string>>).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  expect(targets.length).toBeGreaterThan(4);
  for (const target of targets) {
    const name = target.replace("./", "");
    expect(present, target).toContain(name);
    if (/(?<!\.wasm)(\.js|\.d\.ts)$/.test(name)) graph(name.replace(".d.ts", ".js"));
  }
});

test("only the inline entry carries the module as text, and it is the same module", async () => {
  const text = "dist/generated/core.wasm.base64.js";
  expect([...graph("dist/inline.js")]).toContain(text);
  for (const entry of ["dist/index.js", "dist/node.js"]) expect([...graph(entry)], entry).not.toContain(text);

  const { default: base64 } = (await import(pathToFileURL(join(home, text)).href)) as { default: string };
  expect(Buffer.from(base64, "base64").equals(readFileSync(join(home, "dist/core.wasm")))).toBe(true);
});

test("is as small as the README says", () => {
  for (const [said, names, error] of [
    [/: (\d+) KB with brotli/, ["dist/core.wasm", ...graph("dist/index.js")], 3],
    [/for (\d+) KB more/, ["dist/auth.js"], 1],
  ] as const) {
    const [, kilobytes] = said.exec(readme) ?? [];
    const loaded = names.map((name) => readFileSync(join(home, name)));
    const size = loaded.reduce((sum, bytes) => sum + brotliCompressSync(bytes).length, 0) / 1_000;
    expect(Math.abs(size - Number(kilobytes)), `${size.toFixed(1)} KB`).toBeLessThan(error);
  }
});

test("sign-in shares its errors with the rest, costs nothing where it is not used, and names the licence of what is in it", () => {
  expect([...graph("dist/auth.js")]).toContain("dist/error.js");
  expect(readFileSync(join(home, "dist/auth.js"), "utf8")).toMatch(/^\/\*! With oauth4webapi [\d.]+:\s+The MIT License/);
  for (const entry of ["dist/index.js", "dist/inline.js", "dist/node.js"]) expect([...graph(entry)], entry).not.toContain("dist/auth.js");
});

test("a policy that allows the script of the callback page is what the README says", () => {
  const [, script = ""] = /<script>([^]+?)<\/script>/.exec(readFileSync(join(home, "dist/callback.html"), "utf8")) ?? [];
  expect(readme).toContain(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
});

test("no entry for browsers imports anything of Node", () => {
  for (const entry of ["dist/index.js", "dist/inline.js", "dist/auth.js"]) {
    for (const name of graph(entry)) expect(readFileSync(join(home, name), "utf8"), name).not.toMatch(/["']node:/);
  }
});

test("tells nothing about the machine that built it", () => {
  const own = [root.replace(/\/$/, ""), homedir(), tmpdir()].filter((path) => path.length > 1);
  for (const name of files()) {
    const text = readFileSync(join(home, name), "latin1");
    for (const path of own) expect(text.includes(`${path}/`), `${path} in ${name}`).toBe(false);
    // What stays are names that are the same on every machine: the toolchain's own, and those that the build gives to crates.
    const sources = [...text.matchAll(/(?<![\w.])(?:\/[\w.@+-]+)+\.rs\b/g)].map(([path]) => path);
    expect(sources.filter((path) => !/^\/(rustc|rust\/deps|crates)\//.test(path)), name).toEqual([]);
  }
});
