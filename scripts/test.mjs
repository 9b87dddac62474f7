import { build } from "./build.mjs";
import { main, step } from "./lib/log.mjs";
import { nodeModules } from "./setup/node-modules.mjs";
import { rust } from "./setup/rust.mjs";
import * as bench from "./suites/bench.mjs";
import * as browser from "./suites/browser.mjs";
import * as conformance from "./suites/conformance.mjs";
import * as e2e from "./suites/e2e.mjs";
import * as engines from "./suites/engines.mjs";
import * as fuzz from "./suites/fuzz.mjs";
import * as host from "./suites/host.mjs";
import * as lint from "./suites/lint.mjs";
import * as packed from "./suites/package.mjs";
import * as types from "./suites/types.mjs";

/** In the order in which they run: what is quick and tells most comes first. */
const SUITES = { lint, host, fuzz, browser, types, bench, e2e, engines, conformance, package: packed };

/** @typedef {{ passed: number, failed: number, skipped: string[], remarks?: string[] }} Count - what it remarks is said again at the end */

function chosen(names) {
  const unknown = names.find((name) => !(name in SUITES));
  if (unknown) throw new Error(`there is no suite "${unknown}"; there are ${Object.keys(SUITES).join(", ")}`);
  return Object.entries(SUITES).filter(([name]) => names.length === 0 || names.includes(name));
}

/** Everything that the suites need, at the same time: downloads wait for the network while compilers do not. */
async function setUp(needs) {
  await nodeModules();
  const outcomes = await Promise.allSettled([...new Set(needs)].map((need) => need()));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** @returns {Promise<boolean>} whether there is a package now */
async function tryBuild() {
  try {
    await build();
    return true;
  } catch (error) {
    console.log(`✗ ${error.message}`);
    return false;
  }
}

/** A suite that ran nothing has not passed. @returns {Promise<Count>} */
async function runSuite(name, suite, isBuilt) {
  if (suite.needsPackage && !isBuilt) return { passed: 0, failed: 1, skipped: [] };
  const count = await step(name, suite.test).catch((error) => {
    console.log(`✗ ${error.message}`);
    return { passed: 0, failed: 1, skipped: [] };
  });
  if (count.passed + count.failed === 0) {
    console.log(`✗ ${name} ran no test`);
    return { ...count, failed: 1 };
  }
  return count;
}

const text = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped.length ? `, ${skipped.length} skipped` : ""}`;

await main(async () => {
  const suites = chosen(process.argv.slice(2));
  rust();
  await setUp(suites.flatMap(([, suite]) => suite.needs));
  const isBuilt = suites.some(([, suite]) => suite.needsPackage) && (await tryBuild());
  /** @type {Record<string, Count>} */
  const counts = {};
  for (const [name, suite] of suites) counts[name] = await runSuite(name, suite, isBuilt);

  console.log("");
  for (const [name, count] of Object.entries(counts)) {
    console.log(`${name.padEnd(11)} ${text(count)}`);
    for (const remark of [...count.skipped.map((name) => `skipped: ${name}`), ...(count.remarks ?? [])]) console.log(`            ${remark}`);
  }
  const all = Object.values(counts);
  const sum = (member) => all.reduce((total, count) => total + count[member], 0);
  const total = { passed: sum("passed"), failed: sum("failed"), skipped: all.flatMap((count) => count.skipped) };
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(text(total));
});
