import { openBrowser } from "./browser.mjs";
import { openDoor } from "./door.mjs";
import { requirements, runScenario } from "./suite.mjs";

const VERSIONS = ["2025-11-25", "2026-07-28"];

/** What the page may take, in milliseconds. */
const LIMIT = 15_000;

/** @typedef {{ version: string, scenario: string, isScored: boolean }} Run */

/** @param {string[]} names @returns {Run[]} */
function chosen(names) {
  const runs = VERSIONS.flatMap((version) => requirements(version).map((required) => ({ version, ...required })));
  const unknown = names.find((name) => !runs.some(({ scenario }) => scenario === name));
  if (unknown) throw new Error(`there is no scenario "${unknown}"; there are ${[...new Set(runs.map(({ scenario }) => scenario))].join(", ")}`);
  return runs.filter(({ scenario }) => names.length === 0 || names.includes(scenario));
}

/** @param {(Run & { passed: boolean })[]} judged */
function printTable(judged) {
  const share = (runs) => `${runs.filter(({ passed }) => passed).length}/${runs.length}`;
  const row = (...cells) => console.log(cells.map((cell) => String(cell).padEnd(13)).join("").trimEnd());
  console.log("");
  row("", "passed", "not scored");
  for (const version of VERSIONS) {
    const runs = judged.filter((run) => run.version === version);
    const [scored, unscored] = [runs.filter(({ isScored }) => isScored), runs.filter(({ isScored }) => !isScored)];
    row(version, share(scored), share(unscored));
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
  const door = await openDoor((asked) => browser.play(asked, LIMIT));
  const judged = [];
  try {
    for (const run of runs) {
      const problems = await runScenario({ ...run, browser: door.url, limitMs: LIMIT });
      const passed = problems.length === 0;
      judged.push({ ...run, passed });
      console.log([`${passed ? "✓" : "✗"} ${run.version} ${run.scenario}`, ...problems].join("\n    "));
    }
  } finally {
    door.close();
    await browser.close();
  }
  printTable(judged);
  const passed = judged.filter((run) => run.passed).length;
  return { passed, failed: judged.length - passed, skipped: [] };
}
