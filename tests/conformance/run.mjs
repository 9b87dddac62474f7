import { readFileSync } from "node:fs";
import { openBrowser } from "./browser.mjs";
import { openDoor } from "./door.mjs";
import { requirements, runScenario } from "./suite.mjs";

const VERSIONS = ["2025-11-25", "2026-07-28"];

/** What the page may take, in milliseconds. What is known to be missing gets less: it fails, and need not do so thoroughly. */
const LIMIT = 15_000;
const LIMIT_OF_MISSING = 3_000;

/** @type {Record<string, string[]>} by version; it holds what fails, and nothing that passes */
const KNOWN_MISSING = JSON.parse(readFileSync(new URL("known-missing.json", import.meta.url), "utf8"));

/** @typedef {{ version: string, scenario: string, isScored: boolean, isMissing: boolean }} Run */

/** @returns {Run[]} */
function allRuns() {
  const runs = VERSIONS.flatMap((version) =>
    requirements(version).map((required) => ({ version, ...required, isMissing: KNOWN_MISSING[version].includes(required.scenario) })),
  );
  for (const version of VERSIONS) {
    const unknown = KNOWN_MISSING[version].find((name) => !runs.some((run) => run.version === version && run.scenario === name));
    if (unknown) throw new Error(`known-missing.json names "${unknown}", which is no scenario of ${version}`);
  }
  return runs;
}

/** @param {string[]} names */
function chosen(names) {
  const runs = allRuns();
  const unknown = names.find((name) => !runs.some(({ scenario }) => scenario === name));
  if (unknown) throw new Error(`there is no scenario "${unknown}"; there are ${[...new Set(runs.map(({ scenario }) => scenario))].join(", ")}`);
  return runs.filter(({ scenario }) => names.length === 0 || names.includes(scenario));
}

/** @typedef {"passed" | "failed" | "missing"} Outcome */

/** @param {Run} run @param {string[]} problems @returns {Outcome} */
function judge({ isMissing }, problems) {
  if (problems.length === 0) return isMissing ? "failed" : "passed";
  return isMissing ? "missing" : "failed";
}

const MARK = { passed: "✓", failed: "✗", missing: "–" };

/** @param {Run & { outcome: Outcome }} run @param {string[]} problems what whoever asked for this scenario wants to read */
function print({ version, scenario, isMissing, outcome }, problems) {
  const stale = isMissing && outcome === "failed" ? ["it passes: it must leave known-missing.json"] : [];
  console.log([`${MARK[outcome]} ${version} ${scenario}${outcome === "missing" ? ", known to be missing" : ""}`, ...stale, ...problems].join("\n    "));
}

/** @param {(Run & { outcome: Outcome })[]} judged */
function printTable(judged) {
  const share = (runs) => `${runs.filter(({ outcome }) => outcome === "passed").length}/${runs.length}`;
  const row = (...cells) => console.log(cells.map((cell) => String(cell).padEnd(13)).join("").trimEnd());
  console.log("");
  row("", "passed", "not scored", "known missing");
  for (const version of VERSIONS) {
    const runs = judged.filter((run) => run.version === version);
    const [scored, unscored] = [runs.filter(({ isScored }) => isScored), runs.filter(({ isScored }) => !isScored)];
    row(version, share(scored), share(unscored), runs.filter(({ outcome }) => outcome === "missing").length);
  }
}

/**
 * Runs the official suite against the built package in Chromium, one scenario after the other.
 * @param {string[]} [names] scenarios, or none for all
 * @returns {Promise<{ passed: number, failed: number, skipped: string[] }>}
 */
export async function conformance(names = []) {
  const runs = chosen(names);
  const browser = await openBrowser();
  let limitMs = LIMIT;
  const door = await openDoor((asked) => browser.play(asked, limitMs));
  const judged = [];
  try {
    for (const run of runs) {
      limitMs = run.isMissing ? LIMIT_OF_MISSING : LIMIT;
      const problems = await runScenario({ ...run, browser: door.url, limitMs });
      const outcome = judge(run, problems);
      judged.push({ ...run, outcome });
      print({ ...run, outcome }, outcome === "missing" && names.length === 0 ? [] : problems);
    }
  } finally {
    door.close();
    await browser.close();
  }
  printTable(judged);
  const count = (outcome) => judged.filter((run) => run.outcome === outcome).length;
  const missing = count("missing");
  return { passed: count("passed"), failed: count("failed"), skipped: missing ? [`${missing} scenarios that tests/conformance/known-missing.json names`] : [] };
}
