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
  const text = { type: /** @type {const} */ ("string") };
  const { values } = parseArgs({ options: { lifecycles: text, from: text, seed: text } });
  rust();
  const first = values.from ?? String(Math.floor(Date.now() / 86_400_000) * NIGHT);
  const env = values.seed
    ? { SIMULATE_SEED: values.seed }
    : { SIMULATE_LIFECYCLES: values.lifecycles ?? "1000000", SIMULATE_FROM: first };
  if (!values.seed) console.log(`worlds from seed ${first} on`);
  const args = ["test", "--profile", "simulate", "--test", "host", "simulator", "--", "--nocapture"];
  await run("cargo", args, { cwd: root, env, show: "always" });
});
