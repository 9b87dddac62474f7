import { readdirSync } from "node:fs";
import { inProject, root } from "../lib/project.mjs";
import { npmProgram, run } from "../lib/run.mjs";

export const needs = [];
export const needsPackage = true;

/** The types of the public interface. To compile is to pass; each file is one test. */
export async function test() {
  const files = readdirSync(inProject("tests/types")).filter((name) => name.endsWith(".ts"));
  try {
    await run(npmProgram("tsc"), ["--noEmit", "--pretty", "false", "-p", "tests/types"], { cwd: root, show: "on failure" });
    return { passed: files.length, failed: 0, skipped: [] };
  } catch (error) {
    const failed = files.filter((name) => error.output.includes(`tests/types/${name}(`)).length || 1;
    return { passed: Math.max(0, files.length - failed), failed, skipped: [] };
  }
}
