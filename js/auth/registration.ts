import { failure, errorCode, unreachable } from "./failure.js";
import { ask, isLoopback, isTrouble, object, parsed, texts, type Web } from "./http.js";
import type { AuthorizationServer } from "./library.js";
import type { OAuthClient, OAuthOptions } from "./options.js";
import type { Keeper } from "./storage.js";

/** What this app is to an authorization server. */
export interface Registration extends OAuthClient {
  issuer: string;
  /** When a secret is good no longer, in seconds since the epoch; 0 is never. */
  client_secret_expires_at?: number;
  /** When it was made, in milliseconds since the epoch, where it was made by us. */
  registeredAt?: number;
}

/** How a client shows that it is that: none first, for a page can keep no secret. */
const METHODS = ["none", "client_secret_basic", "client_secret_post"] as const;

/** The client ids of this app: one for each authorization server, and never one at another ("Authorization Server Binding"). */
export class Registrations {
  readonly #options: OAuthOptions;
  readonly #redirectUri: string | undefined;
  readonly #keeper: Keeper;
  readonly #known = new Map<string, Registration>();
  readonly #turns = new Map<string, Promise<void>>();
  /** The authorization server that the client id of the options is taken to be of. */
  #bound: string | undefined;

  constructor(options: OAuthOptions, redirectUri: string | undefined, keeper: Keeper) {
    this.#options = options;
    this.#redirectUri = redirectUri;
    this.#keeper = keeper;
    this.#bound = options.client?.issuer;
  }

  /**
   * Who we are there: as agreed in advance, by our own document, or by registering now, for these scopes: all that may ever be asked for.
   * @throws `McpError`: `network`, or `unauthorized` with reason `registration`
   */
  async at(web: Web, server: AuthorizationServer, scopes: string[]): Promise<Registration> {
    const { client, clientMetadataUrl } = this.#options;
    const { issuer } = server;
    if (client) {
      this.#bound ??= issuer;
      if (this.#bound !== issuer) throw failure("registration", "the client id is of another authorization server than the one that the server names now");
      return { ...client, issuer };
    }
    if (clientMetadataUrl !== undefined && server.client_id_metadata_document_supported === true) {
      return { client_id: String(clientMetadataUrl), token_endpoint_auth_method: "none", issuer };
    }
    // Whoever else registers at the same time does it for all.
    const turn = (this.#turns.get(issuer) ?? Promise.resolve()).then(() => this.#own(web, server, scopes));
    this.#turns.set(
      issuer,
      turn.then(
        () => {},
        () => {},
      ),
    );
    return turn;
  }

  /** The one that we have, or a new one. */
  async #own(web: Web, server: AuthorizationServer, scopes: string[]): Promise<Registration> {
    const { issuer } = server;
    const known = this.#known.get(issuer) ?? (await this.#keeper.get(this.#key(issuer)));
    if (isRegistration(known, issuer) && !isExpired(known)) return known;
    const registered = await this.#register(web, server, scopes);
    this.#known.set(issuer, registered);
    await this.#keeper.set(this.#key(issuer), registered);
    return registered;
  }

  /** The server may have forgotten us: the next time we register anew. What was registered since stays. */
  async forget({ issuer, client_id }: Registration): Promise<void> {
    if (this.#known.get(issuer)?.client_id === client_id) this.#known.delete(issuer);
    const kept = await this.#keeper.get(this.#key(issuer));
    if (isRegistration(kept, issuer) && kept.client_id === client_id) await this.#keeper.delete(this.#key(issuer));
  }

  /** As it is kept: what the app has itself, a secret among it, is not written anywhere. */
  kept(registration: Registration): Registration {
    const { client_id, issuer } = registration;
    return this.#isAgreed(registration) ? { client_id, issuer } : registration;
  }

  /** As it is used, from what was kept. */
  whole(kept: Registration): Registration {
    return this.#isAgreed(kept) ? { ...this.#options.client, ...kept } : kept;
  }

  #isAgreed({ client_id }: Registration): boolean {
    return this.#options.client?.client_id === client_id;
  }

  #key(issuer: string): string {
    return `mcp-tasks client ${issuer} ${this.#redirectUri ?? ""}`;
  }

  async #register(web: Web, server: AuthorizationServer, scopes: string[]): Promise<Registration> {
    const { registration_endpoint: endpoint, issuer } = server;
    if (endpoint === undefined) {
      throw failure("registration", "the authorization server registers no clients by itself: this app needs a client id, or a clientMetadataUrl where the server takes one");
    }
    const redirect = this.#redirectUri === undefined ? undefined : parsed(this.#redirectUri);
    const supported = texts(server.token_endpoint_auth_methods_supported);
    const metadata = {
      client_name: this.#options.clientName ?? globalThis.location?.hostname ?? "mcp-tasks",
      redirect_uris: [this.#redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: METHODS.find((method) => supported?.includes(method)) ?? "none",
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    };
    // An app on this machine is no web application to OpenID servers, nor one with TLS a native one.
    const types = redirect && isLoopback(redirect) ? ["native", "web"] : ["web", "native"];
    let refusal: string | undefined;
    for (const application_type of types) {
      const body = JSON.stringify({ ...metadata, application_type });
      const headers = { "content-type": "application/json", accept: "application/json" };
      const response = await ask(web, "registration", new URL(endpoint), { method: "POST", headers, body });
      if (isTrouble(response.status)) throw unreachable(`the registration of this app is answered with HTTP status ${response.status}`);
      const answer = await object(response);
      if (response.ok) return { ...registrationIn(answer), issuer, registeredAt: Date.now() };
      refusal = errorCode(answer?.error);
      if (refusal !== "invalid_redirect_uri" && refusal !== "invalid_client_metadata") break;
    }
    const why = refusal === undefined ? "" : `: ${refusal}`;
    throw failure("registration", `the authorization server does not register this app${why}`, refusal === undefined ? {} : { error: refusal });
  }
}

function registrationIn(answer: Record<string, unknown> | undefined): OAuthClient {
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method: method } = answer ?? {};
  if (typeof client_id !== "string" || client_id === "") throw failure("registration", "the authorization server registers this app without a client id");
  const isUsable = typeof method !== "string" || method === "none" || (METHODS.some((each) => each === method) && typeof client_secret === "string");
  // It would be kept, and fail each time.
  if (!isUsable) throw failure("registration", "the authorization server registers this app for showing itself in a way that it cannot");
  return {
    client_id,
    ...(typeof client_secret === "string" && { client_secret }),
    ...(typeof client_secret_expires_at === "number" && { client_secret_expires_at }),
    ...(typeof method === "string" && {
      token_endpoint_auth_method: method as NonNullable<OAuthClient["token_endpoint_auth_method"]>,
    }),
  };
}

export function isRegistration(given: unknown, issuer: string): given is Registration {
  const { client_id, issuer: of } = (typeof given === "object" && given !== null ? given : {}) as Partial<Registration>;
  return typeof client_id === "string" && client_id !== "" && of === issuer;
}

function isExpired({ client_secret_expires_at: at }: Registration): boolean {
  return at !== undefined && at !== 0 && Date.now() >= at * 1_000;
}
