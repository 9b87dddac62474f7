import { BaseClient } from "./client.js";
import { open } from "./opening.js";
import base64 from "./generated/core.wasm.base64.js";
import type { ClientOptions } from "./options.js";

export * from "./exports.js";

/** A connection to one MCP server; the module comes inside the JavaScript, where no file can be served beside it. */
export class Client extends BaseClient {
  /** As with the ordinary entry. */
  static async connect(url: string | URL, options: ClientOptions = {}): Promise<Client> {
    return new Client(await open(decode, url, options));
  }
}

async function decode(): Promise<BufferSource> {
  // What is to be sent goes out first.
  await Promise.resolve();
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
