import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Bounded } from "./bounded.mjs";
import { Codes } from "./codes.mjs";
import { consentHeaders, consentPage, refusalPage } from "./consent.mjs";
import { Exchange } from "./exchange.mjs";
import { allowOrigin } from "./origin.mjs";
import { ALGORITHMS, Proofs } from "./proofs.mjs";
import { Refusal } from "./refusal.mjs";
import { OFFLINE, Tokens } from "./tokens.mjs";

const PENDING = 200;

const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "Authorization, Content-Type, DPoP, MCP-Protocol-Version",
  "access-control-max-age": "7200",
};

/**
 * An authorization server for one user, who is asked on a page with a button: OAuth 2.1 with all that MCP wants of it.
 *
 * Its metadata (RFC 8414), registration (RFC 7591) and token endpoint are for programs, also those in pages of this machine.
 */
export class Authorization {
  codes = new Codes();
  tokens = new Tokens();
  proofs = new Proofs();
  /** The resource servers that tokens are issued for, and the scopes there are. @type {Map<string, string[]>} */
  resources = new Map();
  /** By method and path. @type {Map<string, (exchange: Exchange) => unknown>} */
  routes = new Map(
    Object.entries({
      "GET /.well-known/oauth-authorization-server": (exchange) => exchange.json(200, this.metadata()),
      "POST /register": (exchange) => exchange.json(201, this.clients.register(parsed(exchange.body))),
      "GET /authorize": (exchange) => this.#ask(exchange),
      "POST /authorize": (exchange) => this.#answered(exchange),
      "POST /token": (exchange) => this.#token(exchange),
    }),
  );
  /** How tokens are come by. @type {Map<string, (exchange: Exchange) => object | Promise<object>>} */
  grants = new Map(
    Object.entries({
      authorization_code: (exchange) => this.#redeem(exchange),
      refresh_token: (exchange) => this.#refresh(exchange),
    }),
  );
  #pending = new Bounded(PENDING);
  #http = createServer((request, response) => void this.receive(request, response));

  /** @param {import("./clients.mjs").Clients} clients */
  constructor(clients) {
    this.clients = clients;
  }

  /** @returns {Promise<this>} */
  listen(port = 0) {
    return new Promise((done, fail) => this.#http.once("error", fail).listen(port, "127.0.0.1", () => done(this)));
  }

  close() {
    return new Promise((closed) => {
      this.#http.close(closed);
      this.#http.closeAllConnections();
    });
  }

  get issuer() {
    return `http://127.0.0.1:${this.#http.address().port}`;
  }

  metadata() {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      scopes_supported: [...new Set([...this.resources.values()].flat()), OFFLINE],
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: [...this.grants.keys()],
      token_endpoint_auth_methods_supported: ["none"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      dpop_signing_alg_values_supported: ALGORITHMS,
    };
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async receive(request, response) {
    if (!allowOrigin(request, response, "DPoP-Nonce, WWW-Authenticate, Retry-After")) return response.writeHead(403).end();
    if (request.method === "OPTIONS") return response.writeHead(204, PREFLIGHT).end();
    try {
      await this.answer(await Exchange.receive(request, response));
    } catch (error) {
      if (response.headersSent) response.destroy(error);
      else new Exchange(request, response, "").refuse(error instanceof Refusal ? error : new Refusal("server_error", "Internal error", { status: 500 }));
    }
  }

  /** @param {Exchange} exchange */
  answer(exchange) {
    const route = this.routes.get(`${exchange.method} ${exchange.path}`);
    if (!route) throw new Refusal("not_found", "There is nothing here", { status: 404 });
    return route(exchange);
  }

  /** Shows the user what is asked. As long as it is not sure where the user comes from, nobody is sent back there. */
  async #ask(exchange) {
    let request;
    try {
      const client = await this.clients.find(exchange.need("client_id"));
      const redirectUri = exchange.need("redirect_uri");
      if (!client.redirectUris.includes(redirectUri)) throw new Refusal("invalid_request", "The redirect_uri is none of the client’s");
      request = { client, redirectUri, state: exchange.params.get("state") };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return exchange.page(400, refusalPage(error.message));
    }
    try {
      Object.assign(request, this.#checked(exchange));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.sendBack(exchange, request, { error: error.code, error_description: error.message });
    }
    return this.consent(exchange, request);
  }

  /** What is asked of the user, if it can be. */
  #checked(exchange) {
    if (exchange.need("response_type") !== "code") throw new Refusal("unsupported_response_type", "Only code");
    if (exchange.need("code_challenge_method") !== "S256") throw new Refusal("invalid_request", "Only PKCE with S256");
    const resource = this.resource(exchange);
    const known = [...this.resources.get(resource), OFFLINE];
    const scopes = scopesOf(exchange) ?? this.resources.get(resource).slice(0, 1);
    if (scopes.some((scope) => !known.includes(scope))) throw new Refusal("invalid_scope", `Only ${known.join(", ")}`);
    // A code may be bound to a key already, before there are tokens (RFC 9449, section 10).
    return { resource, scopes, challenge: exchange.need("code_challenge"), thumbprint: exchange.params.get("dpop_jkt") ?? undefined };
  }

  /** Which resource server it is about (RFC 8707). */
  resource(exchange) {
    const resource = exchange.need("resource");
    if (!this.resources.has(resource)) throw new Refusal("invalid_target", "No tokens are issued for this resource");
    return resource;
  }

  /** Puts what is asked before the user. */
  consent(exchange, request) {
    const id = randomUUID();
    this.#pending.set(id, request);
    exchange.page(200, consentPage({ id, ...request }), consentHeaders(request.redirectUri));
  }

  /** The user has pressed a button: on our own page, and on no other. */
  #answered(exchange) {
    const request = this.#pending.get(exchange.need("request"));
    this.#pending.delete(exchange.need("request"));
    if (!request || exchange.headers.origin !== this.issuer) return exchange.page(400, refusalPage("Begin again, in the app"));
    if (exchange.need("answer") !== "allow") return this.sendBack(exchange, request, { error: "access_denied", error_description: "The user said no" });
    return this.allow(exchange, request);
  }

  /** Sends the user back with a code. */
  allow(exchange, request) {
    const { client, resource, scopes, thumbprint } = request;
    const code = this.codes.issue({ clientId: client.clientId, resource, scopes, thumbprint }, request);
    return this.sendBack(exchange, request, { code });
  }

  /** Sends the user back to the app. Every answer says who gives it (RFC 9207). */
  sendBack(exchange, { redirectUri, state }, answer) {
    const location = new URL(redirectUri);
    for (const [name, value] of Object.entries({ ...answer, ...(state && { state }), iss: this.issuer })) location.searchParams.set(name, value);
    return exchange.redirect(location.href);
  }

  async #token(exchange) {
    const grant = this.grants.get(exchange.need("grant_type"));
    if (!grant) throw new Refusal("unsupported_grant_type", `Only ${[...this.grants.keys()].join(", ")}`);
    exchange.json(200, await grant(exchange));
  }

  async #redeem(exchange) {
    const thumbprint = await this.keyOf(exchange);
    const { clientId } = await this.clients.find(exchange.need("client_id"));
    const resource = this.resource(exchange);
    const shown = { clientId, redirectUri: exchange.need("redirect_uri"), verifier: exchange.need("code_verifier") };
    const grant = this.codes.redeem(exchange.need("code"), shown);
    if (grant.resource !== resource) throw new Refusal("invalid_target", "The code is for another resource");
    if (grant.thumbprint && grant.thumbprint !== thumbprint) throw new Refusal("invalid_grant", "The code is bound to another key");
    return this.tokens.issue(Object.assign(grant, { thumbprint }));
  }

  async #refresh(exchange) {
    const thumbprint = await this.keyOf(exchange);
    const token = exchange.need("refresh_token");
    if (this.tokens.resourceOf(token) !== this.resource(exchange)) throw new Refusal("invalid_target", "The token is for another resource");
    return this.tokens.refresh(token, { clientId: exchange.need("client_id"), scopes: scopesOf(exchange), thumbprint });
  }

  /** The key that the tokens are to be bound to, if the client wants them to be. */
  keyOf(exchange) {
    return this.proofs.check(exchange.headers.dpop, { method: "POST", url: `${this.issuer}/token` });
  }
}

/** @returns {string[] | undefined} */
export function scopesOf({ params }) {
  const scopes = params.get("scope")?.split(" ").filter(Boolean) ?? [];
  return scopes.length > 0 ? [...new Set(scopes)] : undefined;
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal("invalid_client_metadata", "Not JSON");
  }
}
