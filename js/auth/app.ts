import type { Key } from "./dpop.js";
import { parsed } from "./http.js";
import type { AuthorizationServer } from "./library.js";
import { absolute, type OAuthOptions } from "./options.js";
import { proofOf } from "./proof.js";
import { type Registration, Registrations } from "./registration.js";
import { Keeper } from "./storage.js";
import type { Parties } from "./tokens.js";
import { Windows } from "./windows.js";

/** What every sign-in of this app has in common. */
export class App {
  readonly options: OAuthOptions;
  readonly redirectUri: string | undefined;
  readonly keeper: Keeper;
  readonly registrations: Registrations;
  readonly windows = new Windows();

  constructor(options: OAuthOptions) {
    const given = options.redirectUri;
    this.options = options;
    // Authorization servers compare it to the byte.
    this.redirectUri = given === undefined || parsed(String(given)) ? given?.toString() : absolute(given)?.href;
    this.keeper = new Keeper(options.storage, this.redirectUri ?? "");
    this.registrations = new Registrations(options, this.redirectUri, this.keeper);
  }

  /** Is the page left for a sign-in? */
  get leaves(): boolean {
    const { mode, authorize } = this.options;
    return mode === "redirect" && !authorize;
  }

  /** Both sides of a token request, with the key that the tokens are bound to, where there is one. */
  async parties(server: AuthorizationServer, registration: Registration, key: Key | undefined): Promise<Parties> {
    const { client_id } = registration;
    return { server, client: { client_id }, proof: await proofOf(server, this.registrations.whole(registration), this.options.grant), dpop: key?.handle };
  }
}
