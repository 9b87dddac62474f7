import { announce, el } from "./dom.js";
import { fieldView } from "./field.js";
import { pretty } from "./json.js";
import { fieldsOf } from "./schema.js";

/**
 * What a server may ask, each with what the page makes of it.
 *
 * @type {Record<string, { says(params: any): string, draft(params: any): unknown, accept(given: any): object, decline?: object }>}
 *   `draft` is what the answer may begin with, `decline` the answer of a user who does not want to
 */
const TOPICS = {
  elicitation: {
    says: ({ message, url }) => [message, url].filter(Boolean).join("\n"),
    draft: ({ requestedSchema }) => requestedSchema && Object.fromEntries(fieldsOf(requestedSchema).map((field) => [field.name, blank(field)])),
    accept: (content) => ({ action: "accept", ...(content === undefined ? {} : { content }) }),
    decline: { action: "decline" },
  },
  sampling: {
    says: () => "What does the model say to this?",
    draft: () => ({ role: "assistant", model: "a person", content: { type: "text", text: "" } }),
    accept: (given) => given,
  },
  roots: {
    says: () => "What may the server work on?",
    draft: () => ({ roots: [{ uri: "file:///home/me/project" }] }),
    accept: (given) => given,
  },
};

/**
 * The questions of servers that have no answer yet.
 *
 * @param {HTMLElement} place
 */
export function questionBoard(place) {
  return {
    /**
     * Asks the user, for as long as the answer is wanted.
     *
     * @param {string} topic
     * @param {Record<string, any>} params as the server sent them
     * @param {object} context
     * @param {AbortSignal} context.signal
     * @param {string} context.key the server's name for it
     * @param {import("./run.js").Run} [context.run] the task that asks; without one it is a plain call
     * @returns {Promise<object>} the answer, or nothing ever where the task itself was given it
     */
    ask(topic, params, { signal, key, run }) {
      return new Promise((resolve, reject) => {
        const { accept, decline } = TOPICS[topic];
        const give = (answer) => (run ? void run.respond(key, answer) : finish(() => resolve(answer)));
        const view = questionView(topic, params, {
          asker: run ? `#${run.number} ${run.call.item.title}` : "A plain call",
          onanswer: (given) => give(accept(given)),
          ondecline: () => (decline ? give(decline) : finish(() => reject(new Error("the user gave no answer")))),
        });
        const finish = (then) => {
          leave(view);
          then();
        };
        signal.addEventListener("abort", () => leave(view));
        place.append(view);
        announce(`The server asks: ${TOPICS[topic].says(params)}`);
      });
    },
  };

  /** Whoever has answered one goes on with the next. */
  function leave(view) {
    const hadFocus = view.contains(document.activeElement);
    view.remove();
    if (hadFocus) (place.querySelector("textarea, button") ?? document.getElementById("tasks-title")).focus();
  }
}

function questionView(topic, params, { asker, onanswer, ondecline }) {
  const { says, draft } = TOPICS[topic];
  const preset = draft(params);
  const field = preset !== undefined && fieldView({ kind: "json", name: "answer", label: "Your answer, as JSON", required: true, preset, schema: {} });
  return el(
    "form",
    {
      className: "question",
      "aria-label": `${asker} asks: ${says(params)}`,
      onsubmit: (event) => {
        event.preventDefault();
        onanswer(field ? field.read() : undefined);
      },
    },
    el("p", { className: "hint" }, `${asker} asks`),
    el("p", { className: "asked" }, says(params)),
    el("details", {}, el("summary", {}, "All that it asks"), el("pre", { tabIndex: 0 }, pretty(params))),
    field && field.element,
    el(
      "div",
      { className: "answers" },
      el("button", { type: "submit", className: "primary" }, "Answer"),
      el("button", { type: "button", onclick: ondecline }, "Decline"),
    ),
  );
}

/** A value of the right type to begin with. */
function blank({ kind, preset, options }) {
  return preset ?? { text: "", number: 0, boolean: false, choice: options?.[0]?.value, choices: [], list: [] }[kind] ?? null;
}
