import { texts } from "./http.js";
import { allowInsecureRequests, type AuthorizationServer, customFetch, DPoP, type DPoPHandle, generateKeyPair, protectedResourceRequest } from "./library.js";

/** The algorithms that every browser has, the usual one first. */
const ALGORITHMS = ["ES256", "ES384", "RS256", "PS256"];

/** The algorithm for proofs at this server; nothing where it supports none of ours. One that says nothing may support the usual. */
export function algorithmFor(server: AuthorizationServer): { alg: string; isAdvertised: boolean } | undefined {
  const supported = texts(server.dpop_signing_alg_values_supported);
  const alg = supported ? ALGORITHMS.find((each) => supported.includes(each)) : ALGORITHMS[0];
  return alg === undefined ? undefined : { alg, isAdvertised: supported !== undefined };
}

/** A key that tokens are bound to, and the proofs that it is ours (RFC 9449). It cannot be taken out of the browser. */
export class Key {
  readonly pair: CryptoKeyPair;
  readonly handle: DPoPHandle;
  #nonce: string | null = null;

  constructor(pair: CryptoKeyPair) {
    this.pair = pair;
    this.handle = DPoP({}, pair);
  }

  static async make(alg: string): Promise<Key> {
    return new Key(await generateKeyPair(alg));
  }

  /** The headers of a request with a token that is bound to this key. */
  async sign(token: string, method: string, url: URL): Promise<Record<string, string>> {
    const sent: { headers?: HeadersInit } = {};
    await this.#pass(token, method, url, new Response(), sent);
    const headers = new Headers(sent.headers);
    return { authorization: headers.get("authorization") ?? "", dpop: headers.get("dpop") ?? "" };
  }

  /** The server may want a nonce of its own in the next proof. */
  async heed(headers: Headers, url: URL): Promise<void> {
    const nonce = headers.get("dpop-nonce");
    if (nonce === null || nonce === this.#nonce) return;
    this.#nonce = nonce;
    await this.#pass("-", "GET", url, new Response(null, { headers: { "dpop-nonce": nonce } }), {});
  }

  /** Would the next proof have another nonce than this one? It may have been told with another response meanwhile. */
  hasOther(proof: string | undefined): boolean {
    return this.#nonce !== null && this.#nonce !== nonceIn(proof);
  }

  /** The library makes proofs and remembers nonces while it sends requests: here it believes that it does. */
  async #pass(token: string, method: string, url: URL, response: Response, sent: { headers?: HeadersInit }): Promise<void> {
    const pass = (_: string, { headers }: { headers: HeadersInit }): Promise<Response> => {
      sent.headers = headers;
      return Promise.resolve(response);
    };
    await protectedResourceRequest(token, method, url, undefined, null, {
      DPoP: this.handle,
      [customFetch]: pass,
      // Where requests go is decided elsewhere.
      [allowInsecureRequests]: true,
    });
  }
}

function nonceIn(proof: string | undefined): unknown {
  try {
    const [, payload = ""] = proof!.split(".");
    return (JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { nonce?: unknown }).nonce;
  } catch {
    return undefined;
  }
}
