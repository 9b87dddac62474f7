import { errorCode, failure } from "./failure.js";
import type { Web } from "./http.js";
import {
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  type AuthorizationServer,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from "./library.js";
import type { Registration } from "./registration.js";
import { type Answer, type Parties, trade } from "./tokens.js";

/** One attempt to sign the user in: what must be known when they come back, and to nobody else. */
export interface Attempt {
  /** Binds the answer to the attempt. */
  state: string;
  /** Binds the code to the attempt (PKCE). */
  verifier: string;
  /** The issuer of the authorization server's metadata, whose answer it has to be (RFC 9207). */
  issuer: string;
  resource: string;
  redirectUri: string;
  registration: Registration;
  scopes: string[];
  /** The tokens are to be bound to a key. */
  bound: boolean;
}

/** The authorization request: where to send the user. */
export async function authorizationUrl(server: AuthorizationServer, attempt: Attempt, thumbprint: string | undefined): Promise<URL> {
  if (server.authorization_endpoint === undefined) throw failure("discovery", "the authorization server has no authorization endpoint");
  const url = new URL(server.authorization_endpoint);
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: attempt.registration.client_id,
    redirect_uri: attempt.redirectUri,
    scope: attempt.scopes.length > 0 ? attempt.scopes.join(" ") : undefined,
    resource: attempt.resource,
    state: attempt.state,
    code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
    dpop_jkt: thumbprint,
    // Without it OpenID servers do not give what it takes to stay signed in (OpenID Connect Core, 11).
    prompt: attempt.scopes.includes("offline_access") ? "consent" : undefined,
  };
  for (const [name, value] of Object.entries(parameters)) {
    // The endpoint's own query may have them, too.
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url;
}

export function newAttempt(of: Omit<Attempt, "state" | "verifier">): Attempt {
  return { ...of, state: generateRandomState(), verifier: generateRandomCodeVerifier() };
}

/**
 * Trades the code in the answer for tokens. The answer is believed when it is that of this server to this attempt, and not before.
 * @throws `McpError`: `network`, or `unauthorized` with reason `callback`, `denied` or `token`
 */
export async function redeem(web: Web, parties: Parties, attempt: Attempt, answer: unknown): Promise<Answer> {
  const { server, client, proof } = parties;
  if (!(answer instanceof URLSearchParams)) throw failure("callback", "the answer of the authorization server must be URLSearchParams");
  let code: URLSearchParams;
  try {
    code = validateAuthResponse(server, client, answer, attempt.state);
  } catch (error) {
    if (!(error instanceof AuthorizationResponseError)) {
      throw failure("callback", `what came back is not the authorization server's answer to this sign-in: ${error instanceof Error ? error.message : ""}`);
    }
    const told = errorCode(error.error);
    throw failure("denied", `the authorization server declines: ${told ?? "it does not say why"}`, told === undefined ? {} : { error: told });
  }
  if (!code.has("code")) throw failure("callback", "the authorization server's answer has no code");
  return trade(web, parties, (options) =>
    authorizationCodeGrantRequest(server, client, proof, code, attempt.redirectUri, attempt.verifier, {
      ...options,
      additionalParameters: { resource: attempt.resource },
    }),
  );
}
