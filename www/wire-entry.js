import { el } from "./dom.js";
import { pretty } from "./json.js";
import { clock } from "./time.js";

const SIGNS = { request: "→", response: "←", message: "◆", error: "✕", callback: "ƒ" };

/**
 * One event of the wire log, opened to see all that it carries.
 *
 * @param {import("mcp-tasks").DebugEvent} event
 */
export function wireEntry(event) {
  const { at, type, exchange, status } = event;
  const element = el(
    "li",
    {},
    el(
      "details",
      { "data-type": type, ontoggle: fill },
      el(
        "summary",
        {},
        el("time", { className: "at" }, clock(at)),
        el("span", { className: "sign", title: type, "aria-label": type, role: "img" }, SIGNS[type] ?? "·"),
        el("span", { className: "label" }, label(event)),
        status !== undefined && el("span", { className: status < 400 ? "code" : "code bad" }, String(status)),
        exchange !== undefined && el("span", { className: "exchange" }, `#${exchange}`),
      ),
    ),
  );

  // A result may be large: it is only written out for those who look.
  function fill({ target }) {
    if (!target.open || target.childElementCount > 1) return;
    const { at: _at, type: _type, ...rest } = event;
    target.append(el("pre", { tabIndex: 0 }, pretty(rest)));
  }

  let haystack;
  return {
    event,
    element,
    /** @param {string} words lower case */
    matches: (words) => words === "" || (haystack ??= `${label(event)} ${pretty(event)}`.toLowerCase()).includes(words),
    text: () => JSON.stringify(event, (_key, value) => (value instanceof Error ? { name: value.name, message: value.message } : value)),
  };
}

/** An event in a few words: what it was, and of what. */
function label({ type, method, url, rpc, message, detail, error }) {
  const name = rpc ?? message?.method ?? (type === "request" && url && new URL(url).pathname);
  const answer = message?.error ? "error" : message?.result && "result";
  return [type === "request" && method, name, answer, gist(message ?? {}), detail, error?.message].filter(Boolean).join(" ") || type;
}

/** An answer that is not the last word. */
function kindOf(result) {
  return result?.resultType === "complete" ? undefined : result?.resultType;
}

/** The member of a message that tells it from its neighbours in the log. */
function gist({ params, result, error }) {
  return params?.name ?? params?.uri ?? params?.status ?? result?.status ?? result?.task?.status ?? kindOf(result) ?? error?.message;
}
