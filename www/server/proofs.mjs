import { createHash } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { Bounded } from "./bounded.mjs";
import { Refusal } from "./refusal.mjs";

const KEPT = 10_000;

export const ALGORITHMS = ["ES256"];

/** The proofs that who sends a request holds the key which a token is bound to (DPoP, RFC 9449). Each is good once. */
export class Proofs {
  /** What a proof must repeat, where it must: one that is made ahead is then of no use. @type {string | undefined} */
  nonce;
  #seen = new Bounded(KEPT);

  /**
   * Whose proof it is: the thumbprint of its key, or nothing where there is none.
   *
   * @param {string | undefined} proof the header `DPoP`
   * @param {{ method: string, url: string, token?: string }} shown what it must be the proof for
   * @returns {Promise<string | undefined>}
   */
  async check(proof, { method, url, token }) {
    if (proof === undefined) return undefined;
    const { payload, protectedHeader } = await verified(proof);
    const { jti, htm, htu, ath, nonce } = payload;
    const expected = token && createHash("sha256").update(token).digest("base64url");
    if (htm !== method || htu !== url || typeof jti !== "string" || ath !== expected) throw refused("it is for another request");
    if (this.nonce !== undefined && nonce !== this.nonce) throw new Refusal("use_dpop_nonce", "The proof must repeat the nonce", { headers: { "dpop-nonce": this.nonce } });
    const key = await calculateJwkThumbprint(protectedHeader.jwk);
    if (this.#seen.has(`${key} ${jti}`)) throw refused("it was used before");
    this.#seen.set(`${key} ${jti}`, true);
    return key;
  }
}

async function verified(proof) {
  try {
    return await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt", algorithms: ALGORITHMS, maxTokenAge: "60s", clockTolerance: "5s" });
  } catch (error) {
    throw refused(error.message);
  }
}

const refused = (why) => new Refusal("invalid_dpop_proof", `The proof is not good: ${why}`);
