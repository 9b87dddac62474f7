import type { ClientOptions } from "./options.js";

/**
 * The request that the core begins with where the server may be of the stateless era, word for word: sent while the module is still
 * loading, its answer is there when the core asks. Where the core would send another after all, this one is dropped; a test holds both together.
 */
export function beginning(clientInfo: object, { elicitation, sampling, roots }: ClientOptions): [string, Record<string, string>, string] {
  const version = "2026-07-28";
  const method = "server/discover";
  const name = "io.modelcontextprotocol/";
  const capabilities = {
    ...(elicitation && { elicitation: { form: {}, url: {} } }),
    ...(sampling && { sampling: { tools: {} } }),
    ...(roots && { roots: {} }),
    extensions: { [`${name}tasks`]: {} },
  };
  const meta = { [`${name}protocolVersion`]: version, [`${name}clientInfo`]: clientInfo, [`${name}clientCapabilities`]: capabilities };
  const headers = {
    "mcp-protocol-version": version,
    "mcp-method": method,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  return ["POST", headers, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { _meta: meta } })];
}
