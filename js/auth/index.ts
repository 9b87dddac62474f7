export type { AuthProvider, AuthRequest, Challenge, Credentials } from "../auth-provider.js";
export { callback } from "./callback.js";
export { oauth, type OAuthProvider } from "./oauth.js";
export type { OAuthSession } from "./oauth-session.js";
export type { Grant, GrantContext, OAuthClient, OAuthOptions, TokenSource } from "./options.js";
export { popup } from "./popup.js";
export type { TokenStorage, TokenStorageOption } from "./storage.js";
export type { SignInWindow } from "./windows.js";
