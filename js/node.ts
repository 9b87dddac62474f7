import { readFile } from "node:fs/promises";
import { BaseClient } from "./client.js";
import { open } from "./opening.js";
import type { ClientOptions } from "./options.js";

export * from "./exports.js";

/** A connection to one MCP server; in Node, where `fetch` reads no files. */
export class Client extends BaseClient {
  /** As in the browser. */
  static async connect(url: string | URL, options: ClientOptions = {}): Promise<Client> {
    return new Client(await open(read, url, options));
  }
}

function read(): Promise<BufferSource> {
  return readFile(new URL("./core.wasm", import.meta.url));
}
