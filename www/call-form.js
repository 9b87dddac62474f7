import { el, freshId } from "./dom.js";
import { fieldView } from "./field.js";
import { problem } from "./problem.js";
import { fieldsOf } from "./schema.js";

/**
 * The form that calls one thing of the catalogue.
 *
 * @param {import("./catalog.js").Item} item
 * @param {(call: Call) => void} onstart
 * @returns {HTMLElement}
 *
 * @typedef {object} Call
 * @property {import("./catalog.js").Item} item
 * @property {Record<string, unknown>} args
 * @property {true | { ttlMs: number } | undefined} task the library's own option
 * @property {string} [taskId] of a task that runs already
 */
export function callForm(item, onstart) {
  try {
    return formOf(item, onstart);
  } catch (error) {
    return problem(new Error(`No form can be made from the input schema of ${item.name}: ${error.message}`));
  }
}

function formOf(item, onstart) {
  const fields = fieldsOf(item.schema).map(fieldView);
  const mode = runMode(item);
  const titleId = freshId();
  return el(
    "form",
    {
      className: "call-form",
      "aria-labelledby": titleId,
      onsubmit: (event) => {
        event.preventDefault();
        const given = fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined);
        onstart({ item, args: Object.fromEntries(given), task: mode.read() });
      },
    },
    el("h3", { id: titleId }, item.title),
    item.title !== item.name && el("p", { className: "identifier" }, item.name),
    item.description && el("p", {}, item.description),
    ...fields.map(({ element }) => element),
    mode.element,
    el("button", { type: "submit", className: "primary" }, "Start"),
  );
}

/** As a task or plainly, and for how long the server shall keep the result. */
function runMode(item) {
  const group = freshId();
  const asTask = el("input", { type: "radio", name: group, checked: true });
  const plainly = el("input", { type: "radio", name: group });
  const ttl = el("input", { id: freshId(), type: "number", min: 1, step: 1, inputMode: "numeric", placeholder: "server’s choice" });
  const keep = el("div", { className: "keep" }, el("label", { htmlFor: ttl.id }, "Time to live, in seconds"), ttl);
  const refresh = () => (keep.hidden = plainly.checked || !item.keeps);
  refresh();
  const element = el(
    "fieldset",
    { className: "field mode", onchange: refresh },
    el("legend", {}, "Run it"),
    el("div", { className: "segments" }, el("label", {}, asTask, "as a task"), el("label", {}, plainly, "plainly")),
    el("p", { className: "hint" }, item.hint),
    keep,
  );
  const read = () => {
    if (plainly.checked) return undefined;
    return ttl.value === "" ? true : { ttlMs: ttl.valueAsNumber * 1_000 };
  };
  return { element, read };
}
