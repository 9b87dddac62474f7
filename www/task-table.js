import { announce, el, freshId } from "./dom.js";
import { outcomeView, summary } from "./outcome.js";
import { statusBadge, statusLabel } from "./status.js";
import { span } from "./time.js";

/** Where the outcome says all, and the last message would only repeat it or be out of date. */
const DONE = new Set(["completed", "failed"]);

/**
 * The table of everything that was started, newest first.
 *
 * @param {HTMLElement} place
 */
export function taskTable(place) {
  const rows = new Map();
  const body = el("tbody", { role: "rowgroup" });
  const table = el(
    "table",
    { role: "table", "aria-labelledby": "tasks-title", hidden: true },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...["Call", "Status", "Time", "Actions"].map((name) => el("th", { role: "columnheader", scope: "col" }, name)))),
    body,
  );
  const empty = el("p", { className: "empty" }, "Nothing was started yet. Choose a tool, fill in its form and start it: every task gets a row here and a lane on the timeline.");
  place.append(empty, table);

  const refresh = () => {
    table.hidden = rows.size === 0;
    empty.hidden = rows.size > 0;
  };
  return {
    /** @param {import("./run.js").Run} run */
    add(run) {
      const row = taskRow(run);
      rows.set(run, row);
      body.prepend(...row.elements);
      refresh();
    },
    remove(run) {
      for (const element of rows.get(run).elements) element.remove();
      rows.delete(run);
      refresh();
    },
    /** Where what the task asks is shown. @param {import("./run.js").Run} run */
    questionsOf: (run) => rows.get(run).questions,
    /** Moves the clocks of what still runs. */
    tick() {
      for (const [run, row] of rows) if (run.live) row.tick();
    },
  };
}

function taskRow(run) {
  const { item, task } = run.call;
  const status = el("td", { role: "cell", className: "what" });
  const time = el("td", { role: "cell", className: "time" });
  const cancel = el("button", { type: "button", onclick: () => run.cancel(), "aria-label": `Cancel ${item.title} ${run.number}` }, "Cancel");
  const answer = el("button", { type: "button", onclick: () => run.askAgain(), "aria-label": `Answer ${item.title} ${run.number}` }, "Answer");
  const questions = el("div", { className: "questions" });
  const detail = el("td", { role: "cell", colSpan: 4 });
  const detailRow = el("tr", { role: "row", className: "detail", id: freshId(), hidden: true }, detail);
  const open = el("button", { type: "button", className: "quiet", "aria-expanded": "false", "aria-controls": detailRow.id, "aria-label": `Details of ${item.title} ${run.number}`, onclick: toggle }, "Details");
  const name = el(
    "th",
    { role: "rowheader", scope: "row", className: "who" },
    el("span", { className: "number" }, `#${run.number}`),
    el("span", { className: "identifier" }, item.title),
    el("span", { className: "hint" }, `${item.kind}, ${task ? "as a task" : "plainly"}`),
  );
  const row = el("tr", { role: "row" }, name, status, time, el("td", { role: "cell", className: "actions" }, answer, cancel, open));

  let seen = { status: run.status, outcome: undefined };
  function update() {
    const { outcome, message } = run;
    status.replaceChildren(
      ...[
        statusBadge(run.status),
        run.task?.returnedImmediately && el("span", { className: "tag" }, "answered at once"),
        message && !DONE.has(run.status) && el("span", { className: "message" }, message),
        outcome && run.status !== "cancelled" && el("span", { className: run.status === "failed" ? "came error" : "came" }, summary(run)),
      ].filter(Boolean),
    );
    const leaving = [!run.unanswered && answer, !run.live && cancel];
    if (leaving.includes(document.activeElement)) open.focus();
    answer.hidden = !run.unanswered;
    cancel.hidden = !run.live;
    // Not `disabled`, which would take the focus away.
    cancel.setAttribute("aria-disabled", String(run.cancelling));
    cancel.textContent = run.cancelling ? "Cancelling" : "Cancel";
    // Written anew only when it ended: whoever reads it keeps what they have opened.
    if (outcome !== seen.outcome) fill();
    if (run.status !== seen.status) announce(`${item.title} ${run.number}: ${statusLabel(run.status)}`);
    seen = { status: run.status, outcome };
    tick();
  }
  function tick() {
    time.textContent = span((run.endedAt ?? Date.now()) - run.startedAt);
  }
  function toggle() {
    detailRow.hidden = !detailRow.hidden;
    open.setAttribute("aria-expanded", String(!detailRow.hidden));
    fill();
  }
  function fill() {
    if (!detailRow.hidden) detail.replaceChildren(outcomeView(run));
  }
  run.addEventListener("change", update);
  update();
  const askingRow = el("tr", { role: "row", className: "detail asking" }, el("td", { role: "cell", colSpan: 4 }, questions));
  return { elements: [row, askingRow, detailRow], questions, tick };
}
