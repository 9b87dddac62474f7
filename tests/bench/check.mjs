/** What CI holds of the measurements: that they work and mean what they say, and the size budget. Times are not judged. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { inProject } from "../../scripts/lib/project.mjs";
import { code, functions } from "../../scripts/lib/wasm.mjs";
import { namedFunctions } from "./bytes.mjs";
import { Lab } from "./lab.mjs";
import { MARKERS, print } from "./report.mjs";
import { check as same, interleaved, median, ratio } from "./rounds.mjs";
import { ROWS, smoke } from "./run.mjs";

/** @type {Record<string, (lab: Lab) => unknown>} each is one test */
const TESTS = {
  "medians, and ratios within a round": () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    // A round in which the machine was ten times slower changes nothing.
    assert.equal(ratio([2, 20, 2], [1, 10, 1], (value) => value), 2);
  },

  "programs take turns, forwards and backwards": async () => {
    const order = [];
    const samples = await interleaved(["a", "b"], 3, async (program) => order.push(program));
    assert.deepEqual(order, ["a", "b", "b", "a", "a", "b"]);
    assert.deepEqual(samples, { a: [1, 4, 5], b: [2, 3, 6] });
  },

  "a module's functions are all of its code": () => {
    const bytes = readFileSync(inProject("dist/core.wasm"));
    const found = functions(bytes);
    const counted = found.reduce((sum, { size }) => sum + size, 0);
    // What is left is how many there are.
    assert.ok(found.length > 100);
    assert.ok(code(bytes).length - counted <= 3);
  },

  "the module's functions have their names, for the table of its bytes": async () => {
    const found = await namedFunctions(readFileSync(inProject("dist/core.wasm")));
    const ours = found.filter(({ name }) => /^<?mcp_tasks::/.test(name));
    assert.ok(ours.length > found.length / 4, `${ours.length} of ${found.length}`);
  },

  "every request is counted, preflights as well": async (lab) => {
    for (const [era, more] of /** @type {const} */ ([["modern", {}], ["legacy", { initialize: 1, "notifications/initialized": 1 }]])) {
      const { OPTIONS, ...rest } = await lab.page(async (tab) => {
        await tab.row("coldStart", "raw", lab.url(era), era);
        return lab.counts();
      });
      assert.deepEqual(rest, { ...more, "tools/call": 1 });
      // In the older era the names of the headers change with the session, which may ask for permission a second time.
      assert.ok(OPTIONS === 1 || (era === "legacy" && OPTIONS === 2), `${OPTIONS} preflights`);
    }
  },

  "the program by hand does the same work: it has the results of all tasks": async (lab) => {
    for (const era of /** @type {const} */ (["modern", "legacy"])) {
      const counts = await lab.page(async (tab) => {
        await tab.row("connect", "raw", lab.url(era, { interval: 50 }), era);
        await lab.counts();
        assert.equal((await tab.row("tasks", 7, 120)).value, 7);
        return lab.counts();
      });
      assert.equal(counts["tools/call"], 7);
      assert.ok(counts["tasks/get"] >= 7, `${counts["tasks/get"]} polls of 7 tasks`);
      assert.equal(counts["tasks/result"], era === "legacy" ? 7 : undefined);
    }
  },

  "work that is not done fails, instead of being fast": async (lab) => {
    await assert.rejects(lab.page((tab) => tab.row("coldStart", "raw", "http://127.0.0.1:1/mcp", "modern")));
    // A client of sessions alone, on a server without.
    await assert.rejects(lab.page((tab) => tab.row("coldStart", "sdk1", lab.url("modern"), "modern")));
    assert.throws(() => same("results", 6, 7), /results: 6 where 7 was due/);
  },

  "the README shows figures of BENCHMARKS.md": () => {
    const readme = readFileSync(inProject("README.md"), "utf8");
    const [from, to] = MARKERS.map((marker) => readme.indexOf(marker));
    assert.ok(from >= 0 && to > from, "the markers");
    assert.ok(existsSync(inProject("BENCHMARKS.md")), "BENCHMARKS.md");
    const rows = (text) => text.split("\n").filter((line) => line.startsWith("| "));
    const shown = rows(readme.slice(from, to));
    const measured = new Set(rows(readFileSync(inProject("BENCHMARKS.md"), "utf8")));
    assert.ok(shown.length > 10);
    for (const row of shown) assert.ok(measured.has(row), row);
  },
};

/** @returns {Promise<{ passed: number, failed: number, skipped: string[] }>} */
export async function check() {
  const count = { passed: 0, failed: 0, skipped: [] };
  const judge = (name, problem) => {
    count[problem === undefined ? "passed" : "failed"]++;
    console.log(problem === undefined ? `✓ ${name}` : `✗ ${name}: ${problem}`);
  };
  const lab = await Lab.open();
  try {
    for (const [name, test] of Object.entries(TESTS)) {
      judge(name, await Promise.resolve(lab).then(test).then(() => undefined, (error) => error.message));
    }
    for (const name of Object.keys(ROWS)) {
      const lines = await smoke(lab, name).catch((error) => void judge(`row ${name}`, error.message));
      if (!lines) continue;
      judge(`row ${name}`);
      print(lines);
      for (const { what, figure, limit } of lines.filter(({ limit }) => limit !== undefined)) {
        judge(`budget: ${what}`, Number(figure.replaceAll(",", "")) <= limit ? undefined : `${figure}, and not ${limit.toLocaleString("en")} at most`);
      }
    }
  } finally {
    await lab.close();
  }
  return count;
}
