import { ATTEMPT, CHANNEL, type Departure, type Message } from "./answer.js";
import { failure } from "./failure.js";

/**
 * What the page at `redirectUri` does: hands the authorization server's answer to the page that waits for it, and closes; or, in redirect
 * mode, goes back to where the user was. Where there is no answer, nothing is done. `callback.html` is a page that does this and nothing else.
 *
 * The answer goes to pages of this origin alone. Whether it is the one to a sign-in of theirs, is theirs to find out.
 * @throws `McpError` `unauthorized`, with reason `callback`, where there is no room for the answer in the session storage
 */
export function callback(): void {
  const { search, pathname, origin } = globalThis.location;
  const params = search.slice(1);
  const answer = new URLSearchParams(params);
  // Nobody was sent here: the page was opened by hand, or loaded anew.
  if (!["code", "error", "state"].some((name) => answer.has(name))) return;
  // The code is nobody's business, the history's and the next page's among them. With the origin, for a path may look like one.
  globalThis.history.replaceState(null, "", origin + pathname);
  const key = ATTEMPT + answer.get("state");
  const kept = read(key, origin);
  if (kept) {
    try {
      globalThis.sessionStorage.setItem(key, JSON.stringify({ ...kept, params } satisfies Departure));
    } catch (cause) {
      throw failure("callback", "the authorization server's answer cannot be taken back to the page: there is no room in the session storage", { cause });
    }
    globalThis.location.replace(kept.returnTo);
    return;
  }
  const message: Message = { "mcp-tasks": "sign-in", params };
  // The one reaches no page in another partition, the other none from which the authorization server has cut us off.
  (globalThis.opener as Window | null)?.postMessage(message, origin);
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(message);
  channel.close();
  globalThis.close();
}

/** The attempt that left a page of this origin. */
function read(key: string, origin: string): Departure | undefined {
  try {
    const kept = JSON.parse(globalThis.sessionStorage.getItem(key) ?? "null") as Departure | null;
    return kept && new URL(kept.returnTo).origin === origin ? kept : undefined;
  } catch {
    return undefined;
  }
}
