import { McpError } from "../error.js";
import { errorCode, failure, unreachable } from "./failure.js";
import { ask, isTrouble, object, type Web } from "./http.js";
import {
  allowInsecureRequests,
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  customFetch,
  type DPoPHandle,
  isDPoPNonceError,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from "./library.js";
import { isRegistration, type Registration } from "./registration.js";

/** What a sign-in yields. */
export interface Tokens {
  /** Who gave them, to whom, and the resource that they are for. */
  issuer: string;
  registration: Registration;
  resource: string;
  accessToken: string;
  /** How the token is sent; one for `dpop` is worth nothing without its key. */
  scheme: "bearer" | "dpop";
  refreshToken?: string;
  /** When the access token was had, and until when it is good, in milliseconds since the epoch. */
  since: number;
  until?: number;
  /** What was asked for. */
  asked: string[];
  /** What was granted, where the server said that it is something else. */
  granted?: string[];
  /** The key that the tokens are bound to. */
  key?: CryptoKeyPair;
}

/** Both sides of a token request. */
export interface Parties {
  server: AuthorizationServer;
  client: Client;
  /** How the client shows that it is that. */
  proof: ClientAuth;
  dpop?: DPoPHandle | undefined;
}

/** The options that the library's requests take. */
export interface RequestOptions {
  [customFetch]: (url: string, init: RequestInit) => Promise<Response>;
  [allowInsecureRequests]: boolean;
  DPoP?: DPoPHandle;
}

/** What a token endpoint answers. */
export interface Answer {
  accessToken: string;
  scheme: string;
  refreshToken?: string;
  /** In milliseconds. */
  lifetime?: number;
  scope?: string;
  issuedTokenType?: unknown;
}

/**
 * Asks a token endpoint, once more where it wants its own nonce in the proof of a key (RFC 9449, 8).
 * @throws `McpError`: `network`, or `unauthorized` with reason `token`
 */
export async function trade(web: Web, { server, client, dpop }: Parties, request: (options: RequestOptions) => Promise<Response>): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      const response = await request({
        [customFetch]: (url, init) => exchange(web, new URL(url), init),
        [allowInsecureRequests]: web.local,
        ...(dpop && { DPoP: dpop }),
      });
      // RFC 8693 has a token type for what is no access token.
      const read = await processGenericTokenEndpointResponse(server, client, response, { recognizedTokenTypes: { n_a: () => {} } });
      return {
        accessToken: read.access_token,
        scheme: read.token_type,
        ...(read.refresh_token !== undefined && { refreshToken: read.refresh_token }),
        ...(read.expires_in !== undefined && { lifetime: read.expires_in * 1_000 }),
        ...(read.scope !== undefined && { scope: read.scope }),
        issuedTokenType: read.issued_token_type,
      };
    } catch (error) {
      if (tries > 0 || !isDPoPNonceError(error)) throw await explained(error);
    }
  }
}

/** The answer, without the user's identity: we have no use for it, and what is wrong with it is nobody's trouble. */
async function exchange(web: Web, url: URL, init: RequestInit): Promise<Response> {
  const response = await ask(web, "token", url, init);
  const { status, headers } = response;
  if (isTrouble(status)) throw unreachable(`${url.origin} answers with HTTP status ${status}`);
  const { id_token: identity, ...answer } = (await object(response.clone())) ?? {};
  return identity === undefined ? response : new Response(JSON.stringify(answer), { status, headers });
}

/** What the library throws, without what it complains of. */
async function explained(error: unknown): Promise<unknown> {
  if (error instanceof McpError) return error;
  const said =
    error instanceof ResponseBodyError ? error.error : error instanceof WWWAuthenticateChallengeError ? (await object(error.response))?.error : undefined;
  const code = errorCode(said);
  if (code !== undefined) return failure("token", `the authorization server gives no token: ${code}`, { error: code });
  return failure("token", `the authorization server gives no token that can be used: ${error instanceof Error ? error.message : ""}`);
}

/** The tokens in an answer. */
export function tokensOf(
  answer: Answer,
  { server, dpop }: Parties,
  of: { registration: Registration; resource: string; asked: string[]; key?: CryptoKeyPair | undefined },
): Tokens {
  const { accessToken, scheme, refreshToken, lifetime, scope } = answer;
  if ((scheme !== "bearer" && scheme !== "dpop") || (scheme === "dpop" && !dpop)) {
    throw failure("token", "the authorization server gives a token of a type that cannot be used");
  }
  // It becomes a header (RFC 6749, A.12), of which no server reads 64 KiB: what it answers then, if anything, says nothing of the token.
  if (!/^[\x21-\x7E]{1,65535}$/.test(accessToken)) throw failure("token", "the authorization server gives a token that no header can hold");
  const since = Date.now();
  return {
    issuer: server.issuer,
    registration: of.registration,
    resource: of.resource,
    accessToken,
    scheme,
    ...(refreshToken !== undefined && { refreshToken }),
    since,
    ...(lifetime !== undefined && { until: since + lifetime }),
    asked: of.asked,
    ...(scope !== undefined && { granted: scopesOf(scope) }),
    // A refresh token is bound to the key even where the access token is not.
    ...(of.key && { key: of.key }),
  };
}

/** Of its lifetime a token is used for all but the last tenth, or half a minute: it may have to travel. */
export function isStale({ since, until }: Tokens): boolean {
  return until !== undefined && Date.now() >= until - Math.min((until - since) / 10, 30_000);
}

export function isExpired({ until }: Tokens): boolean {
  return until !== undefined && Date.now() >= until;
}

/** The scopes in a text (RFC 6749, 3.3); what cannot be one is passed over. */
export function scopesOf(text: string | undefined): string[] {
  return (text ?? "").split(" ").filter((scope) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope));
}

/** Every scope once, in the order in which they came. */
export function union(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** Is that what was kept, rather than what somebody else has put there? */
export function areTokens(given: unknown): given is Tokens {
  if (typeof given !== "object" || given === null) return false;
  const { issuer, registration, resource, accessToken, scheme, refreshToken, since, until, asked, granted, key } = given as Partial<Record<keyof Tokens, unknown>>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((each) => typeof each === "string");
  return (
    [issuer, resource, accessToken].every((text) => typeof text === "string") &&
    isRegistration(registration, issuer as string) &&
    (scheme === "bearer" || (scheme === "dpop" && key !== undefined)) &&
    ["string", "undefined"].includes(typeof refreshToken) &&
    typeof since === "number" &&
    ["number", "undefined"].includes(typeof until) &&
    areTexts(asked) &&
    (granted === undefined || areTexts(granted)) &&
    // A storage that holds text alone has lost the key.
    (key === undefined || isPair(key))
  );
}

function isPair(given: unknown): boolean {
  const { privateKey, publicKey } = (typeof given === "object" && given !== null ? given : {}) as Partial<CryptoKeyPair>;
  return privateKey instanceof CryptoKey && publicKey instanceof CryptoKey;
}
