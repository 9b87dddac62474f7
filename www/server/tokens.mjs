import { randomBytes } from "node:crypto";
import { Bounded } from "./bounded.mjs";
import { Refusal } from "./refusal.mjs";

const KEPT = 1_000;
const LIFETIME = 5 * 60_000;

/** The scope by which a client asks to stay signed in: without it there is no refresh token. */
export const OFFLINE = "offline_access";

const fresh = () => randomBytes(24).toString("base64url");

/**
 * What a user has allowed.
 *
 * @typedef {object} Grant
 * @property {string} clientId
 * @property {string} resource the MCP server that the tokens are for (RFC 8707)
 * @property {string[]} scopes
 * @property {string} [thumbprint] of the key that the tokens are bound to (RFC 9449)
 * @property {boolean} [isRevoked]
 */

/** The tokens that were issued: access tokens that end soon, and refresh tokens that are good for one use. */
export class Tokens {
  /** How long an access token is good for, in milliseconds. */
  lifetimeMs = LIFETIME;
  /** @type {Bounded<string, { grant: Grant, scopes: string[], expiresAt: number }>} */
  #access = new Bounded(KEPT);
  /** @type {Bounded<string, { grant: Grant, isUsed: boolean }>} */
  #refresh = new Bounded(KEPT);

  /** The answer of the token endpoint. @param {Grant} grant */
  issue(grant, scopes = grant.scopes) {
    const access = fresh();
    this.#access.set(access, { grant, scopes, expiresAt: Date.now() + this.lifetimeMs });
    const answer = {
      access_token: access,
      token_type: grant.thumbprint ? "DPoP" : "Bearer",
      expires_in: Math.floor(this.lifetimeMs / 1_000),
      scope: scopes.join(" "),
    };
    if (!grant.scopes.includes(OFFLINE)) return answer;
    const refresh = fresh();
    this.#refresh.set(refresh, { grant, isUsed: false });
    return { ...answer, refresh_token: refresh };
  }

  /** What an access token is good for, while it is. @param {string} token */
  find(token) {
    const found = this.#access.get(token);
    return found && !found.grant.isRevoked && found.expiresAt > Date.now() ? found : undefined;
  }

  /**
   * Issues new tokens for a refresh token. One that is used again is in two hands, of which one is a thief's: nothing of its grant is good
   * any more (RFC 9700, section 4.14.2).
   *
   * @param {string} token
   * @param {{ clientId: string, scopes?: string[], thumbprint?: string }} asked
   */
  refresh(token, { clientId, scopes, thumbprint }) {
    const found = this.#refresh.get(token);
    if (!found || found.grant.isRevoked || found.grant.clientId !== clientId || found.grant.thumbprint !== thumbprint) {
      throw new Refusal("invalid_grant", "The refresh token is not good, or not yours");
    }
    if (found.isUsed) {
      found.grant.isRevoked = true;
      throw new Refusal("invalid_grant", "The refresh token was used before");
    }
    if (scopes?.some((scope) => !found.grant.scopes.includes(scope))) throw new Refusal("invalid_scope", "More than was granted");
    found.isUsed = true;
    return this.issue(found.grant, scopes);
  }

  /** The resource that a refresh token is for. @param {string} token */
  resourceOf(token) {
    return this.#refresh.get(token)?.grant.resource;
  }

  /** Ends every access token now, and leaves the refresh tokens. */
  expire() {
    this.#access.clear();
  }
}
