// Sign-in: `oauth`, and an app's own.
import { Client } from "mcp-tasks";
import type { AuthProvider, AuthRequest, Challenge, Credentials } from "mcp-tasks";
import { callback, oauth, popup } from "mcp-tasks/auth";
import type { Grant, GrantContext, OAuthOptions, OAuthProvider, OAuthSession, SignInWindow, TokenStorage } from "mcp-tasks/auth";
import { typeOf } from "./type-of.js";

const redirectUri = new URL("https://app.example.com/callback.html");
const kept: TokenStorage = { get: () => undefined, set: () => {}, delete: () => Promise.resolve() };
const options: OAuthOptions[] = [
  { redirectUri },
  { redirectUri: "/callback.html", clientName: "App", scope: "files:read files:write", mode: "redirect" },
  { redirectUri, clientMetadataUrl: "https://app.example.com/client.json" },
  { redirectUri, client: { client_id: "app" } },
  { redirectUri, client: { client_id: "app", client_secret: "s", token_endpoint_auth_method: "client_secret_post", issuer: "https://as.example.com" } },
  { redirectUri, authorize: (url, { signal }) => popup(url, { signal }) },
  { redirectUri, authorize: (url, context) => (typeOf(context).is<{ signal: AbortSignal; window?: SignInWindow }>(), popup(url, context)) },
  { redirectUri, authorize: () => new URLSearchParams() },
  { redirectUri, dpop: true, storage: "indexeddb" },
  { redirectUri, storage: "localstorage" },
  { redirectUri, storage: kept, fetch: globalThis.fetch, timeoutMs: 5_000 },
  { client: { client_id: "job" }, grant: { type: "client_credentials" } },
  { client: { client_id: "job" }, grant: { type: "client_credentials", privateKey: {} as CryptoKey, alg: "ES256", keyId: "1" } },
  { client: { client_id: "job" }, grant: { type: "jwt_bearer", assertion: (context) => (typeOf(context).is<GrantContext>(), context.issuer) } },
  {
    client: { client_id: "job" },
    grant: {
      type: "token_exchange",
      identityProvider: { issuer: "https://id.example.com", client_id: "app" },
      subjectToken: () => Promise.resolve("token"),
    },
  },
];
void options;
typeOf(oauth({ redirectUri })).is<OAuthProvider>();
typeOf(oauth({ redirectUri }).signOut()).is<Promise<void>>();
typeOf(oauth({ redirectUri }).withWindow(() => Client.connect("https://example.com/mcp"))).is<Promise<Client>>();
typeOf(oauth({ redirectUri }).withWindow(() => 7)).is<Promise<number>>();
typeOf(oauth({ redirectUri }).session("https://example.com/mcp")).is<Promise<OAuthSession | undefined>>();
typeOf(callback()).is<void>();
void Client.connect("https://example.com/mcp", { auth: oauth({ redirectUri }) });
// @ts-expect-error no such mode
oauth({ redirectUri, mode: "iframe" });
// @ts-expect-error no such grant
oauth({ client: { client_id: "job" }, grant: { type: "password" } });
// @ts-expect-error an assertion is needed
const grant: Grant = { type: "jwt_bearer" };
void grant;

const own: AuthProvider[] = [
  { token: () => undefined, onUnauthorized: () => {} },
  { token: () => "token", onUnauthorized: () => false },
  { token: () => Promise.resolve({ authorization: "DPoP t", dpop: "proof" }), onUnauthorized: () => Promise.resolve(true), onResponse: ({ headers }) => void headers.get("dpop-nonce") },
  {
    token: (request) => (typeOf(request).is<AuthRequest>(), request.url.origin),
    onUnauthorized: (challenge) => {
      typeOf(challenge).is<Challenge>();
      typeOf(challenge.status).is<401 | 403>();
      typeOf(challenge.wwwAuthenticate).is<string | undefined>();
      typeOf(challenge.credentials).is<Credentials>();
      return !challenge.background;
    },
  },
];
void own;
// @ts-expect-error nothing says what happens after a refusal
void Client.connect("https://example.com/mcp", { auth: { token: () => "token" } });
