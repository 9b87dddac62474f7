const LOOPBACK = /^https?:\/\/(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/**
 * Lets a page of this machine read the answer, and no other: a stranger's page that points its name at 127.0.0.1 is refused here.
 *
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {string} exposed the headers that the page may read
 * @returns {boolean} whether the request may be answered
 */
export function allowOrigin({ headers: { origin } }, response, exposed) {
  if (origin === undefined) return true;
  if (!LOOPBACK.test(origin)) return false;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", exposed);
  response.setHeader("vary", "Origin");
  return true;
}
