import { callForm } from "./call-form.js";
import { catalog } from "./catalog.js";
import { connection } from "./connection.js";
import { el } from "./dom.js";
import { openQuestions } from "./questions.js";
import { Run } from "./run.js";
import { taskTable } from "./task-table.js";
import { timeline } from "./timeline.js";
import { watchForm } from "./watch-form.js";
import { wireLog } from "./wire-log.js";

const FRAME = 200;
const byId = (id) => document.getElementById(id);

/** @type {Run[]} oldest first */
let runs = [];
let ticking;
const table = taskTable(byId("tasks"));
const lanes = timeline(byId("timeline"));
const log = wireLog(byId("wire"), byId("wire-count"));
const questions = openQuestions();
const unconnected = byId("catalog").firstElementChild;

const server = connection({ connected, disconnected, asked, debug: log.push });
byId("clear-tasks").addEventListener("click", removeFinished);
// A form that is sent before this program has hold of it would load the page anew.
void suggestServer().finally(() => (byId("connect").disabled = false));

async function connected(client) {
  goOn(client);
  const asking = el("p", { className: "empty" }, "Asking what it offers");
  byId("catalog").replaceChildren(asking);
  byId("watch").replaceChildren(watchForm((call) => start(client, call)));
  const offered = await catalog(client);
  // Disconnected in the meantime.
  if (!asking.isConnected) return;
  byId("catalog").replaceChildren(offered.element);
  offered.choose((item) => byId("call-form").replaceChildren(callForm(item, (call) => start(client, call))));
}

function disconnected() {
  byId("catalog").replaceChildren(unconnected);
  byId("call-form").replaceChildren();
  byId("watch").replaceChildren();
}

/** A server has a question, for a task or for a call that has not become one. */
function asked(topic, params, { taskId, signal }) {
  const run = runs.find(({ task }) => task && task.taskId === taskId);
  const from = run ? { asker: `${run.call.item.title} ${run.number}`, place: table.questionsOf(run) } : { asker: "a plain call", place: byId("questions") };
  return questions.ask(topic, params, { signal, ...from });
}

/** What an earlier page, or connection, left unfinished. */
function goOn(client) {
  for (const { taskId, kind, name } of client.tasks.values()) {
    const before = runs.find(({ task }) => task?.taskId === taskId);
    if (before) remove(before);
    start(client, { item: { kind, name, title: before?.call.item.title ?? name }, args: {}, task: true, taskId });
  }
}

function start(client, call) {
  const run = new Run(client, call);
  runs.push(run);
  run.addEventListener("change", refresh);
  table.add(run);
  refresh();
}

function removeFinished() {
  runs.filter((run) => !run.live).forEach(remove);
  refresh();
}

function remove(run) {
  table.remove(run);
  runs = runs.filter((each) => each !== run);
}

function refresh() {
  byId("clear-tasks").disabled = runs.every((run) => run.live);
  lanes.draw(runs);
  ticking ??= setTimeout(tick, FRAME);
}

/** The clocks run while something does. */
function tick() {
  ticking = undefined;
  table.tick();
  lanes.draw(runs);
  if (runs.some((run) => run.live)) ticking = setTimeout(tick, FRAME);
}

/** The addresses of the servers that whoever serves this page has started beside it. */
async function suggestServer() {
  const response = await fetch("config.json");
  if (response.ok) server.suggest(await response.json());
}
