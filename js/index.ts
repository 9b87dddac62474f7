import { BaseClient } from "./client.js";
import { open } from "./opening.js";
import type { ClientOptions } from "./options.js";

export * from "./exports.js";

/** A connection to one MCP server. */
export class Client extends BaseClient {
  /**
   * Loads the module, finds out what the server speaks, and opens a session.
   * @param url the server's streamable HTTP endpoint
   * @throws `McpError`: `network`, `cors`, `http`, `unauthorized`, `rpc`, `unsupported`, `wasm_load`, `invalid_argument`
   */
  static async connect(url: string | URL, options: ClientOptions = {}): Promise<Client> {
    // Bundlers know this form, and bring the file along.
    return new Client(await open(() => new URL("./core.wasm", import.meta.url), url, options));
  }
}
