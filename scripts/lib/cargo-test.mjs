import { run } from "./run.mjs";

/**
 * Runs a command that runs Rust tests, and counts them by what their harness prints. A command that fails without a failed test did not
 * compile, or did not reach its browser.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: Record<string, string> }} options
 */
export async function countTests(command, args, options) {
  let output;
  let succeeded = true;
  try {
    output = await run(command, args, { ...options, show: "always" });
  } catch (error) {
    console.log(`✗ ${error.message}`);
    output = error.output;
    succeeded = false;
  }
  let [passed, failed] = [0, 0];
  for (const [, good, bad] of output.matchAll(/^test result: .*? (\d+) passed; (\d+) failed/gm)) {
    passed += Number(good);
    failed += Number(bad);
  }
  if (!succeeded) failed ||= 1;
  const names = (outcome) => [...output.matchAll(new RegExp(`^test (.*) \\.\\.\\. ${outcome}`, "gm"))].map(([, name]) => name);
  return { passed, failed, skipped: names("ignored"), remarks: names("FAILED").map((name) => `failed: ${name}`) };
}
