import type { AuthRequest, Credentials } from "../auth-provider.js";
import { McpError } from "../error.js";
import type { App } from "./app.js";
import { Key } from "./dpop.js";
import { failure, unreachable } from "./failure.js";
import type { Web } from "./http.js";
import { type AuthorizationServer, refreshTokenGrantRequest, revocationRequest } from "./library.js";
import type { OAuthSession } from "./oauth-session.js";
import type { OAuthOptions } from "./options.js";
import { findServer } from "./server.js";
import { areTokens, isExpired, isStale, type Tokens, tokensOf, trade, union } from "./tokens.js";
import { Turns } from "./turns.js";

/** Refusals of a refresh that say nothing of the refresh token. */
const PASSING = new Set(["temporarily_unavailable", "server_error", "slow_down", "use_dpop_nonce"]);

/** The scope that some servers give refresh tokens for: where it is asked for depends on the server. */
export const OFFLINE = "offline_access";

/** `setTimeout` fires at once above it. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The tokens for one endpoint: here and where they are kept, refreshed by one tab at a time, and forgotten when the user signs out. */
export class Holding {
  readonly #app: App;
  readonly #endpoint: URL;
  readonly #web: Web;
  readonly #key: string;
  readonly #turns: Turns;
  #tokens: Tokens | undefined;
  #dpop: Key | undefined;
  #isUntried = false;
  #asked: string[] = [];
  /** The metadata of the authorization server that was met last. */
  #server: AuthorizationServer | undefined;
  #opened: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  /** The refreshes of this page, one after the other, whoever wants them. */
  #turn: Promise<void> = Promise.resolve();
  #signOuts = 0;
  #forgets = 0;

  constructor(app: App, endpoint: URL, web: Web) {
    this.#app = app;
    this.#endpoint = endpoint;
    this.#web = web;
    // Apps that share an origin have a page each to come back to.
    this.#key = `mcp-tasks sign-in ${endpoint.href} ${app.redirectUri ?? ""}`;
    this.#turns = new Turns(`${this.#key} refresh`, app.keeper.isShared);
  }

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  /** The key that the tokens are bound to. */
  get dpop(): Key | undefined {
    return this.#dpop;
  }

  /** The tokens are new, and the server has not taken them yet. */
  get isUntried(): boolean {
    return this.#isUntried;
  }

  /** What was asked for so far: what is asked for next has it all, too. */
  get asked(): readonly string[] {
    return this.#asked;
  }

  /** How often the user has signed out: a sign-in that was under way then is void. */
  get signOuts(): number {
    return this.#signOuts;
  }

  /** What an earlier page has left is there. */
  opened(): Promise<void> {
    return (this.#opened ??= this.recall());
  }

  /** With what the user is signed in, where they are. */
  async session(): Promise<OAuthSession | undefined> {
    await this.recall();
    if (!this.#tokens) return undefined;
    const { issuer, resource, asked, granted, until, refreshToken } = this.#tokens;
    const end = refreshToken === undefined ? until : undefined;
    if (end !== undefined && end <= Date.now()) return undefined;
    return { issuer, resource, scopes: [...(granted ?? asked)], ...(end !== undefined && { until: end }) };
  }

  /** What the next request is signed with. */
  async credentials({ url, method }: AuthRequest): Promise<Credentials> {
    const tokens = this.#tokens;
    // One that is good for no time at all is tried once.
    if (tokens?.refreshToken !== undefined && isStale(tokens) && !this.#isUntried) await this.#keepFresh(tokens);
    const { accessToken, scheme } = this.#tokens ?? {};
    if (accessToken === undefined) return undefined;
    if (scheme === "bearer") return accessToken;
    // Without its key it is worth nothing, and would be taken for one that needs none.
    return this.#dpop?.sign(accessToken, method, url);
  }

  /** A response has come that was no refusal. */
  heard(headers: Headers): void {
    this.#isUntried = false;
    void this.#dpop?.heed(headers, this.#endpoint).catch(() => {});
  }

  /** Are the credentials others than those that were refused? */
  isOther(refused: Credentials): boolean {
    if (!this.#tokens) return false;
    const { accessToken, scheme } = this.#tokens;
    const sent = typeof refused === "string" ? refused : refused?.authorization?.replace(/^DPoP /, "");
    return !isExpired(this.#tokens) && (sent !== accessToken || (typeof refused === "string") !== (scheme === "bearer"));
  }

  /**
   * The authorization server at this issuer, as it is now; one that was met before may be hidden for a moment, by whatever answers in its
   * place.
   */
  async meet(web: Web, issuer: string, isKnown = [this.#server?.issuer, this.#tokens?.issuer].includes(issuer)): Promise<AuthorizationServer> {
    try {
      this.#server = await findServer(web, issuer);
      return this.#server;
    } catch (error) {
      throw isKnown && McpError.is(error, "unauthorized") && error.data.missing !== undefined ? unreachable(error.message) : error;
    }
  }

  /** Before the access token runs out. Until it has, it is no harm when that fails. */
  async #keepFresh(tokens: Tokens): Promise<void> {
    try {
      this.#refreshing ??= this.#refreshNow(tokens).finally(() => (this.#refreshing = undefined));
      await this.#refreshing;
    } catch (error) {
      if (McpError.is(error, "network") && isExpired(tokens)) throw error;
    }
  }

  async #refreshNow(tokens: Tokens): Promise<void> {
    const server = this.#server?.issuer === tokens.issuer ? this.#server : await this.meet(this.#web, tokens.issuer);
    await this.refresh(this.#web, tokens, server);
  }

  /**
   * Trades the refresh token for new tokens: in one tab at a time, for it may be good for once. Afterwards there are none, where the server
   * will not have it.
   * @throws `McpError` `network`
   */
  refresh(web: Web, stale: Tokens, server: AuthorizationServer): Promise<void> {
    const turn = this.#turn.then(() => this.#refreshInTurn(web, stale, server));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** One tab at a time. */
  #inTurn(web: Web, act: () => Promise<number | undefined>): Promise<void> {
    const look = async (): Promise<number | undefined> => {
      await this.recall();
      return this.#tokens?.since;
    };
    return this.#turns.take(Math.min(3 * web.timeoutMs, LONGEST_TIMER), look, act);
  }

  #refreshInTurn(web: Web, stale: Tokens, server: AuthorizationServer): Promise<void> {
    return this.#inTurn(web, async () => {
      await this.recall();
      const tokens = this.#tokens;
      // Somebody else was here before.
      if (!tokens || !areSame(tokens, stale) || tokens.refreshToken === undefined) return undefined;
      const { refreshToken, registration, resource, asked, granted } = tokens;
      const key = this.#dpop;
      try {
        // What was given to one client is no use to another: we may be one by now.
        const parties = await this.#app.parties(server, registration, key);
        const answer = await trade(web, parties, (options) =>
          refreshTokenGrantRequest(server, parties.client, parties.proof, refreshToken, { ...options, additionalParameters: { resource } }),
        );
        const renewed = tokensOf(answer, parties, { registration, resource, asked, key: key?.pair });
        // Somebody has signed in meanwhile, or out: it may have taken longer than others wait for their turn.
        await this.recall();
        if (this.#tokens !== tokens) return undefined;
        // One that is not replaced stays good; nor is what was granted told twice.
        await this.#take({ refreshToken, ...(granted && { granted }), ...renewed }, key);
        return renewed.since;
      } catch (error) {
        if (!McpError.is(error, "unauthorized")) throw error;
        const { error: code } = error.data;
        // It was something on the way that answered, or the server is not well: they may be good all the same.
        if (code === undefined || PASSING.has(code)) throw unreachable(error.message);
        if (code === "invalid_client") await this.#app.registrations.forget(registration);
        await this.#drop(tokens);
        return undefined;
      }
    });
  }

  /** What another tab, or an earlier page, has left. */
  async recall(): Promise<void> {
    const { keeper, options } = this.#app;
    if (!keeper.isShared) return;
    let forgets = this.#forgets;
    const told = await keeper.get(this.#signedOutKey);
    // What was read before is not to bring back what is forgotten now.
    if (forgets !== this.#forgets) return;
    // A clock that was put back since has made it worthless.
    const signedOut = typeof told === "number" && told <= Date.now() ? told : 0;
    if (this.#tokens && this.#tokens.since <= signedOut) this.#forget();
    forgets = this.#forgets;
    const kept = await keeper.get(this.#key);
    if (forgets !== this.#forgets || !areTokens(kept) || (this.#tokens && areSame(kept, this.#tokens))) return;
    if (kept.since <= signedOut) return;
    // What is kept may be older than what we have; nor is it ours where the app is another client now.
    if (this.#tokens && kept.since < this.#tokens.since) return;
    if (!isOurs(kept, options.client)) return;
    try {
      this.#hold(kept, kept.key && new Key(kept.key));
    } catch {
      // A key that is none: as if nothing had been kept.
    }
  }

  /** When the user signed out last, in whichever tab. */
  get #signedOutKey(): string {
    return `${this.#key} signed out`;
  }

  /**
   * The tokens that a sign-in has brought, which began after so many sign-outs.
   * @throws `McpError` `unauthorized`, with reason `interaction`, when the user has signed out since
   */
  async take(tokens: Tokens, key: Key | undefined, signOuts: number): Promise<void> {
    if (signOuts !== this.#signOuts) {
      void this.#revoke(tokens, key);
      throw failure("interaction", "the user has signed out meanwhile");
    }
    await this.#take(tokens, key);
  }

  async #take(tokens: Tokens, key: Key | undefined): Promise<void> {
    this.#hold(tokens, key);
    this.#isUntried = true;
    await this.#app.keeper.set(this.#key, tokens);
    await this.#app.keeper.list(this.#endpoint.href);
  }

  #hold(tokens: Tokens, key: Key | undefined): void {
    this.#tokens = tokens;
    this.#dpop = key;
    this.#isUntried = false;
    this.#asked = union(this.#asked, tokens.asked).filter((scope) => scope !== OFFLINE);
  }

  #forget(): void {
    this.#forgets++;
    this.#tokens = undefined;
    this.#dpop = undefined;
  }

  /** These are no longer good; those that came since are. */
  async #drop(tokens: Tokens): Promise<void> {
    if (this.#tokens === tokens) this.#forget();
    const { keeper } = this.#app;
    const kept = await keeper.get(this.#key);
    if (!areTokens(kept) || areSame(kept, tokens)) await keeper.delete(this.#key);
  }

  /** These are another server's now, or for another resource: neither they nor what was asked for then is of any use. */
  async startOver(tokens: Tokens): Promise<void> {
    this.#asked = [];
    await this.#drop(tokens);
  }

  /** Forgets the tokens, here and where they are kept; gives what tells the authorization server, where it wants to know (RFC 7009). */
  async signOut(): Promise<() => Promise<void>> {
    this.#signOuts++;
    // A refresh that is under way brings other tokens: those are to be forgotten.
    const turn = this.#turn.then(() => this.#signOutInTurn());
    this.#turn = turn.then(
      () => {},
      () => {},
    );
    const had = await turn;
    return async () => had && this.#revoke(had.tokens, had.key);
  }

  async #signOutInTurn(): Promise<{ tokens: Tokens; key: Key | undefined } | undefined> {
    const { keeper } = this.#app;
    let had: { tokens: Tokens; key: Key | undefined } | undefined;
    const act = async (): Promise<number> => {
      await this.recall();
      had ??= this.#tokens && { tokens: this.#tokens, key: this.#dpop };
      this.#forget();
      this.#asked = [];
      const now = Date.now();
      // Tabs that have them in memory shall not write them back.
      if (keeper.isShared) await keeper.set(this.#signedOutKey, now);
      await keeper.delete(this.#key);
      return now;
    };
    // Where another tab does not finish, it is not waited for.
    await this.#inTurn(this.#web, act).catch(act);
    return had;
  }

  async #revoke(tokens: Tokens, key: Key | undefined): Promise<void> {
    try {
      const server = await findServer(this.#web, tokens.issuer);
      if (server.revocation_endpoint === undefined) return;
      const parties = await this.#app.parties(server, tokens.registration, key);
      const token = tokens.refreshToken ?? tokens.accessToken;
      await trade(this.#web, parties, (options) => revocationRequest(server, parties.client, parties.proof, token, options));
    } catch {
      // The tokens are forgotten here all the same.
    }
  }
}

function isOurs({ issuer, registration }: Tokens, client: OAuthOptions["client"]): boolean {
  return client === undefined || (client.client_id === registration.client_id && (client.issuer ?? issuer) === issuer);
}

/** The one may have stayed where the other was replaced. */
function areSame(one: Tokens, other: Tokens): boolean {
  return one.accessToken === other.accessToken && one.refreshToken === other.refreshToken;
}
