/** With what the user is signed in at an endpoint. Tokens are not in it. */
export interface OAuthSession {
  /** The authorization server. */
  issuer: string;
  /** What the tokens are for, as the server calls it. */
  resource: string;
  /** What was granted; where the authorization server does not say, what was asked for. */
  scopes: string[];
  /** When it ends by itself, in milliseconds since the epoch; absent where the tokens are refreshed, or the authorization server does not say. */
  until?: number;
}
