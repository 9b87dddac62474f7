import { type AuthProvider, type AuthRequest, type Challenge, type Credentials, headersOf } from "./auth-provider.js";
import { McpError } from "./error.js";

/** A request is made again after so many sign-ins at most: a server that is never content would ask the user for ever. */
const MOST = 3;

/** A sign-in failed, and the request with it. */
export interface Failed {
  error: McpError;
}

/** What hears of sign-ins. */
export interface SignInListener {
  begun(): void;
  /** `succeeded` when there are other credentials than before. */
  over(succeeded: boolean, error?: McpError): void;
}

/** How a request was signed. */
export interface Signed {
  credentials: Credentials;
  headers: Record<string, string>;
  /** The sign-in that they come from, by number. */
  era: number;
}

/** The sign-ins of one client: one at a time, whatever is refused meanwhile. */
export class SignIn {
  readonly #provider: AuthProvider;
  readonly #listener: SignInListener;
  readonly #closing = new AbortController();
  #underWay: { outcome: Promise<boolean>; background: boolean } | undefined;
  /** How many succeeded; and how many in a row did after which the server was no more content than before. */
  #era = 0;
  #vain = 0;
  /** Why the last one failed, by the status that it was for: nobody is asked again for what only the clock wants. */
  readonly #failures = new Map<number, McpError>();

  constructor(provider: AuthProvider, listener: SignInListener) {
    this.#provider = provider;
    this.#listener = listener;
  }

  /** Signs a request; not while somebody signs in. */
  async sign(request: AuthRequest): Promise<Signed> {
    await this.#underWay?.outcome.catch(() => {});
    const era = this.#era;
    try {
      const credentials = await this.#provider.token(request);
      return { credentials, headers: headersOf(credentials), era };
    } catch (cause) {
      throw failure(cause, "the credentials could not be had");
    }
  }

  /** A response has come. Is the request to be made again, with other credentials? `tries` is how often it was. */
  async again(response: Response, { url, method }: AuthRequest, signed: Signed, background: boolean, tries: number): Promise<boolean> {
    const { status, headers } = response;
    // Nothing is worth a sign-in when the client goes.
    if ((status !== 401 && status !== 403) || method === "DELETE" || this.#closing.signal.aborted) {
      if (signed.era === this.#era) this.#vain = 0;
      this.#heard({ url, status, headers });
      return false;
    }
    if (tries >= MOST) return false;
    // Somebody may be signing in, or have done so since.
    for (let other = this.#underWay; other && signed.era === this.#era; other = this.#underWay) {
      try {
        return await other.outcome;
      } catch (error) {
        // What the user is not bothered with for the clock's sake, they may be for a caller's.
        if (background || !other.background || !McpError.is(error, "unauthorized")) throw error;
      }
    }
    if (signed.era !== this.#era) return true;
    if (background) {
      const failed = this.#failures.get(status);
      if (failed) throw failed;
      if (this.#vain >= MOST) return false;
    }
    const wwwAuthenticate = headers.get("www-authenticate");
    const outcome = this.#ask({
      status,
      url,
      method,
      ...(wwwAuthenticate === null ? {} : { wwwAuthenticate }),
      headers,
      credentials: signed.credentials,
      background,
      signal: this.#closing.signal,
    });
    this.#underWay = { outcome, background };
    return outcome;
  }

  #heard(response: { url: URL; status: number; headers: Headers }): void {
    try {
      this.#provider.onResponse?.(response);
    } catch {
      // It has nothing to say to the response.
    }
  }

  async #ask(challenge: Challenge): Promise<boolean> {
    this.#listener.begun();
    const { status, signal } = challenge;
    this.#failures.delete(status);
    let succeeded = false;
    let failed: McpError | undefined;
    try {
      const closed = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new McpError("closed", "the client was closed")), { once: true });
      });
      // Closed later, that is nobody's error.
      closed.catch(() => {});
      // Called later: what it throws at once would be over before `#underWay` is set, and stay there for ever.
      const asked = Promise.resolve().then(() => this.#provider.onUnauthorized(challenge));
      const answer = await Promise.race([asked, closed]);
      succeeded = answer !== false;
      if (succeeded) this.#failures.clear();
      this.#era += Number(succeeded);
      this.#vain += Number(succeeded);
      return succeeded;
    } catch (cause) {
      failed = failure(cause, "the sign-in failed", challenge);
      // What the network did to it may be over by the next time.
      if (failed.code !== "network") this.#failures.set(status, failed);
      throw failed;
    } finally {
      this.#underWay = undefined;
      this.#listener.over(succeeded, failed);
    }
  }

  /** Ends the sign-in that is under way. */
  close(): void {
    this.#closing.abort();
  }
}

/** What a provider throws, as callers are told of it. */
function failure(cause: unknown, what: string, { status, wwwAuthenticate }: { status: number; wwwAuthenticate?: string } = { status: 401 }): McpError {
  if (McpError.is(cause)) return cause;
  const data = { status, ...(wwwAuthenticate === undefined ? {} : { wwwAuthenticate }) };
  const said = cause instanceof Error && cause.message ? `: ${cause.message}` : "";
  return new McpError("unauthorized", what + said, { cause, data });
}
