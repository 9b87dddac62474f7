import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./lib/log.mjs";
import { inProject } from "./lib/project.mjs";
import { start } from "./lib/run.mjs";

/** Starts the embedded MCP server, which says when it is ready where it is: its open endpoint, and the one behind a sign-in. */
async function embeddedServer() {
  const child = start(process.execPath, [inProject("www/server/main.mjs"), "--port", "0"]);
  child.stderr.pipe(process.stderr);
  const ended = new Promise((_, reject) => {
    child.once("close", (code) => reject(new Error(`the embedded MCP server ended with exit code ${code}`)));
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const address = async () => (await Promise.race([lines.next(), ended])).value;
  return { server: await address(), guarded: await address(), ended };
}

/** What was asked for on the command line; said at once where it cannot be. */
function options() {
  const { values } = parseArgs({ options: { server: { type: "string" }, port: { type: "string", default: "0" } } });
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new Error(`--port is a number up to 65535, and not ${values.port}`);
  if (values.server !== undefined && !/^https?:\/\//.test(values.server)) {
    throw new Error(`--server is the http or https URL of an MCP server, and not ${values.server}`);
  }
  return { port: Number(values.port), server: values.server };
}

await main(async () => {
  const { port, server } = options();
  await build();
  const embedded = server ? undefined : await embeddedServer();
  const { serve } = await import(new URL("../www/serve.mjs", import.meta.url).href);
  const { url } = await serve({ port, server: server ?? embedded.server, guarded: embedded?.guarded });
  process.exitCode = 0; // Being stopped is how this command is meant to end.
  console.log(url);
  await embedded?.ended;
});
