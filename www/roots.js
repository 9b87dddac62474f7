import { el } from "./dom.js";
import { repeater } from "./repeater.js";

/**
 * A question to the page: what the server may work on.
 *
 * @returns {import("./question-form.js").Asked}
 */
export function roots() {
  const rows = repeater({ addLabel: "Add a folder", makeRow, nameRow: (position) => `folder ${position}`, initial: [undefined] });
  return {
    says: "What may the server work on?",
    body: [el("fieldset", { className: "field" }, el("legend", {}, "Folders or files"), rows.element)],
    accept: "Answer",
    read: () => ({ roots: rows.read() }),
    refusals: { Decline: undefined },
  };
}

function makeRow() {
  const text = { autocomplete: "off", spellcheck: false };
  const uri = el("input", { ...text, required: true, pattern: "file://.+", title: "It begins with file://", placeholder: "file:///home/me/project", "aria-label": "Address" });
  const name = el("input", { ...text, placeholder: "a name, if you like", "aria-label": "Name" });
  return { cells: [uri, name], read: () => ({ uri: uri.value.trim(), ...(name.value && { name: name.value }) }) };
}
