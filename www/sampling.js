import { blockView } from "./block.js";
import { el } from "./dom.js";
import { fieldView } from "./field.js";

/**
 * A question to a model, which the user answers here in its place.
 *
 * @param {import("mcp-tasks").CreateMessageParams} params
 * @returns {import("./question-form.js").Asked}
 */
export function sampling({ messages, systemPrompt }) {
  const text = fieldView({ kind: "text", name: "text", label: "What the model says", required: true, schema: { maxLength: 100_000 } });
  const model = fieldView({ kind: "text", name: "model", label: "Name of the model", required: true, preset: "a person", schema: {} });
  return {
    says: "What does the model say to this?",
    body: [
      el(
        "dl",
        { className: "conversation" },
        systemPrompt && turn("system", [{ type: "text", text: systemPrompt }]),
        ...[messages ?? []].flat().map(({ role, content }) => turn(role, [content].flat())),
      ),
      text.element,
      model.element,
    ],
    accept: "Answer",
    read: () => ({ role: "assistant", model: model.read(), content: { type: "text", text: text.read() }, stopReason: "endTurn" }),
    refusals: { Decline: undefined },
  };
}

function turn(role, blocks) {
  return el("div", {}, el("dt", {}, String(role)), el("dd", {}, ...blocks.map(blockView)));
}
