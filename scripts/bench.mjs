import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./lib/log.mjs";

/**
 * `--bytes` tells what the bytes of the package are, `--size` how many.
 */
await main(async () => {
  const { values } = parseArgs({ options: { bytes: { type: "boolean" }, size: { type: "boolean" } } });
  await build();
  if (values.bytes) return (await import("../tests/bench/bytes.mjs")).printBytes();
  const { ownSize } = await import("../tests/bench/sizes.mjs");
  const { wasm, scripts, everything, imported } = await ownSize();
  console.log(wasm, scripts, everything, imported);
});
