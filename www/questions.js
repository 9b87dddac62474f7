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
     * @param {string} context.asker
     * @param {HTMLElement} context.place where the form goes
     * @returns {Promise<object>} the answer, or nothing ever where it was withdrawn
     */
    ask(topic, params, { signal, asker, place }) {
      return new Promise((resolve, reject) => {
        // Withdrawn before it was shown.
        if (signal.aborted) return;
        const asked = TOPICS[topic](params);
        const form = questionForm(asked, params, asker, (answer) => {
          leave(form);
          if (answer) resolve(answer);
          else reject(new Error("the user gave no answer"));
        });
        signal.addEventListener("abort", () => leave(form));
        open.add(form);
        place.append(form);
        announce(`The server asks: ${asked.says}`);
      });
    },
  };
}
