import { el, freshId } from "./dom.js";
import { pretty } from "./json.js";

/**
 * What is asked, made ready to be answered.
 *
 * @typedef {object} Asked
 * @property {string} says
 * @property {(Node | string | false | undefined)[]} body what is shown of it, and what is filled in
 * @property {string} [accept] what the button says that answers; without it the answer cannot be yes
 * @property {() => object} [read] the answer
 * @property {Record<string, object | undefined>} refusals the other buttons, each with its answer; without one there is
 *   no answer at all
 */

/**
 * The form of one question.
 *
 * @param {Asked} asked
 * @param {unknown} params all that the server sent
 * @param {string} asker
 * @param {(answer: object | undefined) => void} give
 * @returns {HTMLFormElement}
 */
export function questionForm({ says, body, accept, read, refusals }, params, asker, give) {
  const [askerId, saysId] = [freshId(), freshId()];
  const refusal = ([label, answer]) => el("button", { type: "button", onclick: () => give(answer) }, label);
  return el(
    "form",
    {
      className: "question",
      "aria-labelledby": `${askerId} ${saysId}`,
      onsubmit: (event) => {
        event.preventDefault();
        if (accept) give(read());
      },
    },
    el("p", { id: askerId, className: "hint" }, `Question of ${asker}`),
    el("p", { id: saysId, className: "asked" }, says),
    ...body,
    el("details", {}, el("summary", {}, "All that it asks"), el("pre", { tabIndex: 0 }, pretty(params))),
    el("div", { className: "answers" }, accept && el("button", { type: "submit", className: "primary" }, accept), ...Object.entries(refusals).map(refusal)),
  );
}
