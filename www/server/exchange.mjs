import { LARGEST_BODY, readBody } from "./body.mjs";
import { Refusal } from "./refusal.mjs";

/** One request to the authorization server, and the ways to answer it. */
export class Exchange {
  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   * @param {string} body
   */
  constructor(request, response, body) {
    this.request = request;
    this.response = response;
    this.body = body;
    const { pathname, searchParams } = new URL(request.url, "http://host");
    this.path = pathname;
    /** What was asked: the query of a GET, the form of a POST. */
    this.params = request.method === "POST" ? new URLSearchParams(body) : searchParams;
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  static async receive(request, response) {
    const body = await readBody(request);
    if (body === undefined) throw new Refusal("invalid_request", `More than ${LARGEST_BODY} bytes`, { status: 413 });
    return new Exchange(request, response, body);
  }

  get method() {
    return this.request.method;
  }

  get headers() {
    return this.request.headers;
  }

  /** A parameter that must not be missing, nor be there twice. @param {string} name */
  need(name) {
    const [value, ...more] = this.params.getAll(name);
    if (!value || more.length > 0) throw new Refusal("invalid_request", `${name} must be given once`);
    return value;
  }

  /** @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
  json(status, body, headers = {}) {
    this.response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers }).end(JSON.stringify(body));
  }

  /** @param {Refusal} refusal */
  refuse({ code, message, status, headers }) {
    this.json(status, { error: code, error_description: message }, headers);
  }

  /** @param {number} status @param {string} html @param {Record<string, string>} [headers] */
  page(status, html, headers = {}) {
    const guarded = { "x-content-type-options": "nosniff", "x-frame-options": "DENY", "cache-control": "no-store", ...headers };
    this.response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...guarded }).end(html);
  }

  /** @param {string} location */
  redirect(location) {
    this.response.writeHead(303, { location, "cache-control": "no-store" }).end();
  }
}
