import { el } from "./dom.js";
import { pretty } from "./json.js";

/** What a person can do about a sign-in that failed, by the reason. */
const SIGN_IN = {
  popup_blocked: "The browser kept the window of the sign-in from opening: allow this page to open windows, and try again.",
  popup_closed: "The window of the sign-in was closed before it was over. Try again.",
  interaction: "You have to sign in again, which this page does not begin by itself: start something, or connect anew.",
  denied: "The sign-in was refused: by you, or by the authorization server.",
  callback: "What came back from the authorization server is not the answer to what this page asked, so it was not used.",
  discovery: "The server does not say as the protocol wants it where one signs in.",
  registration: `The authorization server takes no pages that it does not know: enter the client id under which this page is known there, with its callback ${new URL("dist/callback.html", location.href)}.`,
  token: "The authorization server gave no token that can be used.",
  scope: "This needs more than was allowed in the sign-in.",
};

/** What a person can do about an error, by its code. */
const ADVICE = {
  network: () => [
    "Is the server running, and is the address right, with its port and path?",
    "A page served over https may not call an http address, except on this machine.",
    "A certificate that the browser does not trust looks like this too: open the address in a tab to see.",
    `So does a server that does not approve of this page’s origin, ${location.origin}, or of a header that you added: the browser’s console tells.`,
  ],
  cors: ({ data }) => [
    data?.missing ? `The server’s answers must carry the header that is missing: ${[data.missing].flat().join(", ")}.` : undefined,
    `The server must allow this page’s origin, ${location.origin}, and every header that is sent, those that you added among them.`,
    "A server with sessions must also expose Mcp-Session-Id, or the page cannot read its session.",
  ],
  http: ({ data }) => [
    data?.status === 404 ? "There is nothing at this path. Most servers use /mcp." : undefined,
    "The server’s own log may say more; so may the wire log below.",
  ],
  unauthorized: ({ data }) => [SIGN_IN[data?.reason] ?? "The server wants to know who calls: switch “Sign-in” on, or add an Authorization header under “Request headers”."],
  unsupported: () => ["The server speaks no version of the protocol that this library knows, or lacks what was asked of it."],
  protocol: () => ["The answer is not what the protocol says. The wire log below shows it."],
  timeout: () => ["The answer took too long. The server may be busy, or a proxy may hold its streams back."],
  task_not_found: () => ["The server no longer knows this task: its time to live may have run out."],
  input_required: () => ["The server needed an answer and got none. A task still waits for it: “Answer” in its row lets it ask again."],
  wasm_load: () => ["The WebAssembly module did not load. Is it built, and served as application/wasm?"],
};

/**
 * An error with its code, its message and what to check.
 *
 * @param {import("mcp-tasks").McpError | Error} error
 * @returns {HTMLElement}
 */
export function problem(error) {
  const advice = (ADVICE[error.code]?.(error) ?? []).filter(Boolean);
  return el(
    "div",
    { className: "problem" },
    el("p", {}, error.code && el("code", {}, String(error.code)), " ", error.message),
    advice.length > 0 && el("ul", {}, ...advice.map((line) => el("li", {}, line))),
    error.data !== undefined && el("details", {}, el("summary", {}, "Data"), el("pre", { tabIndex: 0 }, pretty(error.data))),
  );
}
