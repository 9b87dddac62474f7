import { el } from "./dom.js";
import { pretty, shorten } from "./json.js";
import { problem } from "./problem.js";

/**
 * What came of a run in one line, for its row.
 *
 * @param {import("./run.js").Run} run
 * @returns {string}
 */
export function summary({ outcome, call }) {
  if (outcome.error) return shorten(`${outcome.error.code ? `${outcome.error.code}: ` : ""}${outcome.error.message}`, 200);
  const [first] = readable(call.item.kind, outcome.result);
  return first ? shorten(first.text.replace(/\s+/g, " ").trim(), 200) : "An empty result";
}

/**
 * What came of a run, whole.
 *
 * @param {import("./run.js").Run} run
 * @returns {HTMLElement}
 */
export function outcomeView({ outcome, call, task, told }) {
  return el(
    "div",
    { className: "outcome" },
    outcome?.error && problem(outcome.error),
    ...(outcome && !outcome.error ? readable(call.item.kind, outcome.result) : []).map(part),
    fact("Arguments", pretty(call.args)),
    task && fact("Task", pretty({ taskId: task.taskId, returnedImmediately: task.returnedImmediately, ...told })),
  );
}

function part({ label, text }) {
  return el("section", {}, el("h4", {}, label), el("pre", { tabIndex: 0 }, text));
}

function fact(label, text) {
  return el("details", {}, el("summary", {}, label), el("pre", { tabIndex: 0 }, text));
}

/** A result of an unknown shape is still a result. */
function readable(kind, result) {
  try {
    return partsOf(kind, result);
  } catch {
    return [{ label: "Result", text: pretty(result) }];
  }
}

/** The pieces of a result that a person reads: texts as they are, everything else as JSON. */
function partsOf(kind, result) {
  switch (kind) {
    case "tool": {
      const parts = result.content.map((block) => ({ label: block.type, text: textOf(block) }));
      if (result.structuredContent !== undefined) parts.unshift({ label: "Structured content", text: pretty(result.structuredContent) });
      return parts;
    }
    case "prompt":
      return result.messages.map(({ role, content }) => ({ label: role, text: textOf(content) }));
    default:
      return result.map((contents) => ({ label: contents.mimeType ?? contents.uri, text: textOf(contents) }));
  }
}

function textOf(block) {
  return typeof block.text === "string" ? block.text : pretty(block);
}
