/** Tools that answer at once. */

const RECORD = { name: "A record as tools return them", tags: ["one", "two", "three"], value: 1234.5678, isActive: true, parent: null };

/** @type {Map<number, string>} by size: what is measured is the client */
const blobs = new Map();

/** A result of about so many bytes, as JSON: records, as tools return them. */
function blob(bytes) {
  if (!blobs.has(bytes)) {
    const size = JSON.stringify({ id: 1_000_000, ...RECORD }).length + 1;
    const items = Array.from({ length: Math.max(1, Math.round(bytes / size)) }, (_, id) => ({ id: id + 1_000_000, ...RECORD }));
    blobs.set(bytes, JSON.stringify({ content: [{ type: "text", text: `${items.length} records` }], structuredContent: { items } }));
  }
  return blobs.get(bytes);
}

/** Each gives a result as JSON. @type {Record<string, (args: any) => string>} */
const TOOLS = {
  echo: ({ text }) => JSON.stringify({ content: [{ type: "text", text }] }),
  blob: ({ bytes }) => blob(bytes),
  events: () => JSON.stringify({ content: [{ type: "text", text: "told" }] }),
};

export const plainTool = (name) => TOOLS[name];

/** @type {Map<string, string>} */
const streams = new Map();

/** Notifications of about so many bytes each, as events of a stream. */
export function events({ count, bytes }) {
  const key = `${count} ${bytes}`;
  if (!streams.has(key)) streams.set(key, told(count, bytes));
  return streams.get(key);
}

function told(count, bytes) {
  const message = (data) => JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data } });
  const padding = "x".repeat(Math.max(0, bytes - `event: message\ndata: ${message("1000000 ")}\n\n`.length));
  return Array.from({ length: count }, (_, nth) => `event: message\ndata: ${message(`${1_000_000 + nth} ${padding}`)}\n\n`).join("");
}

/** What `tools/list` gives. */
export const LIST = ["echo", "blob", "events", "work"].map((name) => ({
  name,
  inputSchema: { type: "object" },
  execution: { taskSupport: name === "work" ? "optional" : "forbidden" },
}));
