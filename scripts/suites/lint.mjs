import { inProject, root } from "../lib/project.mjs";
import { npmProgram, run } from "../lib/run.mjs";
import { checkVersions } from "../lib/versions.mjs";
import { wasmEnv } from "../setup/wasm-target.mjs";

export const needs = [wasmEnv];
export const needsPackage = true;

const CLIPPY = ["clippy", "--all-targets"];
const DENY = ["--", "-D", "warnings"];

/** Each check is one test. @returns {Record<string, () => unknown>} */
const checks = (env) => ({
  "versions agree": checkVersions,
  rustfmt: () => run("cargo", ["fmt", "--check"], { cwd: root, show: "always" }),
  "clippy, host": () => run("cargo-clippy", [...CLIPPY, ...DENY], { cwd: root, show: "on failure" }),
  "clippy, wasm32": () => run("cargo-clippy", [...CLIPPY, "--target", "wasm32-unknown-unknown", ...DENY], { cwd: root, env, show: "on failure" }),
  "tsc, scripts": () => tsc("scripts"),
  "tsc, tests/e2e": () => tsc("tests/e2e"),
  "tsc, tests/engines": () => tsc("tests/engines"),
  "tsc, tests/package": () => tsc("tests/package"),
  eslint: () => run(npmProgram("eslint"), ["."], { cwd: root, show: "on failure" }),
});

const tsc = (folder) => run(npmProgram("tsc"), ["--noEmit", "-p", inProject(folder)], { cwd: root, show: "on failure" });

export async function test() {
  let passed = 0;
  let failed = 0;
  for (const [name, check] of Object.entries(checks(await wasmEnv()))) {
    try {
      await check();
      passed++;
      console.log(`✓ ${name}`);
    } catch (error) {
      failed++;
      console.log(`✗ ${name}: ${error.message}`);
    }
  }
  return { passed, failed, skipped: [] };
}
