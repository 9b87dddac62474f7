import { el } from "./dom.js";
import { repeater } from "./repeater.js";

const TOKEN = "[!#$%&'*+.^_`\\|~0-9A-Za-z\\-]+";

/**
 * The editor of the headers that go with every request. What is typed lives in its inputs and nowhere else.
 *
 * @param {HTMLElement} panel @param {HTMLElement} count
 */
export function headerEditor(panel, count) {
  const editor = repeater({ addLabel: "Add a header", makeRow, nameRow: (position) => `header ${position}`, onchange: refresh });
  const fieldset = el("fieldset", {}, editor.element);
  panel.append(fieldset);

  function read() {
    return editor.read().filter(([name]) => name !== "");
  }

  function refresh() {
    const size = read().length;
    count.textContent = String(size);
    count.hidden = size === 0;
  }

  return {
    /** @returns {[string, string][]} */
    read,
    /** They belong to a connection: while there is one they stay as they are. @param {boolean} locked */
    lock(locked) {
      fieldset.disabled = locked;
    },
    /** A copy of some headers in which the values typed here are hidden, whatever their names. */
    redact(headers) {
      const typed = new Set(read().map(([name]) => name.toLowerCase()));
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typed.has(name.toLowerCase()) ? "•••" : value]));
    },
  };
}

function makeRow() {
  const name = el("input", { "aria-label": "Header name", placeholder: "Authorization", pattern: TOKEN, spellcheck: false, autocomplete: "off", autocapitalize: "off" });
  const value = el("input", { "aria-label": "Header value", placeholder: "Bearer …", type: "password", autocomplete: "off" });
  return { cells: [name, value], read: () => [name.value.trim(), value.value] };
}
