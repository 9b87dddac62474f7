import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countTests } from "../lib/cargo-test.mjs";
import { inProject } from "../lib/project.mjs";
import { ask, run } from "../lib/run.mjs";

export const needs = [];
export const needsPackage = false;

const TARGETS = ["sse", "envelope", "classifier", "engine"];
const SECONDS = 5;
/** No input is longer, in bytes: what is found stays small enough to be read. */
const LONGEST = 2_000;

/**
 * What `cargo fuzz` would set, without a sanitizer: there is no unsafe code whose memory one could watch, and a stable compiler has none.
 * Panics, failed assertions and overflows are what is looked for.
 */
const COVERAGE = [
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "--cfg fuzzing",
];

/** Tries the kept corpus, and then a little more. */
export async function test() {
  const cwd = inProject("fuzz");
  const count = await countTests("cargo", ["test"], { cwd });
  if (ask("c++", ["--version"]) === undefined) {
    return { ...count, skipped: [...count.skipped, "new inputs: libFuzzer is built by a C++ compiler, and there is none"] };
  }
  const [, host] = /^host: (.*)$/m.exec(ask("rustc", ["-vV"]) ?? "") ?? [];
  const build = ["build", "--release", "--features", "libfuzzer", "--target", host];
  await run("cargo", build, { cwd, env: { RUSTFLAGS: COVERAGE.join(" ") }, show: "on failure" });
  for (const target of TARGETS) {
    const found = await mkdtemp(join(tmpdir(), "mcp-tasks-fuzz-"));
    const options = [`-max_total_time=${SECONDS}`, `-max_len=${LONGEST}`, `-artifact_prefix=${inProject("fuzz", "target")}/${target}-`];
    try {
      const output = await run(join(cwd, "target", host, "release", target), [...options, found, join("corpus", target)], { cwd });
      count.passed++;
      console.log(`✓ ${target}: ${/^Done (\d+) runs/m.exec(output)?.[1]} inputs in ${SECONDS} s`);
    } catch (error) {
      count.failed++;
      console.log(`✗ ${target}: ${/panicked at[^]*?\n.*/.exec(error.output)?.[0] ?? error.message}`);
    }
    await rm(found, { recursive: true });
  }
  return count;
}
