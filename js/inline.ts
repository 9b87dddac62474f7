import { BaseClient, open } from "./client.js";
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
  const { default: base64 } = await import("./generated/core.wasm.base64.js");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
