/**
 * The authorization server of the demo, whose every answer a test can replace, with a user who says yes at once, and with the grants of those
 * who are no users. It runs in the test's own process and keeps every request for the test to judge.
 *
 *     const authorization = await ScriptedAuthorization.start();
 *     authorization.protect(scriptedServer);
 *     authorization.on("POST /token", (exchange) => exchange.redirect("https://elsewhere.example/"));
 */

import { Authorization } from "../../www/server/authorization.mjs";
import { Clients } from "../../www/server/clients.mjs";
import { Guard } from "../../www/server/guard.mjs";
import { Refusal } from "../../www/server/refusal.mjs";
import { assertionOf, machineGrants } from "./machine-grants.mjs";

/** @typedef {import("../../www/server/exchange.mjs").Exchange} Exchange */
/** @typedef {(exchange: Exchange) => unknown} Handler */

/** Those that somebody has entered by hand, beside the others. */
class KnownClients extends Clients {
  /** @type {Map<string, import("../../www/server/clients.mjs").Client>} */
  known = new Map();

  async find(clientId) {
    return this.known.get(clientId) ?? super.find(clientId);
  }
}

export class ScriptedAuthorization extends Authorization {
  /** @type {Exchange[]} every request in order of arrival, preflights apart */
  requests = [];
  /** @type {import("./call.mjs").Call[]} what the protected servers turned away */
  refused = [];
  /** The documents of clients whose id is a URL. @type {Map<string, object>} */
  documents = new Map();
  /** The clients that can hold a secret or a key, by id. @type {Map<string, { secret?: string, jwk?: object }>} */
  confidential = new Map();
  /** The issuers whose assertions are trusted. @type {Set<string>} */
  trusted = new Set();
  /** Under which names the clients of an identity provider are known elsewhere. @type {Map<string, string>} */
  aliases = new Map();
  /** What the metadata says otherwise; `undefined` leaves a member out. @type {Record<string, unknown>} */
  says = {};
  /** What the user does who is asked. @type {(exchange: Exchange, request: any) => unknown} */
  user = (exchange, request) => this.allow(exchange, request);
  /** Changes what the user is sent back with. @type {(query: URLSearchParams) => void} */
  forge = () => {};
  /** Every token that was issued, of both kinds. @type {{ access: string, refresh?: string, resource: string }[]} */
  issued = [];
  /** @type {Set<import("../../www/server/tokens.mjs").Grant>} */
  #grants = new Set();
  /** @type {Map<string, Handler>} */
  #scripts = new Map();

  constructor() {
    /** @type {(clientId: string) => Promise<any>} */
    const read = async (clientId) => {
      const document = this.documents.get(clientId);
      if (!document) throw new Refusal("invalid_client", "There is no such document");
      return document;
    };
    super(new KnownClients(read));
    for (const [name, grant] of Object.entries(machineGrants(this))) this.grants.set(name, grant);
    const issue = this.tokens.issue.bind(this.tokens);
    this.tokens.issue = (grant, ...more) => {
      const answer = issue(grant, ...more);
      this.#grants.add(grant);
      this.issued.push({ access: answer.access_token, refresh: answer.refresh_token, resource: grant.resource });
      return answer;
    };
  }

  /** Enters a client, as its developer does who registers it by hand. @param {import("../../www/server/clients.mjs").Client} client */
  acquaint(client) {
    this.clients.known.set(client.clientId, client);
  }

  /** What this server, as an identity provider, says to another. @param {Parameters<typeof assertionOf>[1]} said */
  assert(said) {
    return assertionOf(this, said);
  }

  /** Starts on a free port. */
  static start() {
    return new ScriptedAuthorization().listen();
  }

  metadata() {
    return { ...super.metadata(), ...this.says };
  }

  /** Answers a method and path, as `POST /token`, by `handler` from now on. @param {string} route @param {Handler} handler */
  on(route, handler) {
    this.#scripts.set(route, handler);
    return this;
  }

  /** The lawful answer, for a script that is odd only now and then. @param {Exchange} exchange */
  lawful(exchange) {
    return super.answer(exchange);
  }

  answer(exchange) {
    this.requests.push(exchange);
    const script = this.#scripts.get(`${exchange.method} ${exchange.path}`);
    return script ? script(exchange) : super.answer(exchange);
  }

  /** What was granted is granted no more: access tokens and refresh tokens are good for nothing. */
  forget() {
    for (const grant of this.#grants) grant.isRevoked = true;
  }

  sendBack(exchange, request, answer) {
    const { redirect } = exchange;
    exchange.redirect = (location) => {
      const url = new URL(location);
      this.forge(url.searchParams);
      redirect.call(exchange, url.href);
    };
    return super.sendBack(exchange, request, answer);
  }

  consent(exchange, request) {
    return this.user(exchange, request);
  }

  /** The requests of one route, as `POST /token`. @param {string} route @param {Record<string, string>} [params] that they have */
  sent(route, params = {}) {
    const fits = (exchange) => Object.entries(params).every(([name, value]) => exchange.params.get(name) === value);
    return this.requests.filter((exchange) => `${exchange.method} ${exchange.path}` === route && fits(exchange));
  }

  /**
   * Puts a scripted MCP server behind a sign-in.
   *
   * @param {import("./scripted.mjs").ScriptedServer} server
   * @param {object} [how]
   * @param {string[]} [how.scopes] that there are
   * @param {(message: any) => string} [how.scopeOf]
   * @param {Record<string, unknown>} [how.says] what its metadata says otherwise
   * @param {(refusal: { status: number, headers: Record<string, string> }) => unknown} [how.refuse] changes how it turns requests away
   */
  protect(server, { scopes = ["demo"], scopeOf = () => "demo", says = {}, refuse = () => {} } = {}) {
    const resource = new URL(server.url);
    this.resources.set(resource.href, scopes);
    const guard = new Guard({ resource, authorization: this, scopeOf });
    server.headers["access-control-allow-headers"] += ", dpop, mcp-method, mcp-name";
    server.headers["access-control-expose-headers"] += ", dpop-nonce";
    server.guard = async (call) => {
      const { pathname } = new URL(call.request.url, server.url);
      if (pathname === guard.metadataPath) return void call.json({ ...guard.metadata(), ...says });
      if (pathname !== resource.pathname) return void call.http(404);
      try {
        guard.permit(await guard.admit(call.request), call.message);
        return true;
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        this.refused.push(call);
        const { status, headers } = refusal;
        const answer = { status, headers: { ...headers } };
        refuse(answer);
        return void call.http(answer.status, answer.headers);
      }
    };
    return this;
  }
}
