import { failure } from "./failure.js";
import { firstOf, noMetadata, texts, trusted, type Web } from "./http.js";
import type { AuthorizationServer } from "./library.js";

/** The endpoints that we use: one that is there and not to be trusted condemns the rest. */
const ENDPOINTS = ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"] as const;

/**
 * What an authorization server says of itself (RFC 8414, OpenID Connect Discovery), at any of the places for it.
 * @throws `McpError`: `network`, or `unauthorized` with reason `discovery`
 */
export async function findServer(web: Web, issuer: string): Promise<AuthorizationServer> {
  const url = trusted(issuer, web);
  if (!url || url.search || url.hash) throw failure("discovery", "the authorization server that the server names is not to be trusted");
  const found = await firstOf(web, wellKnown(url));
  if ("hidden" in found) throw noMetadata(`the authorization server ${url.origin}`, found);
  const { document } = found;
  // To the byte: what is only alike may be somebody else's.
  if (document.issuer !== issuer) throw failure("discovery", "the metadata of the authorization server are those of another");
  for (const name of ENDPOINTS) {
    if (document[name] !== undefined && !trusted(document[name], web)) {
      throw failure("discovery", `the ${name} of the authorization server is not to be trusted`);
    }
  }
  if (document.token_endpoint === undefined) throw failure("discovery", "the authorization server has no token endpoint");
  return document as unknown as AuthorizationServer;
}

/** In the order of the specification ("Authorization Server Metadata Discovery"). */
function wellKnown({ origin, pathname }: URL): URL[] {
  const path = pathname.replace(/\/$/, "");
  const places = [`/.well-known/oauth-authorization-server${path}`, `/.well-known/openid-configuration${path}`];
  return [...places, ...(path === "" ? [] : [`${path}/.well-known/openid-configuration`])].map((place) => new URL(origin + place));
}

/** Without PKCE whoever gets hold of a code has the token. */
export function checkPkce(server: AuthorizationServer): void {
  if (!texts(server.code_challenge_methods_supported)?.includes("S256")) {
    throw failure("discovery", "the authorization server does not say that it supports PKCE with S256");
  }
}
