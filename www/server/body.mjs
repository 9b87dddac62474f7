/** The largest body that is read, in bytes. */
export const LARGEST_BODY = 1 << 20;

/**
 * The body of a request as text, or `undefined` where it is too large.
 *
 * @param {import("node:http").IncomingMessage} request
 */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
