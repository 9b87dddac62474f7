import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./lib/log.mjs";
import { inProject } from "./lib/project.mjs";
import { start } from "./lib/run.mjs";

/** Starts the embedded MCP server, which says its address when it is ready. */
async function embeddedServer() {
  const child = start(process.execPath, [inProject("www/server/main.mjs"), "--port", "0"]);
  child.stderr.pipe(process.stderr);
  const ended = new Promise((_, reject) => {
    child.once("close", (code) => reject(new Error(`the embedded MCP server ended with exit code ${code}`)));
  });
  const address = await Promise.race([new Promise((resolve) => createInterface(child.stdout).once("line", resolve)), ended]);
  return { address, ended };
}

await main(async () => {
  const { values } = parseArgs({ options: { server: { type: "string" }, port: { type: "string", default: "0" } } });
  await build();
  const embedded = values.server ? undefined : await embeddedServer();
  const { serve } = await import(new URL("../www/serve.mjs", import.meta.url).href);
  const { url } = await serve({ port: Number(values.port), server: values.server ?? embedded.address });
  process.exitCode = 0; // Being stopped is how this command is meant to end.
  console.log(url);
  await embedded?.ended;
});
