import { events, plainTool } from "./tools.mjs";

const envelope = (id, result) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;

/** Sends a result, which is JSON already, in the way that was asked for; on a stream, after these events. */
export function send(response, id, result, asStream, before = "") {
  if (asStream || before) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    return response.end(`${before}event: message\ndata: ${envelope(id, result)}\n\n`);
  }
  response.writeHead(200, { "content-type": "application/json" }).end(envelope(id, result));
}

export function refuse(response, status, id, code, message) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: id ?? null, error: { code, message } }));
}

/** Answers a call of a tool that runs no tasks. `mark` is what the era puts into every result. */
export function callPlainly(response, { id, params }, asStream, mark = "") {
  const args = params.arguments ?? {};
  const result = plainTool(params.name)?.(args);
  if (result === undefined) return refuse(response, 200, id, -32602, `Unknown tool: ${params.name}`);
  send(response, id, `{${mark}${result.slice(1)}`, asStream, params.name === "events" ? events(args) : "");
}

/** A stream that stays open, and what writes a message on it. */
export function stream(response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  return (message) => response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}
