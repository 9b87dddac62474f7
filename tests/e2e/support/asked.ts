import type { ScriptedAuthorization } from "../../peers/authorization.mjs";

/** The scopes that the user was asked for, each time. */
export const asked = (authorization: ScriptedAuthorization): string[] =>
  authorization.sent("GET /authorize").map(({ params }) => params.get("scope") ?? "");

/** The refresh tokens that were shown, in order. */
export const shown = (authorization: ScriptedAuthorization): (string | null)[] =>
  authorization.sent("POST /token", { grant_type: "refresh_token" }).map(({ params }) => params.get("refresh_token"));
