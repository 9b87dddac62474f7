import type { Challenge } from "../auth-provider.js";
import { customFetch, protectedResourceRequest, WWWAuthenticateChallengeError } from "./library.js";

/** What a challenge says of the credentials that are wanted (RFC 6750, 3; RFC 9449, 7.1; RFC 9728, 5.1). */
export interface Wish {
  /** Why the credentials were refused: `invalid_token`, `insufficient_scope`, `use_dpop_nonce`. */
  error?: string | undefined;
  scope?: string | undefined;
  resourceMetadata?: string | undefined;
  /** Nothing but tokens that are bound to a key will do. */
  dpop: boolean;
}

/** The longest header that is read, in characters: the time that it takes grows with the square. */
const LONGEST = 8_192;

/** What the server wishes for. A header that nobody can read says nothing. */
export async function wishOf({ wwwAuthenticate }: Pick<Challenge, "wwwAuthenticate">): Promise<Wish> {
  const challenges = wwwAuthenticate === undefined || wwwAuthenticate.length > LONGEST ? [] : await parse(wwwAuthenticate);
  const of = (scheme: string): (typeof challenges)[number] | undefined => challenges.find((challenge) => challenge.scheme === scheme);
  const [bearer, dpop] = [of("bearer"), of("dpop")];
  // Where both are offered, what is said of one goes for the other.
  const told = { ...bearer?.parameters, ...dpop?.parameters };
  return { error: told.error, scope: told.scope, resourceMetadata: told.resource_metadata, dpop: dpop !== undefined && bearer === undefined };
}

/** The library reads the header where it reads responses. */
async function parse(header: string): Promise<WWWAuthenticateChallengeError["cause"]> {
  try {
    const respond = (): Promise<Response> => Promise.resolve(new Response(null, { headers: { "www-authenticate": header } }));
    await protectedResourceRequest("-", "GET", new URL("https://localhost"), undefined, null, { [customFetch]: respond });
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return error.cause;
  }
  return [];
}
