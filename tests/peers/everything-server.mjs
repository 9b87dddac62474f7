/**
 * The protocol project's own reference server (protocol 2025-11-25), as it is published.
 *
 *     node everything-server.mjs [--port N]
 *
 * Prints its URL when it is ready; port 0 takes a free one. By itself it listens on every interface, and says so much on
 * stdout that its URL could not be told from the rest.
 */

import { Server } from "node:net";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const { log } = console;
console.log = console.error;

const { listen } = Server.prototype;
Server.prototype.listen = function (_, ready) {
  return listen.call(this, Number(options.port), "127.0.0.1", () => {
    log(`http://127.0.0.1:${this.address().port}/mcp`);
    ready();
  });
};

await import("@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js");
