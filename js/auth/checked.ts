import { McpError } from "../error.js";
import { duration } from "../limits.js";
import { isLoopback, parsed } from "./http.js";
import { absolute, type Grant, type OAuthClient, type OAuthOptions, type TokenSource } from "./options.js";
import { ALGORITHMS } from "./proof.js";
import { isTokenStorage } from "./storage.js";
import { scopesOf } from "./tokens.js";

const MODES: readonly unknown[] = ["popup", "redirect"] satisfies OAuthOptions["mode"][];
const METHODS: readonly unknown[] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] satisfies OAuthClient["token_endpoint_auth_method"][];

/**
 * Says what is wrong with options before anything is sent.
 * @throws `McpError` `invalid_argument`
 */
export function checkOAuthOptions(options: OAuthOptions): void {
  if (typeof options !== "object" || options === null) wrong("oauth takes options");
  const { clientMetadataUrl, client, clientName, scope, mode, authorize, dpop, storage, grant, fetch, timeoutMs } = options;
  checkRedirect(options);
  const document = clientMetadataUrl === undefined ? undefined : parsed(String(clientMetadataUrl));
  if (clientMetadataUrl !== undefined && !(document?.protocol === "https:" && document.pathname !== "/")) {
    wrong("the clientMetadataUrl must be https, with a path");
  }
  if (client !== undefined) checkClient("client", client);
  if (grant !== undefined) checkGrant(grant, options);
  if (!isTextOrNone(clientName)) wrong("clientName must be a text");
  if (!isTextOrNone(scope) || scopesOf(scope).length < (scope ?? "").split(" ").filter(Boolean).length) wrong("scope must be scopes, separated by spaces");
  if (mode !== undefined && !MODES.includes(mode)) wrong('mode must be "popup" or "redirect"');
  if (authorize !== undefined && typeof authorize !== "function") wrong("authorize must be a function");
  if (dpop !== undefined && typeof dpop !== "boolean") wrong("dpop must be true or false");
  if (!isTokenStorage(storage)) wrong('storage must be "indexeddb", "localstorage", or have get(), set() and delete()');
  if (fetch !== undefined && typeof fetch !== "function") wrong("fetch must be a function");
  duration("timeoutMs", timeoutMs);
}

function checkRedirect({ redirectUri, authorize, grant }: OAuthOptions): void {
  const redirect = redirectUri === undefined ? undefined : absolute(redirectUri);
  if (!grant && !redirect) wrong("oauth needs a redirectUri, which is a URL of this app");
  if (!redirect) return;
  if (!isSafe(redirect)) wrong("the redirectUri must be https, or http on this machine");
  if (redirect.hash) wrong("the redirectUri must have no fragment");
  if (!authorize && !grant && "location" in globalThis && redirect.origin !== globalThis.location.origin) {
    wrong("the redirectUri must be of this page's own origin, unless authorize is given");
  }
}

function checkClient(name: string, client: OAuthClient): void {
  const { client_id, client_secret, token_endpoint_auth_method: method, issuer } = object(name, client) as Partial<OAuthClient>;
  if (!isText(client_id)) wrong(`${name} must have a client_id`);
  if (!isTextOrNone(client_secret)) wrong(`${name}.client_secret must be a text`);
  if (method !== undefined && !METHODS.includes(method)) wrong(`${name}.token_endpoint_auth_method must be one of ${METHODS.join(", ")}`);
  if (issuer !== undefined && !isServer(issuer)) wrong(`${name}.issuer must be an https URL`);
}

function checkGrant(grant: Grant, { client, clientMetadataUrl }: OAuthOptions): void {
  object("grant", grant);
  switch (grant.type) {
    case "client_credentials": {
      const { privateKey, alg, keyId } = grant;
      if (privateKey !== undefined && !isText(privateKey) && !(privateKey instanceof CryptoKey)) wrong("privateKey must be a CryptoKey, or PKCS#8 in PEM");
      if (alg !== undefined && !Object.hasOwn(ALGORITHMS, alg)) wrong(`alg must be one of ${Object.keys(ALGORITHMS).join(", ")}`);
      if (!isTextOrNone(keyId)) wrong("keyId must be a text");
      break;
    }
    case "jwt_bearer":
      checkSource("assertion", grant.assertion);
      break;
    case "token_exchange": {
      const { identityProvider, subjectToken, subjectTokenType } = grant;
      checkClient("identityProvider", identityProvider);
      if (identityProvider.issuer === undefined) wrong("identityProvider must have an issuer");
      if (identityProvider.token_endpoint !== undefined && !isServer(identityProvider.token_endpoint)) wrong("identityProvider.token_endpoint must be an https URL");
      checkSource("subjectToken", subjectToken);
      if (!isTextOrNone(subjectTokenType)) wrong("subjectTokenType must be a text");
      break;
    }
    default:
      wrong("there is no such grant");
  }
  if (!client && !clientMetadataUrl) wrong("a grant without a user needs a client");
  const isOneServers = client?.client_secret !== undefined || grant.type === "token_exchange" || (grant.type === "jwt_bearer" && typeof grant.assertion === "string");
  // No user sees where it goes: whatever authorization server an MCP server names would be given it.
  if (isOneServers && client?.issuer === undefined) wrong("client.issuer must say which authorization server the client's secret, or what vouches for the client, is for");
}

function checkSource(name: string, source: TokenSource): void {
  if (typeof source !== "function" && !isText(source)) wrong(`${name} must be a text, or a function`);
}

/** A server that may be told something: `https`, or on this machine. */
function isServer(given: unknown): boolean {
  const url = typeof given === "string" ? parsed(given) : undefined;
  return url !== undefined && isSafe(url);
}

function isSafe(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}

function object(name: string, given: unknown): object {
  return typeof given === "object" && given !== null ? given : wrong(`${name} must be an object`);
}

function isText(given: unknown): given is string {
  return typeof given === "string" && given !== "";
}

function isTextOrNone(given: unknown): given is string | undefined {
  return given === undefined || typeof given === "string";
}

function wrong(message: string): never {
  throw new McpError("invalid_argument", message);
}
