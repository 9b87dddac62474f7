import { createHash, randomBytes } from "node:crypto";
import { Bounded } from "./bounded.mjs";
import { Refusal } from "./refusal.mjs";

const KEPT = 1_000;
const LIFETIME = 60_000;

/** The authorization codes: each is good once, for a minute, for who can show what its challenge was made of (PKCE, RFC 7636). */
export class Codes {
  /** @type {Bounded<string, { grant: import("./tokens.mjs").Grant, redirectUri: string, challenge: string, expiresAt: number, isUsed: boolean }>} */
  #issued = new Bounded(KEPT);

  /** @param {import("./tokens.mjs").Grant} grant @param {{ redirectUri: string, challenge: string }} bound */
  issue(grant, { redirectUri, challenge }) {
    const code = randomBytes(24).toString("base64url");
    this.#issued.set(code, { grant, redirectUri, challenge, expiresAt: Date.now() + LIFETIME, isUsed: false });
    return code;
  }

  /**
   * @param {string} code
   * @param {{ clientId: string, redirectUri: string, verifier: string }} shown
   * @returns {import("./tokens.mjs").Grant}
   */
  redeem(code, { clientId, redirectUri, verifier }) {
    const found = this.#issued.get(code);
    if (!found || found.expiresAt < Date.now() || found.grant.clientId !== clientId || found.redirectUri !== redirectUri) {
      throw new Refusal("invalid_grant", "The code is not good, or not yours");
    }
    if (found.isUsed) {
      // Two have it: what the first was given is taken back (RFC 6749, section 4.1.2).
      found.grant.isRevoked = true;
      throw new Refusal("invalid_grant", "The code was used before");
    }
    found.isUsed = true;
    if (createHash("sha256").update(verifier).digest("base64url") !== found.challenge) {
      throw new Refusal("invalid_grant", "The code_verifier is not what the code_challenge was made of");
    }
    return found.grant;
  }
}
