import type { AuthRequest, Challenge, Credentials } from "../auth-provider.js";
import { McpError } from "../error.js";
import { within } from "../limits.js";
import { type Attempt, authorizationUrl, newAttempt, redeem } from "./authorization.js";
import { algorithmFor, Key } from "./dpop.js";
import { failure, unreachable } from "./failure.js";
import { obtain } from "./grants.js";
import { isLoopback, PATIENCE, texts, trusted, type Web } from "./http.js";
import { type AuthorizationServer, refreshTokenGrantRequest, revocationRequest } from "./library.js";
import type { OAuthOptions } from "./options.js";
import { popup } from "./popup.js";
import { proofOf } from "./proof.js";
import { comeBack, leave } from "./redirect.js";
import type { Registration, Registrations } from "./registration.js";
import { findResource, type Resource } from "./resource.js";
import { checkPkce, findServer } from "./server.js";
import type { Keeper } from "./storage.js";
import { type Answer, areTokens, isExpired, isStale, type Parties, scopesOf, type Tokens, tokensOf, trade, union } from "./tokens.js";
import { Turns } from "./turns.js";
import { type Wish, wishOf } from "./wish.js";

/** So often in a row the server may refuse a token that it has just been given. */
const MOST_REFUSALS = 1;
/** A registration that is older, in milliseconds, may be forgotten at the server, which tells the user and not us. */
const NEW = 10 * 60_000;

/** The longest list of scopes that is asked for, in characters: URLs have an end, and users read what they grant. */
const LONGEST_SCOPE = 4_000;

/** Refusals of a refresh that say nothing of the refresh token. */
const PASSING = new Set(["temporarily_unavailable", "server_error", "slow_down", "use_dpop_nonce"]);

/** The scope that some servers give refresh tokens for: where it is asked for depends on the server. */
const OFFLINE = "offline_access";

/** `setTimeout` fires at once above it. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What every sign-in of this app has in common. */
export interface App {
  options: OAuthOptions;
  redirectUri: string | undefined;
  keeper: Keeper;
  registrations: Registrations;
}

/** The sign-in at one endpoint. Its tokens go there, and nowhere else. */
export class Session {
  readonly #app: App;
  readonly #endpoint: URL;
  readonly #key: string;
  readonly #web: Web;
  readonly #turns: Turns;
  #tokens: Tokens | undefined;
  #dpop: Key | undefined;
  /** The tokens are new, and the server has not taken them yet; and how often it refused such in a row. */
  #isUntried = false;
  #refusals = 0;
  /** The metadata of the authorization server that was met last. */
  #server: AuthorizationServer | undefined;
  /** What was asked for so far: what is asked for next has it all, too. */
  #asked: string[] = [];
  #opened: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  /** The refreshes of this page, one after the other, whoever wants them. */
  #turn: Promise<void> = Promise.resolve();
  /** How often the user has signed out: a sign-in that was under way then is void. */
  #signOuts = 0;
  #renewing: { outcome: Promise<boolean>; signal: AbortSignal } | undefined;

  constructor(app: App, endpoint: URL) {
    this.#app = app;
    this.#endpoint = endpoint;
    // Apps that share an origin have a page each to come back to.
    this.#key = `mcp-tasks sign-in ${endpoint.href} ${app.redirectUri ?? ""}`;
    const { fetch: given, timeoutMs = PATIENCE } = app.options;
    // Called as a plain function: browsers refuse `fetch` on any other `this`.
    const send: typeof fetch = given === undefined ? (input, init) => fetch(input, init) : (input, init) => given(input, init);
    this.#turns = new Turns(`${this.#key} refresh`, app.keeper.isShared);
    this.#web = { fetch: send, timeoutMs, local: isLoopback(endpoint) };
  }

  /** What the next request is signed with. */
  async credentials({ url, method, signal }: AuthRequest): Promise<Credentials> {
    this.#opened ??= this.#recall();
    await this.#opened;
    await this.#finish(signal);
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
    this.#refusals = 0;
    void this.#dpop?.heed(headers, this.#endpoint).catch(() => {});
  }

  /** A request was refused: is there anything better for the next? One sign-in at a time, whoever asks. */
  async renew(challenge: Challenge): Promise<boolean> {
    for (let other = this.#renewing; other; other = this.#renewing) {
      const { outcome, signal } = other;
      try {
        return await within(outcome, { signal: challenge.signal });
      } catch (error) {
        // It was ended for the sake of another client than ours.
        if (!signal.aborted || challenge.signal.aborted) throw error;
        if (this.#renewing === other) this.#renewing = undefined;
      }
    }
    const { status, wwwAuthenticate } = challenge;
    // What the app does for it may not heed the signal, and would keep everybody else.
    const outcome = within(this.#renew(challenge), { signal: challenge.signal }).catch((error: unknown) => {
      if (McpError.is(error, "unauthorized")) Object.assign(error.data, { status, ...(wwwAuthenticate !== undefined && { wwwAuthenticate }) });
      throw error;
    });
    const mine = { outcome, signal: challenge.signal };
    this.#renewing = mine;
    try {
      return await outcome;
    } finally {
      if (this.#renewing === mine) this.#renewing = undefined;
    }
  }

  async #renew(challenge: Challenge): Promise<boolean> {
    const { status, headers, credentials, signal } = challenge;
    const web = { ...this.#web, signal };
    const wish = await wishOf(challenge);
    await this.#dpop?.heed(headers, this.#endpoint);
    if (wish.error === "use_dpop_nonce" && this.#dpop) {
      const proof = typeof credentials === "string" ? undefined : credentials?.dpop;
      if (this.#dpop.hasOther(proof) || this.#isOther(credentials)) return true;
      if (headers.has("dpop-nonce")) return false;
      const hidden = failure("token", "the server wants a nonce, and does not show it to this page: it must send Access-Control-Expose-Headers: DPoP-Nonce");
      throw Object.assign(hidden, { data: { ...hidden.data, missing: "DPoP-Nonce" } });
    }
    // What is forbidden stays so, however well one is signed in.
    if (status === 403 && wish.error !== "insufficient_scope") return false;
    if (this.#isOther(credentials)) return true;
    await this.#recall();
    if (this.#isOther(credentials)) return true;
    if (!trusted(this.#endpoint.href, web)) throw failure("discovery", "tokens are sent over https alone");
    const resource = await findResource(web, this.#endpoint, wish.resourceMetadata);
    const issuer = this.#issuerFor(resource);
    const tokens = this.#tokens;
    if (tokens && (tokens.issuer !== issuer || tokens.resource !== resource.id)) {
      this.#asked = [];
      await this.#drop(tokens);
    }
    const server = await this.#meet(web, issuer);
    if (this.#isOther(credentials)) return true;
    if (this.#tokens?.refreshToken !== undefined && status === 401 && !this.#isUntried) {
      await this.#refresh(web, this.#tokens, server);
      if (this.#tokens) return true;
    }
    await this.#signIn(web, challenge, wish, resource, server);
    return true;
  }

  async #meet(web: Web, issuer: string): Promise<AuthorizationServer> {
    this.#server = await findServer(web, issuer);
    return this.#server;
  }

  /** Are our credentials others than those that were refused? */
  #isOther(refused: Credentials): boolean {
    if (!this.#tokens) return false;
    const { accessToken, scheme } = this.#tokens;
    const sent = typeof refused === "string" ? refused : refused?.authorization?.replace(/^DPoP /, "");
    return !isExpired(this.#tokens) && (sent !== accessToken || (typeof refused === "string") !== (scheme === "bearer"));
  }

  /** The authorization server to go to: that of our client id, or the one that we know; else the first. */
  #issuerFor({ issuers }: Resource): string {
    const known = [this.#app.options.client?.issuer, this.#tokens?.issuer];
    return known.find((issuer) => issuer !== undefined && issuers.includes(issuer)) ?? issuers[0];
  }

  async #signIn(web: Web, { status, background, signal }: Challenge, wish: Wish, resource: Resource, server: AuthorizationServer): Promise<void> {
    const { options, registrations } = this.#app;
    const { grant } = options;
    const wanted = wish.scope === undefined ? resource.scopes?.flatMap(scopesOf) : scopesOf(wish.scope);
    const scopes = union(this.#asked, wanted, scopesOf(options.scope));
    this.#checkLimits(status, scopes);
    if (!grant && scopes.length > 0 && texts(server.scopes_supported)?.includes(OFFLINE) && !scopes.includes(OFFLINE)) scopes.push(OFFLINE);
    if (!grant) checkPkce(server);
    const registration = await registrations.at(web, server, union(scopes, resource.scopes?.flatMap(scopesOf)));
    const key = await this.#chooseKey(wish, resource, server);
    const signOuts = this.#signOuts;
    try {
      const parties = await this.#parties(server, registration, key);
      const answer = grant
        ? await obtain(web, grant, parties, resource.id, scopes)
        : await this.#askUser(web, parties, resource, registration, scopes, background, signal);
      const tokens = tokensOf(answer, parties, { registration: registrations.kept(registration), resource: resource.id, asked: scopes, key: key?.pair });
      await this.#bring(tokens, key, signOuts);
    } catch (error) {
      if (McpError.is(error, "unauthorized") && isForgotten(error, registration)) await registrations.forget(registration);
      throw error;
    }
  }

  /** A server that is never content does not make the user sign in for ever. */
  #checkLimits(status: number, scopes: string[]): void {
    const tokens = this.#tokens;
    const had = tokens?.granted ?? tokens?.asked;
    if (scopes.join(" ").length > LONGEST_SCOPE) throw failure("scope", "the server wants more scopes than a URL can hold");
    if (status === 403 && had && scopes.every((scope) => had.includes(scope) || tokens?.asked.includes(scope))) {
      throw failure("scope", "the server wants scopes that were asked for already");
    }
    // A page that has just come back forgets how often when it leaves again.
    const most = this.#leaves ? 0 : MOST_REFUSALS;
    if (status === 401 && tokens && this.#isUntried && ++this.#refusals > most) {
      this.#refusals = 0;
      throw failure("token", "the server refuses tokens that it has just been given");
    }
  }

  async #askUser(
    web: Web,
    parties: Parties,
    resource: Resource,
    registration: Registration,
    scopes: string[],
    background: boolean,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { options, redirectUri, registrations } = this.#app;
    const { authorize } = options;
    const leaves = this.#leaves;
    if (leaves && background) throw failure("interaction", "the user has to sign in, which leaves the page: that waits until they want something");
    const attempt = newAttempt({
      issuer: parties.server.issuer,
      resource: resource.id,
      redirectUri: redirectUri!,
      registration: registrations.kept(registration),
      scopes,
      bound: parties.dpop !== undefined,
    });
    // A key that does not come along cannot be promised.
    const thumbprint = leaves ? undefined : await parties.dpop?.calculateThumbprint();
    const url = await authorizationUrl(parties.server, attempt, thumbprint);
    signal.throwIfAborted();
    if (leaves) return leave(url, this.#endpoint, attempt, signal);
    const answer = await (authorize ?? popup)(url, { signal });
    signal.throwIfAborted();
    return redeem(web, parties, attempt, answer).catch((error: unknown) => {
      // It would begin anew by itself, and the user with it.
      throw McpError.is(error, "network") ? failure("token", error.message, { cause: error.cause }) : error;
    });
  }

  /** Is this page left for the sign-in? */
  get #leaves(): boolean {
    const { mode, authorize } = this.#app.options;
    return mode === "redirect" && !authorize;
  }

  /** The user has come back from the authorization server to this page. */
  async #finish(signal: AbortSignal): Promise<void> {
    const { redirectUri } = this.#app;
    if (!this.#leaves || redirectUri === undefined) return;
    const back = comeBack(this.#endpoint, redirectUri);
    if (back) this.#returning = this.#redeem({ ...this.#web, signal }, back.attempt, back.params).finally(() => (this.#returning = undefined));
    await this.#returning;
  }

  #returning: Promise<void> | undefined;

  async #redeem(web: Web, attempt: Attempt, params: URLSearchParams): Promise<void> {
    const signOuts = this.#signOuts;
    const server = await this.#meet(web, attempt.issuer);
    const { registration, resource, scopes: asked, bound } = attempt;
    const key = await this.#chooseKey({ dpop: bound }, { dpop: false }, server);
    const parties = await this.#parties(server, registration, key);
    const answer = await redeem(web, parties, attempt, params);
    await this.#bring(tokensOf(answer, parties, { registration, resource, asked, key: key?.pair }), key, signOuts);
  }

  /** A key for the tokens to be bound to, where the app or the server wants that and both can. What we have stays as it is. */
  async #chooseKey(wish: Pick<Wish, "dpop">, resource: Pick<Resource, "dpop">, server: AuthorizationServer): Promise<Key | undefined> {
    const { dpop } = this.#app.options;
    const algorithm = algorithmFor(server);
    const insists = (wish.dpop || resource.dpop) && dpop !== false;
    const isWanted = algorithm && (insists || (dpop === true && algorithm.isAdvertised));
    return isWanted ? (this.#dpop ?? (await Key.make(algorithm.alg))) : undefined;
  }

  async #parties(server: AuthorizationServer, registration: Registration, key: Key | undefined): Promise<Parties> {
    const { options, registrations } = this.#app;
    const { client_id } = registration;
    return { server, client: { client_id }, proof: await proofOf(server, registrations.whole(registration), options.grant), dpop: key?.handle };
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
    const server = this.#server?.issuer === tokens.issuer ? this.#server : await this.#meet(this.#web, tokens.issuer);
    await this.#refresh(this.#web, tokens, server);
  }

  /**
   * Trades the refresh token for new tokens: in one tab at a time, for it may be good for once. Afterwards there are none, where the server
   * will not have it.
   * @throws `McpError` `network`
   */
  #refresh(web: Web, stale: Tokens, server: AuthorizationServer): Promise<void> {
    const turn = this.#turn.then(() => this.#refreshInTurn(web, stale, server));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** One tab at a time. */
  #inTurn(web: Web, act: () => Promise<number | undefined>): Promise<void> {
    const look = async (): Promise<number | undefined> => {
      await this.#recall();
      return this.#tokens?.since;
    };
    return this.#turns.take(Math.min(3 * web.timeoutMs, LONGEST_TIMER), look, act);
  }

  #refreshInTurn(web: Web, stale: Tokens, server: AuthorizationServer): Promise<void> {
    return this.#inTurn(web, async () => {
      await this.#recall();
      const tokens = this.#tokens;
      // Somebody else was here before.
      if (!tokens || !areSame(tokens, stale) || tokens.refreshToken === undefined) return undefined;
      const { refreshToken, registration, resource, asked, granted } = tokens;
      const key = this.#dpop;
      try {
        // What was given to one client is no use to another: we may be one by now.
        const parties = await this.#parties(server, registration, key);
        const answer = await trade(web, parties, (options) =>
          refreshTokenGrantRequest(server, parties.client, parties.proof, refreshToken, { ...options, additionalParameters: { resource } }),
        );
        const renewed = tokensOf(answer, parties, { registration, resource, asked, key: key?.pair });
        // Somebody has signed in meanwhile.
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
  async #recall(): Promise<void> {
    const { keeper, options } = this.#app;
    if (!keeper.isShared) return;
    const told = await keeper.get(this.#signedOutKey);
    // A clock that was put back since has made it worthless.
    const signedOut = typeof told === "number" && told <= Date.now() ? told : 0;
    if (this.#tokens && this.#tokens.since <= signedOut) this.#forget();
    const kept = await keeper.get(this.#key);
    if (!areTokens(kept) || (this.#tokens && areSame(kept, this.#tokens))) return;
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

  /** Takes what a sign-in has brought, where the user has not signed out since it began. */
  async #bring(tokens: Tokens, key: Key | undefined, signOuts: number): Promise<void> {
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

  /** Forgets the tokens, here and where they are kept; the authorization server is told, where it wants to know (RFC 7009). */
  async signOut(): Promise<void> {
    this.#signOuts++;
    // A refresh that is under way brings other tokens: those are to be forgotten.
    const turn = this.#turn.then(() => this.#signOutInTurn());
    this.#turn = turn.then(
      () => {},
      () => {},
    );
    const had = await turn;
    if (had) await this.#revoke(had.tokens, had.key);
  }

  async #signOutInTurn(): Promise<{ tokens: Tokens; key: Key | undefined } | undefined> {
    const { keeper } = this.#app;
    let had: { tokens: Tokens; key: Key | undefined } | undefined;
    const act = async (): Promise<number> => {
      await this.#recall();
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
      const parties = await this.#parties(server, tokens.registration, key);
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

/** Is it perhaps a client that the server no longer knows? */
function isForgotten({ data }: McpError<"unauthorized">, { registeredAt }: Registration): boolean {
  if (data.error === "invalid_client" || data.error === "unauthorized_client") return true;
  return data.reason === "popup_closed" && registeredAt !== undefined && registeredAt + NEW < Date.now();
}
