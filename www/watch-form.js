import { el, freshId } from "./dom.js";

const KINDS = ["tool", "prompt", "resource"];

/**
 * The form that takes up a task which was started earlier or elsewhere, by its id.
 *
 * @param {(call: import("./call-form.js").Call) => void} onstart
 * @returns {HTMLDetailsElement}
 */
export function watchForm(onstart) {
  const taskId = el("input", { id: freshId(), required: true, autocomplete: "off", spellcheck: false });
  const kind = el("select", { id: freshId() }, ...KINDS.map((value) => el("option", { value }, value)));
  const form = el(
    "form",
    {
      className: "watch-form",
      onsubmit: (event) => {
        event.preventDefault();
        const id = taskId.value.trim();
        onstart({ item: { kind: kind.value, name: id, title: "Taken up" }, args: {}, task: true, taskId: id });
        form.reset();
      },
    },
    el("div", {}, el("label", { htmlFor: taskId.id }, "Task id"), taskId),
    el("div", {}, el("label", { htmlFor: kind.id }, "Started by a"), kind),
    el("button", { type: "submit" }, "Watch"),
  );
  return el("details", {}, el("summary", {}, "Watch a task by its id"), form);
}
