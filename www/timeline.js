import { el } from "./dom.js";
import { statusLabel, statusSign, statuses } from "./status.js";
import { span } from "./time.js";

/** The shortest stretch of time that fills the width, so that the first moments do not race. */
const SHORTEST = 10_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600].map((seconds) => seconds * 1_000);
const LANES = 12;

/**
 * When each run was working, waiting or done: a lane for everything that still runs and for what ended last, on one axis.
 *
 * @param {HTMLElement} place
 */
export function timeline(place) {
  const axis = el("div", { className: "axis", "aria-hidden": "true" });
  const lanes = el("ul", { className: "lanes", "aria-label": "Timeline" });
  const legend = el("p", { className: "legend", "aria-hidden": "true" }, ...statuses.map((status) => el("span", {}, el("i", { "data-status": status }), statusLabel(status))));
  const chart = el("div", { className: "chart", hidden: true }, axis, lanes, legend);
  place.append(chart);

  return {
    /** @param {import("./run.js").Run[]} runs newest last */
    draw(runs, now = Date.now()) {
      chart.hidden = runs.length === 0;
      if (chart.hidden) return;
      const shown = choose(runs);
      const start = shown[0].startedAt;
      const end = Math.max(start + SHORTEST, ...shown.map((run) => run.endedAt ?? now));
      const scale = (at) => `${((at - start) / (end - start)) * 100}%`;
      axis.replaceChildren(...ticks(end - start).map((at) => placed(el("span", {}, span(at).replace(".0", "")), scale(start + at))));
      lanes.replaceChildren(...shown.map((run) => lane(run, scale, now)));
    },
  };
}

function choose(runs) {
  const room = LANES - runs.filter((run) => run.live).length;
  const ended = runs.filter((run) => !run.live);
  const shown = new Set(room > 0 ? ended.slice(-room) : []);
  return runs.filter((run) => run.live || shown.has(run));
}

function lane(run, scale, now) {
  const bars = stretches(run, now).map(({ status, from, to }) => {
    const bar = placed(el("span", { className: "bar", "data-status": status }), scale(from));
    bar.style.width = `calc(${scale(to)} - ${scale(from)})`;
    return bar;
  });
  if (!run.live) bars.push(placed(el("span", { className: "end", "data-status": run.status }, statusSign(run.status)), scale(run.endedAt)));
  const spoken = stretches(run, now).map(({ status, from, to }) => `${statusLabel(status)} for ${span(to - from)}`);
  return el(
    "li",
    {},
    el("span", { className: "lane-name" }, `#${run.number} `, el("span", { className: "identifier" }, run.call.item.title)),
    el("span", { className: "track", "aria-hidden": "true" }, ...bars),
    el("span", { className: "visually-hidden" }, [...spoken, run.live ? undefined : statusLabel(run.status)].filter(Boolean).join(", ")),
  );
}

/** The time that a run spent in each status. A final one lasts for ever: it is a sign at its moment, not a stretch. */
function stretches({ steps, live }, now) {
  const all = steps.map(({ at, status }, index) => ({ status, from: at, to: steps[index + 1]?.at ?? now }));
  return live ? all : all.slice(0, -1);
}

function ticks(length) {
  const step = STEPS.find((candidate) => length / candidate <= 6) ?? STEPS.at(-1);
  // One at the very end would have no room for its words.
  return Array.from({ length: Math.ceil((length * 0.95) / step) }, (_, index) => index * step);
}

function placed(element, left) {
  element.style.left = left;
  return element;
}
