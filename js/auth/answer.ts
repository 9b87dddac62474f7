/** How the callback page tells the page that opened it: both are of one origin, and nobody else hears of it. */
export const CHANNEL = "mcp-tasks:sign-in";

/** Where an attempt is kept that leaves the page: in the session storage of this tab, by its state. */
export const ATTEMPT = "mcp-tasks:sign-in:";

/** What the callback page says. */
export interface Message {
  "mcp-tasks": "sign-in";
  /** The query of the URL to which the user was sent back. */
  params: string;
}

/** What an attempt is kept with: where to go back to, and in the end the answer. */
export interface Departure {
  returnTo: string;
  params?: string;
}

/** The answer in a message, where it is one to this attempt. */
export function answerIn(message: unknown, state: string | null): URLSearchParams | undefined {
  const { "mcp-tasks": kind, params } = (typeof message === "object" && message !== null ? message : {}) as Partial<Message>;
  if (kind !== "sign-in" || typeof params !== "string") return undefined;
  const answer = new URLSearchParams(params);
  return answer.get("state") === state ? answer : undefined;
}
