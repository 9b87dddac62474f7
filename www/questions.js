import { announce } from "./dom.js";
import { elicitation } from "./elicitation.js";
import { questionForm } from "./question-form.js";
import { roots } from "./roots.js";
import { sampling } from "./sampling.js";

const TOPICS = { elicitation, sampling, roots };

/** The questions of servers that have no answer yet, each a form in the place of who asks. */
export function openQuestions() {
  /** @type {Set<HTMLElement>} */
  const open = new Set();

  /** Whoever has answered one goes on with the next. */
  function leave(form) {
    const hadFocus = form.contains(document.activeElement);
    open.delete(form);
    form.remove();
    if (!hadFocus) return;
    const [next] = open;
    (next?.querySelector("input, select, textarea, a, button") ?? document.getElementById("tasks-title")).focus();
  }

  return {
    /**
     * Asks the user, for as long as the answer is wanted.
     *
     * @param {"elicitation" | "sampling" | "roots"} topic
     * @param {Record<string, any>} params as the server sent them
     * @param {object} context
     * @param {AbortSignal} context.signal
     * @param {string} context.key the server's name for it
     * @param {HTMLElement} context.place where the form goes
     * @param {import("./run.js").Run} [context.run] the task that asks; without one it is a plain call
     * @returns {Promise<object>} the answer, or nothing ever where the task itself was given it
     */
    ask(topic, params, { signal, key, place, run }) {
      return new Promise((resolve, reject) => {
        // Withdrawn before it was shown.
        if (signal.aborted) return;
        const asked = TOPICS[topic](params);
        const finish = (then) => {
          leave(form);
          then();
        };
        const form = questionForm(asked, params, {
          asker: run ? `${run.call.item.title} ${run.number}` : "a plain call",
          // A task is asked for its word: until it has the answer, the form stays.
          give: (answer) => (run ? run.respond(key, answer) : finish(() => resolve(answer))),
          refuse: () => finish(() => reject(new Error("the user gave no answer"))),
        });
        signal.addEventListener("abort", () => leave(form));
        open.add(form);
        place.append(form);
        announce(`The server asks: ${asked.says}`);
      });
    },
  };
}
