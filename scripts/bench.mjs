import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./lib/log.mjs";
import { chromium } from "./setup/browsers.mjs";

/**
 * `npm run bench` measures every row, and writes BENCHMARKS.md and the README's table; with the names of rows it only prints those.
 * `--rounds N` is for an impatient look; `--quick` runs every row once, small, and judges no times. `--bytes` tells what the bytes of the package are.
 */
await main(async () => {
  const { values, positionals } = parseArgs({ options: { quick: { type: "boolean" }, bytes: { type: "boolean" }, rounds: { type: "string" } }, allowPositionals: true });
  await build();
  // Imported late: before the set-up there are no packages.
  if (values.bytes) return (await import("../tests/bench/bytes.mjs")).printBytes();
  await chromium();
  const { measure } = await import("../tests/bench/run.mjs");
  const { print, write } = await import("../tests/bench/report.mjs");
  const measured = await measure({ quick: values.quick, rounds: Number(values.rounds ?? Infinity), names: positionals, onRow: (_, found) => print(found) });
  if (!values.quick && positionals.length === 0) await write(measured);
  process.exit(); // Nothing is left to wait for but what a browser may have forgotten to close.
});
