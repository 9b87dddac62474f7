import type { AuthProvider, AuthRequest, Challenge, Credentials } from "../auth-provider.js";
import { McpError } from "../error.js";
import { App } from "./app.js";
import { checkOAuthOptions } from "./checked.js";
import { parsed } from "./http.js";
import type { OAuthSession } from "./oauth-session.js";
import { absolute, type OAuthOptions } from "./options.js";
import { abandon } from "./redirect.js";
import { Session } from "./session.js";

/** What `oauth` gives: one for as many clients as there are, and as many servers. */
export interface OAuthProvider extends AuthProvider {
  /**
   * Does what the user may have to sign in for, with the window for that opened ahead. Safari opens windows while a click is handled, and
   * not once a request has been waited for: call this in the handler, before anything else.
   *
   * ```ts
   * button.onclick = async () => {
   *   const client = await auth.withWindow(() => Client.connect(url, { auth }));
   * };
   * ```
   *
   * The next sign-in takes the window. Where there is none, or it does not get that far, the window is closed when `act` is over, and when
   * the user signs out. Where no window is needed (`mode: "redirect"`, `grant`) none is opened.
   */
  withWindow<T>(act: () => T | Promise<T>): Promise<T>;
  /**
   * With what the user is signed in at this endpoint; `undefined` where they are not.
   * @throws `McpError` `invalid_argument`
   */
  session(url: string | URL): Promise<OAuthSession | undefined>;
  /** Forgets all tokens, and revokes them where the authorization server can. Clients go on, and sign in again when they are refused. */
  signOut(): Promise<void>;
}

/**
 * Signs the user in at MCP servers, as the specification's authorization section has it (2025-11-25 and 2026-07-28): when a server answers
 * 401, it finds out from the server's metadata where to sign in and how, sends the user there, and keeps the tokens fresh. When it answers
 * 403 for want of scopes, it asks for those.
 *
 * ```ts
 * const auth = oauth({ redirectUri: new URL("/callback.html", location.href), clientName: "My app" });
 * const client = await Client.connect("https://example.com/mcp", { auth });
 * ```
 *
 * Tokens are for the one endpoint that they were had for. They are never sent elsewhere, and never in an error or in `onDebug`.
 * @throws `McpError` `invalid_argument`
 */
export function oauth(options: OAuthOptions): OAuthProvider {
  checkOAuthOptions(options);
  return new Provider({ ...options });
}

class Provider implements OAuthProvider {
  readonly #app: App;
  readonly #sessions = new Map<string, Session>();

  constructor(options: OAuthOptions) {
    this.#app = new App(options);
  }

  token(request: AuthRequest): Promise<Credentials> {
    return this.#of(request).credentials(request);
  }

  onUnauthorized(challenge: Challenge): Promise<boolean> {
    return this.#of(challenge).renew(challenge);
  }

  onResponse({ url, headers }: { url: URL; headers: Headers }): void {
    this.#of({ url }).heard(headers);
  }

  async withWindow<T>(act: () => T | Promise<T>): Promise<T> {
    const { options, leaves, windows } = this.#app;
    return options.grant || leaves ? act() : windows.during(act);
  }

  async session(given: string | URL): Promise<OAuthSession | undefined> {
    const url = absolute(given);
    if (!url) throw new McpError("invalid_argument", "session takes the URL of an endpoint");
    return this.#of({ url }).state();
  }

  async signOut(): Promise<void> {
    const { windows, keeper, leaves, redirectUri } = this.#app;
    windows.close();
    if (leaves && redirectUri !== undefined) abandon(redirectUri);
    // Those of earlier pages, too.
    const kept = (await keeper.list()).map(parsed).filter((url) => url !== undefined);
    kept.forEach((url) => this.#of({ url }));
    const revocations = await Promise.all([...this.#sessions.values()].map((session) => session.signOut()));
    // Before the servers are told, which takes as long as they want: who signs in meanwhile stays listed.
    await keeper.unlist();
    await Promise.all(revocations.map((revoke) => revoke()));
  }

  #of({ url }: { url: URL }): Session {
    const endpoint = new URL(url);
    endpoint.hash = "";
    const session = this.#sessions.get(endpoint.href) ?? new Session(this.#app, endpoint);
    this.#sessions.set(endpoint.href, session);
    return session;
  }
}
