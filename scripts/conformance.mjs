import { build } from "./build.mjs";
import { main } from "./lib/log.mjs";
import { nodeModules } from "./setup/node-modules.mjs";
import { needs, test } from "./suites/conformance.mjs";

/** `npm run conformance -- NAME…` runs these scenarios, and without a name all. */
await main(async () => {
  await nodeModules();
  for (const need of needs) await need();
  await build();
  const { failed } = await test(process.argv.slice(2));
  process.exitCode = failed > 0 ? 1 : 0;
});
