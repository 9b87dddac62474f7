import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { root } from "../../scripts/lib/project.mjs";
import { start } from "../../scripts/lib/run.mjs";
import { node22 } from "../../scripts/setup/node22.mjs";

const MANIFEST = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json");
const SUITE = dirname(MANIFEST);

/** What a scenario's server may take to close after its client has gone. */
const CLOSING_MS = 5_000;

/** @typedef {{ id: string, status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO", description: string, errorMessage?: string }} Check */

/**
 * The client scenarios of a revision of the specification, from the suite's own list.
 * @param {string} version
 * @returns {{ scenario: string, isScored: boolean }[]}
 */
export function requirements(version) {
  const { parse } = createRequire(MANIFEST)("yaml");
  const { client, not_scored } = parse(readFileSync(join(SUITE, "requirements", `${version}.yaml`), "utf8"));
  const unscored = not_scored.filter(({ leg }) => leg === "client");
  return [...client.map((scenario) => ({ scenario, isScored: true })), ...unscored.map(({ scenario }) => ({ scenario, isScored: false }))];
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Runs one scenario. The suite's own verdict is too mild for us: it passes a client that does nothing, and forgives some that fail.
 * @param {{ scenario: string, version: string, browser: string, limitMs: number }} wanted `browser` is where `client.mjs` finds it
 * @returns {Promise<string[]>} all that went wrong
 */
export async function runScenario({ scenario, version, browser, limitMs }) {
  const command = [process.execPath, join(import.meta.dirname, "client.mjs")].map(quoted).join(" ");
  const timeout = limitMs + CLOSING_MS;
  const which = ["--scenario", scenario, "--spec-version", version, "--force"]; // the set decides what runs, optional extensions too
  const args = ["client", "--command", command, ...which, "--timeout", String(timeout), "--verbose"];
  const child = start(await node22(), [join(SUITE, "dist/index.js"), ...args], { cwd: root, env: { CONFORMANCE_BROWSER: browser } });
  const killing = setTimeout(() => process.kill(-child.pid, "SIGKILL"), timeout + CLOSING_MS);
  let [printed, said] = ["", ""];
  child.stdout.on("data", (text) => (printed += text));
  child.stderr.on("data", (text) => (said += text));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
  });
  clearTimeout(killing);
  if (signal) return ["the suite had to be ended: its server did not close"];
  return problems(printed, said, code);
}

function problems(printed, said, code) {
  const [, fault] = /^Client exited with code \d+\n+(?:Stderr:\n)?(.*)/m.exec(said) ?? [];
  const found = fault === undefined ? [] : [`the client: ${fault}`];
  let checks;
  try {
    checks = /** @type {Check[]} */ (JSON.parse(printed));
  } catch {
    return [...found, `the suite made no report: ${said.trim().split("\n").at(-1)}`];
  }
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  found.push(...bad.map(({ status, id, description, errorMessage }) => `${status} ${id}: ${errorMessage ?? description}`));
  if (!checks.some(({ status }) => status === "SUCCESS")) found.push("nothing was checked");
  if (code !== 0 && found.length === 0) found.push(`the suite ended with exit code ${code}`);
  return found;
}
