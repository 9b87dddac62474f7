import type { TokenStorageOption } from "./storage.js";
import type { SignInWindow } from "./windows.js";

/** A client id that the authorization server gave in advance. */
export interface OAuthClient {
  client_id: string;
  /** A page can keep no secret: for what is no page, or a secret that is none. */
  client_secret?: string;
  /** How the client shows itself at the token endpoint; by default what the server supports of these. */
  token_endpoint_auth_method?: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  /**
   * The authorization server that gave it: with any other the sign-in is refused. By default the first that is met, which an MCP server
   * names: give it with a secret, which is no other's business. A grant without a user needs it for a secret, an `assertion` that is a
   * text, and `token_exchange`.
   */
  issuer?: string;
}

/** For whom a grant asks for a token. */
export interface GrantContext {
  /** The issuer of the authorization server: the audience of an assertion. */
  issuer: string;
  /** The resource that the token is for. */
  resource: string;
  signal?: AbortSignal;
}

/** A token in its serialised form, or what makes one when it is needed. */
export type TokenSource = string | ((context: GrantContext) => string | Promise<string>);

/** How a token is had without a user. */
export type Grant =
  | {
      /** RFC 6749, 4.4: the client is its own user. */
      type: "client_credentials";
      /** Signs the client's assertions (`private_key_jwt`): a key, or PKCS#8 in PEM. */
      privateKey?: CryptoKey | string;
      /** The signature's algorithm. Default `"ES256"`. */
      alg?: string;
      /** The key's id, where the server has several. */
      keyId?: string;
    }
  | {
      /** RFC 7523, 2.1: somebody else vouches for the client ("Workload Identity Federation"). */
      type: "jwt_bearer";
      assertion: TokenSource;
    }
  | {
      /** RFC 8693, and RFC 7523 with what comes of it: the company's identity provider vouches ("Enterprise-Managed Authorization"). */
      type: "token_exchange";
      /** The identity provider. */
      identityProvider: OAuthClient & { issuer: string; token_endpoint?: string };
      /** The user's token there. */
      subjectToken: TokenSource;
      /** Default `"urn:ietf:params:oauth:token-type:id_token"`. */
      subjectTokenType?: string;
    };

/** What `oauth` takes. */
export interface OAuthOptions {
  /** The page of this app to which the authorization server sends the user back: `callback.html` of this package, or one that calls `callback()`. */
  redirectUri?: string | URL;
  /** The `https` URL that is the client id, where the server takes one (Client ID Metadata Documents). */
  clientMetadataUrl?: string | URL;
  /** The client id that the server gave in advance. */
  client?: OAuthClient;
  /** What the user is shown as this app's name, where it registers itself. */
  clientName?: string;
  /** Scopes to be asked for beyond those that the server names, separated by spaces. */
  scope?: string;
  /** How the user gets to the authorization server: in a window of its own, or in this one. Default `"popup"`. */
  mode?: "popup" | "redirect";
  /**
   * Replaces both: takes the URL of the authorization request, and resolves with the query of the URL to which the user was sent back.
   * `window` is the one that `withWindow()` has opened ahead: it is closed afterwards.
   */
  authorize?: (url: URL, context: { signal: AbortSignal; window?: SignInWindow }) => URLSearchParams | Promise<URLSearchParams>;
  /** Bind the tokens to a key of this client (RFC 9449) where the server supports that. A server that insists is obliged anyway, unless this is `false`. */
  dpop?: boolean;
  /**
   * Where tokens, and what this app registered as, outlast the page: in memory by default, and then no longer than the page.
   *
   * Whatever runs on the page's origin can read what is kept there, and use the tokens elsewhere: one line of injected script is enough.
   * With `dpop` and `"indexeddb"` they are bound to a key that no script can take away; what holds text alone cannot keep such tokens.
   */
  storage?: TokenStorageOption;
  /** Instead of a user. */
  grant?: Grant;
  /** Instead of the global `fetch`, for the requests to authorization servers and for metadata. */
  fetch?: typeof fetch;
  /** The longest wait for one answer of an authorization server, in milliseconds; never the user's. Default 10,000. */
  timeoutMs?: number;
}

/** A URL of this app, which may be written from where the page is. */
export function absolute(given: string | URL): URL | undefined {
  try {
    return new URL(given, "location" in globalThis ? globalThis.location.href : undefined);
  } catch {
    return undefined;
  }
}
