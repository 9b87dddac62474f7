import { ALGORITHMS } from "./proofs.mjs";
import { Refusal } from "./refusal.mjs";

/** What protected-resource metadata has in front of the resource's own path (RFC 9728, section 3.1). */
const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** Lets nobody in to an MCP endpoint without a token for it, and says where to get one. */
export class Guard {
  #resource;
  #authorization;
  #scopeOf;

  /**
   * @param {object} guarded
   * @param {URL} guarded.resource the endpoint, under its one name
   * @param {import("./authorization.mjs").Authorization} guarded.authorization who issues the tokens
   * @param {(message: any) => string} guarded.scopeOf what a message needs to be let through
   */
  constructor({ resource, authorization, scopeOf }) {
    this.#resource = resource;
    this.#authorization = authorization;
    this.#scopeOf = scopeOf;
  }

  /** The path under which the endpoint says who issues its tokens. */
  get metadataPath() {
    return WELL_KNOWN + this.#resource.pathname;
  }

  metadata() {
    return {
      resource: this.#resource.href,
      authorization_servers: [this.#authorization.issuer],
      scopes_supported: this.#authorization.resources.get(this.#resource.href),
      bearer_methods_supported: ["header"],
      dpop_signing_alg_values_supported: ALGORITHMS,
    };
  }

  /**
   * The scopes of who sends the request, which a good token must come with.
   *
   * @param {import("node:http").IncomingMessage} request
   * @returns {Promise<string[]>}
   */
  async admit({ headers, method }) {
    const [, scheme, token] = /^(Bearer|DPoP) +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
    const found = token && this.#authorization.tokens.find(token);
    const [scope] = this.#authorization.resources.get(this.#resource.href);
    if (!found || found.grant.resource !== this.#resource.href) throw this.#challenge(401, { ...(token && { error: "invalid_token" }), scope });
    const { thumbprint } = found.grant;
    if ((scheme.toLowerCase() === "dpop") !== (thumbprint !== undefined)) throw this.#challenge(401, { error: "invalid_token" }, scheme);
    if (thumbprint && (await this.#keyOf(headers.dpop, method, token)) !== thumbprint) throw this.#challenge(401, { error: "invalid_dpop_proof" }, scheme);
    return found.scopes;
  }

  /** Refuses what the token's scopes do not cover: the client may ask the user for more. @param {string[]} scopes @param {any} message */
  permit(scopes, message) {
    // Several may come at once, in old versions of the protocol.
    const needed = [message].flat().map(this.#scopeOf);
    if (needed.some((scope) => !scopes.includes(scope))) throw this.#challenge(403, { error: "insufficient_scope", scope: [...new Set(needed)].join(" ") });
  }

  async #keyOf(proof, method, token) {
    try {
      return await this.#authorization.proofs.check(proof, { method, url: this.#resource.href, token });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw this.#challenge(401, { error: error.code }, "DPoP", error.headers);
    }
  }

  #challenge(status, told, scheme = "Bearer", headers = {}) {
    const members = Object.entries({ ...told, resource_metadata: this.#resource.origin + this.metadataPath }).map(([name, value]) => `${name}="${value}"`);
    const message = status === 401 ? "Sign in first" : "This needs more than was allowed";
    return new Refusal(told.error ?? "unauthorized", message, { status, headers: { ...headers, "www-authenticate": `${scheme} ${members.join(", ")}` } });
  }
}
