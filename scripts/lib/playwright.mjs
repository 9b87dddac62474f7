import { readFile, rm } from "node:fs/promises";
import { inProject, root } from "./project.mjs";
import { npmProgram, run } from "./run.mjs";

/** Of a thousand tests with real servers so many may need a second try, on a machine that others load too. More are a defect. */
const MOST_FLAKY = 2;

/** The full titles of the tests below a suite that ended so. */
function titlesOf(status, suite, path = []) {
  const below = suite.title ? [...path, suite.title] : path;
  const specs = (suite.specs ?? []).filter((spec) => spec.tests.some((test) => test.status === status));
  return [...specs.map((spec) => [...below, spec.title].join(" › ")), ...(suite.suites ?? []).flatMap((child) => titlesOf(status, child, below))];
}

/**
 * Runs a folder of Playwright tests and counts them by its own report. A test that passes only when repeated is named; many of them have failed.
 * @param {string} folder
 */
export async function playwright(folder) {
  const report = inProject(".tools", `${folder.replaceAll("/", "-")}.json`);
  await rm(report, { force: true });
  const args = ["test", "-c", `${folder}/playwright.config.ts`, "--reporter=list,json", "--retries=1"];
  const failure = await run(npmProgram("playwright"), args, { cwd: root, env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report }, show: "always" }).then(
    () => undefined,
    (error) => error,
  );
  const { stats, suites } = await readReport(report);
  const titles = (status) => suites.flatMap((suite) => titlesOf(status, suite));
  const isFlaky = stats.flaky > MOST_FLAKY;
  const failed = stats.unexpected + (isFlaky ? stats.flaky : 0);
  return {
    passed: stats.expected + (isFlaky ? 0 : stats.flaky),
    failed: failure ? failed || 1 : failed,
    skipped: titles("skipped"),
    remarks: [...titles("unexpected").map((title) => `failed: ${title}`), ...titles("flaky").map((title) => `passed only when repeated: ${title}`)],
  };
}

/** Playwright that cannot even start writes no report. */
async function readReport(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return { stats: { expected: 0, unexpected: 0, flaky: 0 }, suites: [] };
  }
}
