import { readFile, rm } from "node:fs/promises";
import { inProject, root } from "./project.mjs";
import { npmProgram, run } from "./run.mjs";

/** The full titles of the tests below a suite that were skipped. */
function skippedIn(suite, path = []) {
  const below = suite.title ? [...path, suite.title] : path;
  const specs = (suite.specs ?? []).filter((spec) => spec.tests.some(({ status }) => status === "skipped"));
  return [...specs.map((spec) => [...below, spec.title].join(" › ")), ...(suite.suites ?? []).flatMap((child) => skippedIn(child, below))];
}

/**
 * Runs a folder of Playwright tests and counts them by its own report. A test that passes only when repeated has failed.
 * @param {string} folder
 */
export async function playwright(folder) {
  const report = inProject(".tools", `${folder.replaceAll("/", "-")}.json`);
  await rm(report, { force: true });
  const args = ["test", "-c", `${folder}/playwright.config.ts`, "--reporter=list,json"];
  const failure = await run(npmProgram("playwright"), args, { cwd: root, env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report }, show: "always" }).then(
    () => undefined,
    (error) => error,
  );
  const { stats, suites } = await readReport(report);
  const failed = stats.unexpected + stats.flaky;
  return { passed: stats.expected, failed: failure ? failed || 1 : failed, skipped: suites.flatMap((suite) => skippedIn(suite)) };
}

/** Playwright that cannot even start writes no report. */
async function readReport(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return { stats: { expected: 0, unexpected: 0, flaky: 0 }, suites: [] };
  }
}
