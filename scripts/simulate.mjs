import { parseArgs } from "node:util";
import { main } from "./lib/log.mjs";
import { root } from "./lib/project.mjs";
import { run } from "./lib/run.mjs";
import { rust } from "./setup/rust.mjs";

/** So many worlds lie between the seeds of two nights at least. */
const NIGHT = 10_000_000;

/**
 * `npm run simulate -- --lifecycles N` lives so many tasks in worlds that no run before had; `--from SEED` begins with that one.
 * `--seed SEED` lives one world alone and tells what happens in it.
 */
await main(async () => {
  const { values } = parseArgs({ options: { lifecycles: { type: "string" }, from: { type: "string" }, seed: { type: "string" } } });
  const { lifecycles = "1000000", from = String(Math.floor(Date.now() / 86_400_000) * NIGHT), seed } = values;
  rust();
  /** @type {Record<string, string>} */
  const env = seed ? { SIMULATE_SEED: seed } : { SIMULATE_LIFECYCLES: lifecycles, SIMULATE_FROM: from };
  if (!seed) console.log(`worlds from seed ${from} on`);
  const args = ["test", "--profile", "simulate", "--test", "host", "simulator", "--", "--nocapture"];
  await run("cargo", args, { cwd: root, env, show: "always" });
});
