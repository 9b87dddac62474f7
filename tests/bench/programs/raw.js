// What a page would write by hand, for a server that it knows: nothing is checked, nothing repeated, no time limited.
const VERSION = { legacy: "2025-11-25", modern: "2026-07-28" };
const CAPABILITIES = { extensions: { "io.modelcontextprotocol/tasks": {} } };

/** The one message of an event stream, or of a body. */
async function read(response) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return response.json();
  const text = await response.text();
  return JSON.parse(text.slice(text.lastIndexOf("\ndata: ") + 7));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function connect(url, era) {
  const version = VERSION[era];
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  let id = 0;
  const post = async (method, params, more) => {
    const own = era === "modern" ? { "mcp-protocol-version": version, "mcp-method": method, "mcp-name": params.name ?? params.taskId } : {};
    const body = JSON.stringify({ jsonrpc: "2.0", ...(more ? {} : { id: ++id }), method, params });
    return fetch(url, { method: "POST", headers: { ...headers, ...own }, body });
  };
  const request = async (method, params) => {
    const { result, error } = await read(await post(method, era === "modern" ? { ...params, _meta: META } : params));
    if (error) throw new Error(error.message);
    return result;
  };
  const META = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
  };
  if (era === "legacy") {
    const response = await post("initialize", { protocolVersion: version, capabilities: {}, clientInfo: { name: "raw", version: "1" } });
    await response.json();
    headers["mcp-session-id"] = response.headers.get("mcp-session-id");
    headers["mcp-protocol-version"] = version;
    await post("notifications/initialized", undefined, true);
  }
  return {
    call: (name, args) => request("tools/call", { name, arguments: args }),
    async task(name, args) {
      const made = await request("tools/call", { name, arguments: args, ...(era === "legacy" && { task: {} }) });
      const { taskId, pollInterval, pollIntervalMs = pollInterval ?? 1_000 } = made.task ?? made;
      for (;;) {
        await sleep(pollIntervalMs);
        const { status, result } = await request("tasks/get", { taskId });
        if (status === "completed") return era === "legacy" ? request("tasks/result", { taskId }) : result;
        if (status !== "working") throw new Error(status);
      }
    },
  };
}
