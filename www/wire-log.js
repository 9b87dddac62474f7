import { announce, el } from "./dom.js";
import { wireEntry } from "./wire-entry.js";

const KEPT = 500;
const TYPES = {
  request: "Requests",
  response: "Responses",
  message: "Messages",
  error: "Errors",
  callback: "Callbacks",
};

/**
 * Everything that crossed the wire, newest last, in a bounded log.
 *
 * @param {HTMLElement} place @param {HTMLElement} count
 */
export function wireLog(place, count) {
  let entries = [];
  const asked = new Map();
  const list = el("ol", { className: "entries", "aria-label": "Wire events" });
  const search = el("input", { type: "search", placeholder: "Filter: a method, an id, a word", "aria-label": "Filter the wire log", oninput: filter });
  const type = el("select", { "aria-label": "Kind of event", onchange: filter }, el("option", { value: "" }, "All events"), ...Object.entries(TYPES).map(([value, label]) => el("option", { value }, label)));
  const copy = el("button", { type: "button", onclick: copyShown }, "Copy");
  const clear = el("button", { type: "button", onclick: empty }, "Clear");
  const nothing = el("p", { className: "empty" });
  place.append(el("div", { className: "toolbar" }, search, type, copy, clear), nothing, list);
  refresh();

  function push(event) {
    const entry = wireEntry(named(event));
    entry.element.hidden = !passes(entry);
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
    entries.push(entry);
    list.append(entry.element);
    if (entries.length > KEPT) entries.shift().element.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
    refresh();
  }

  /** An answer says by its id alone what it answers: give it the name of the question. */
  function named(event) {
    const { id, method } = event.message ?? {};
    if (event.type === "request" && id !== undefined) asked.set(id, event.rpc);
    if (event.type !== "message" || method !== undefined || !asked.has(id)) return event;
    const rpc = asked.get(id);
    asked.delete(id);
    return { ...event, rpc };
  }

  function passes({ event, matches }) {
    return (type.value === "" || event.type === type.value) && matches(search.value.trim().toLowerCase());
  }

  function filter() {
    for (const entry of entries) entry.element.hidden = !passes(entry);
    refresh();
  }

  function empty() {
    entries = [];
    list.replaceChildren();
    refresh();
  }

  function refresh() {
    const shown = entries.filter(({ element }) => !element.hidden).length;
    list.hidden = shown === 0;
    nothing.hidden = shown > 0;
    nothing.textContent = entries.length > 0 ? "No event fits the filter." : "Every request, answer and pushed message will stand here, from the first one on.";
    copy.disabled = shown === 0;
    clear.disabled = entries.length === 0;
    count.textContent = shown === entries.length ? `${shown} of at most ${KEPT} events` : `${shown} of ${entries.length} events`;
  }

  async function copyShown() {
    const shown = entries.filter(({ element }) => !element.hidden);
    try {
      await navigator.clipboard.writeText(shown.map(({ text }) => text()).join("\n"));
      tell(`${shown.length} events copied`);
    } catch {
      tell("The browser did not allow copying");
    }
  }

  function tell(text) {
    count.textContent = text;
    announce(text);
  }

  return { push };
}
