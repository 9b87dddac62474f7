import type { AuthRequest, Challenge, Credentials } from "../auth-provider.js";
import { McpError } from "../error.js";
import { within } from "../limits.js";
import type { App } from "./app.js";
import { type Attempt, authorizationUrl, newAttempt, redeem } from "./authorization.js";
import { algorithmFor, Key } from "./dpop.js";
import { failure } from "./failure.js";
import { obtain } from "./grants.js";
import { Holding, OFFLINE } from "./holding.js";
import { isLoopback, PATIENCE, texts, trusted, type Web } from "./http.js";
import type { AuthorizationServer } from "./library.js";
import type { OAuthSession } from "./oauth-session.js";
import { popup } from "./popup.js";
import { comeBack, leave, type Return } from "./redirect.js";
import type { Registration } from "./registration.js";
import { findResource, type Resource } from "./resource.js";
import { checkPkce } from "./server.js";
import { type Answer, type Parties, scopesOf, tokensOf, union } from "./tokens.js";
import { type Wish, wishOf } from "./wish.js";

/** So often in a row the server may refuse a token that it has just been given. */
const MOST_REFUSALS = 1;
/** Who has come back from the sign-in since less than this, in milliseconds, is not sent there again by the next page. */
const BACK = 10_000;
/** A registration that is older, in milliseconds, may be forgotten at the server, which tells the user and not us. */
const NEW = 10 * 60_000;

/** The longest list of scopes that is asked for, in characters: URLs have an end, and users read what they grant. */
const LONGEST_SCOPE = 4_000;

/** The sign-in at one endpoint: from what the server says of itself to the tokens, which go there and nowhere else. */
export class Session {
  readonly #app: App;
  readonly #endpoint: URL;
  readonly #web: Web;
  readonly #holding: Holding;
  /** How often in a row the server refused tokens that it had not taken yet. */
  #refusals = 0;
  #renewing: { outcome: Promise<boolean>; of: Challenge } | undefined;
  #returning: Promise<void> | undefined;
  /** So often the user had signed out when a caller wanted something last. */
  #wanted = 0;

  constructor(app: App, endpoint: URL) {
    this.#app = app;
    this.#endpoint = endpoint;
    const { fetch: given, timeoutMs = PATIENCE } = app.options;
    // Called as a plain function: browsers refuse `fetch` on any other `this`.
    const send: typeof fetch = given === undefined ? (input, init) => fetch(input, init) : (input, init) => given(input, init);
    this.#web = { fetch: send, timeoutMs, local: isLoopback(endpoint) };
    this.#holding = new Holding(app, endpoint, this.#web);
  }

  /** What the next request is signed with. */
  async credentials(request: AuthRequest): Promise<Credentials> {
    await this.#holding.opened();
    await this.#finish(request.signal);
    return this.#holding.credentials(request);
  }

  /** A response has come that was no refusal. */
  heard(headers: Headers): void {
    this.#refusals = 0;
    this.#holding.heard(headers);
  }

  /** With what the user is signed in, where they are. */
  state(): Promise<OAuthSession | undefined> {
    return this.#holding.session();
  }

  /** Forgets the tokens, here and where they are kept; gives what has them revoked. */
  signOut(): Promise<() => Promise<void>> {
    return this.#holding.signOut();
  }

  /** A request was refused: is there anything better for the next? One sign-in at a time, whoever asks. */
  async renew(challenge: Challenge): Promise<boolean> {
    for (let other = this.#renewing; other; other = this.#renewing) {
      const { outcome, of } = other;
      try {
        return await within(outcome, { signal: challenge.signal });
      } catch (error) {
        // It was ended for the sake of another client than ours, or might not ask the user.
        const isUnasked = of.background && !challenge.background && McpError.is(error, "unauthorized");
        if (challenge.signal.aborted || !(of.signal.aborted || isUnasked)) throw error;
        if (this.#renewing === other) this.#renewing = undefined;
      }
    }
    const { status, wwwAuthenticate } = challenge;
    // What the app does for it may not heed the signal, and would keep everybody else.
    const outcome = within(this.#renew(challenge), { signal: challenge.signal }).catch((error: unknown) => {
      if (McpError.is(error, "unauthorized")) Object.assign(error.data, { status, ...(wwwAuthenticate !== undefined && { wwwAuthenticate }) });
      throw error;
    });
    const mine = { outcome, of: challenge };
    this.#renewing = mine;
    try {
      return await outcome;
    } finally {
      if (this.#renewing === mine) this.#renewing = undefined;
    }
  }

  async #renew(challenge: Challenge): Promise<boolean> {
    const { status, headers, credentials, signal } = challenge;
    const holding = this.#holding;
    const web = { ...this.#web, signal };
    const wish = await wishOf(challenge);
    await holding.dpop?.heed(headers, this.#endpoint);
    if (wish.error === "use_dpop_nonce" && holding.dpop) {
      const proof = typeof credentials === "string" ? undefined : credentials?.dpop;
      if (holding.dpop.hasOther(proof) || holding.isOther(credentials)) return true;
      if (headers.has("dpop-nonce")) return false;
      const missing = "DPoP-Nonce";
      throw failure("token", `the server wants a nonce, and does not show it to this page: it must send Access-Control-Expose-Headers: ${missing}`, { missing });
    }
    // What is forbidden stays so, however well one is signed in.
    if (status === 403 && wish.error !== "insufficient_scope") return false;
    if (holding.isOther(credentials)) return true;
    await holding.recall();
    if (holding.isOther(credentials)) return true;
    if (!trusted(this.#endpoint.href, web)) throw failure("discovery", "tokens are sent over https alone");
    const resource = await findResource(web, this.#endpoint, wish.resourceMetadata);
    const issuer = this.#issuerFor(resource);
    const { tokens } = holding;
    if (tokens && (tokens.issuer !== issuer || tokens.resource !== resource.id)) await holding.startOver(tokens);
    const server = await holding.meet(web, issuer);
    if (holding.isOther(credentials)) return true;
    if (holding.tokens?.refreshToken !== undefined && status === 401 && !holding.isUntried) {
      await holding.refresh(web, holding.tokens, server);
      if (holding.tokens) return true;
    }
    await this.#signIn(web, challenge, wish, resource, server);
    return true;
  }

  /** The authorization server to go to: that of our client id, or the one that we know; else the first. */
  #issuerFor({ issuers }: Resource): string {
    const known = [this.#app.options.client?.issuer, this.#holding.tokens?.issuer];
    return known.find((issuer) => issuer !== undefined && issuers.includes(issuer)) ?? issuers[0];
  }

  async #signIn(web: Web, { status, background, signal }: Challenge, wish: Wish, resource: Resource, server: AuthorizationServer): Promise<void> {
    const { options, registrations } = this.#app;
    const { grant } = options;
    const wanted = wish.scope === undefined ? resource.scopes?.flatMap(scopesOf) : scopesOf(wish.scope);
    const scopes = union(this.#holding.asked, wanted, scopesOf(options.scope));
    this.#checkLimits(status, scopes);
    if (!grant && scopes.length > 0 && texts(server.scopes_supported)?.includes(OFFLINE) && !scopes.includes(OFFLINE)) scopes.push(OFFLINE);
    if (!grant) checkPkce(server);
    const registration = await registrations.at(web, server, union(scopes, resource.scopes?.flatMap(scopesOf)));
    const key = await this.#chooseKey(wish, resource, server);
    const { signOuts } = this.#holding;
    try {
      const parties = await this.#app.parties(server, registration, key);
      const answer = grant
        ? await obtain(web, grant, parties, resource.id, scopes)
        : await this.#askUser(web, parties, resource, registration, scopes, background, signal);
      const tokens = tokensOf(answer, parties, { registration: registrations.kept(registration), resource: resource.id, asked: scopes, key: key?.pair });
      await this.#holding.take(tokens, key, signOuts);
    } catch (error) {
      if (McpError.is(error, "unauthorized") && isForgotten(error, registration)) await registrations.forget(registration);
      throw error;
    }
  }

  /** A server that is never content does not make the user sign in for ever. */
  #checkLimits(status: number, scopes: string[]): void {
    const { tokens, isUntried } = this.#holding;
    const had = tokens?.granted ?? tokens?.asked;
    if (scopes.join(" ").length > LONGEST_SCOPE) throw failure("scope", "the server wants more scopes than a URL can hold");
    if (status === 403 && had && scopes.every((scope) => had.includes(scope) || tokens?.asked.includes(scope))) {
      throw failure("scope", "the server wants scopes that were asked for already");
    }
    // A page that has just come back forgets how often when it leaves again, and what the server took before it refused.
    const { leaves } = this.#app;
    const most = leaves ? 0 : MOST_REFUSALS;
    const isNew = isUntried || (leaves && tokens !== undefined && tokens.since + BACK > Date.now());
    if (status === 401 && tokens && isNew && ++this.#refusals > most) {
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
    const { options, redirectUri, registrations, windows, leaves } = this.#app;
    if (leaves && background) throw failure("interaction", "the user has to sign in, which leaves the page: that waits until they want something");
    if (!background) this.#wanted = this.#holding.signOuts;
    if (this.#wanted !== this.#holding.signOuts) throw failure("interaction", "the user has signed out: they are asked when they want something");
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
    // It was opened for what the user has just asked for.
    const window = background ? undefined : windows.take();
    const asking = async (): Promise<URLSearchParams> => (options.authorize ?? popup)(url, { signal, ...(window && { window }) });
    // The app's own may not heed the signal.
    const answer = await within(asking(), { signal }).finally(() => window?.close());
    signal.throwIfAborted();
    return redeem(web, parties, attempt, answer).catch((error: unknown) => {
      // It would begin anew by itself, and the user with it.
      throw McpError.is(error, "network") ? failure("token", error.message, { cause: error.cause }) : error;
    });
  }

  /** The user has come back from the authorization server to this page. */
  async #finish(signal: AbortSignal): Promise<void> {
    const { redirectUri, leaves } = this.#app;
    if (!leaves || redirectUri === undefined) return;
    const back = this.#returning ? undefined : comeBack(this.#endpoint, redirectUri);
    // A code is good for once: who asked first may leave, and does not take it along.
    if (back) this.#returning = this.#redeem(this.#web, back).finally(() => (this.#returning = undefined));
    if (this.#returning) await within(this.#returning, { signal });
  }

  async #redeem(web: Web, { attempt, params, done }: Return): Promise<void> {
    const { registration, resource, scopes: asked } = attempt;
    const { signOuts } = this.#holding;
    const { parties, key } = await this.#takeUp(web, attempt).catch((error: unknown) => {
      // What the network did to it may be over by the next time.
      if (McpError.is(error, "unauthorized")) done();
      throw error;
    });
    // A code is good for once.
    done();
    const answer = await redeem(web, parties, attempt, params);
    await this.#holding.take(tokensOf(answer, parties, { registration, resource, asked, key: key?.pair }), key, signOuts);
  }

  async #takeUp(web: Web, { issuer, registration, bound }: Attempt): Promise<{ parties: Parties; key: Key | undefined }> {
    const server = await this.#holding.meet(web, issuer, true);
    const key = await this.#chooseKey({ dpop: bound }, { dpop: false }, server);
    return { parties: await this.#app.parties(server, registration, key), key };
  }

  /** A key for the tokens to be bound to, where the app or the server wants that and both can. What we have stays as it is. */
  async #chooseKey(wish: Pick<Wish, "dpop">, resource: Pick<Resource, "dpop">, server: AuthorizationServer): Promise<Key | undefined> {
    const { dpop } = this.#app.options;
    const algorithm = algorithmFor(server);
    const insists = (wish.dpop || resource.dpop) && dpop !== false;
    const isWanted = algorithm && (insists || (dpop === true && algorithm.isAdvertised));
    return isWanted ? (this.#holding.dpop ?? (await Key.make(algorithm.alg))) : undefined;
  }
}

/** Is it perhaps a client that the server no longer knows? */
function isForgotten({ data }: McpError<"unauthorized">, { registeredAt }: Registration): boolean {
  if (data.error === "invalid_client" || data.error === "unauthorized_client") return true;
  return data.reason === "popup_closed" && registeredAt !== undefined && registeredAt + NEW < Date.now();
}
