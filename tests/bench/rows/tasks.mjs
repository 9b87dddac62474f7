import { check, interleaved, median, ratio } from "../rounds.mjs";
import { peers, speakers, warm } from "./calls.mjs";

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const thousands = (value) => Math.round(value).toLocaleString("en");
const told = (counts) => Object.entries(counts).map(([name, count]) => `${name} ${count.toLocaleString("en")}`).join(", ");

/** Many tasks at once, to their results, where the server pushes and where it does not. */
export async function tasks(lab, scale) {
  const { taskRounds, tasks: count, life, interval } = scale;
  const lines = [];
  for (const push of [1, 0]) {
    for (const [era, version] of [["modern", "2026-07-28"], ["legacy", "2025-11-25"]]) {
      const samples = await interleaved(speakers(era, scale), taskRounds, (program) =>
        warm(lab, program, era, { push, interval }, async (tab) => {
          const { value, busy } = await tab.busy(() => tab.row("tasks", count, life));
          check("results", value.value, count);
          const counts = await lab.counts();
          check("created", counts["tools/call"], count);
          return { ms: value.ms, busy, requests: sum(counts), preflights: counts.OPTIONS ?? 0, counts };
        }),
      );
      const ours = samples["mcp-tasks"];
      const requests = median(ours.map((sample) => sample.requests));
      const rawRequests = median(samples.raw.map((sample) => sample.requests));
      const preflights = median(ours.map((sample) => sample.preflights / sample.requests));
      const wall = ratio(ours, samples.raw, ({ ms }) => ms);
      const busy = ratio(ours, samples.raw, (sample) => sample.busy);
      const what = `${thousands(count)} tasks of ${life / 1_000} s, ${push ? "pushed" : "not pushed"}, ${version}`;
      const note = `${told(ours.at(-1).counts)}; raw polls every ${interval} ms: ${thousands(rawRequests)} requests`;
      const others = (value, tell) => peers(samples, value, tell);
      const requestsOfPeers = Object.fromEntries(
        ["client2", "sdk1"].filter((name) => samples[name]).map((name) => [name, thousands(median(samples[name].map((sample) => sample.requests)))]),
      );
      const most = push ? count * 1.2 : rawRequests;
      lines.push(
        { what: `${what}: requests`, mark: push ? `≤ ${thousands(most)}` : `≤ ${thousands(most)}, as raw`, figure: thousands(requests), met: requests <= most, peers: requestsOfPeers, note },
        push
          ? { what: `${what}: wall`, mark: "≤ 1.00× raw", figure: `${wall.toFixed(2)}×`, met: wall <= 1, peers: others(({ ms }) => ms) }
          : { what: `${what}: main thread`, mark: "≤ 1.10× raw", figure: `${busy.toFixed(2)}×`, met: busy <= 1.1, peers: others((sample) => sample.busy) },
      );
      if (push) lines.push({ what: `${what}: main thread`, mark: "", figure: `${busy.toFixed(2)}×`, met: undefined, peers: others((sample) => sample.busy) });
      else lines.push({ what: `${what}: preflights`, mark: "≤ 1 %", figure: `${(preflights * 100).toFixed(2)} %`, met: preflights <= 0.01, peers: {} });
    }
  }
  return lines;
}

/** Many tasks that live on: what each of them costs while nothing much happens. */
export async function live(lab, { live: count, watched }) {
  const lines = [];
  for (const [era, version] of [["modern", "2026-07-28"], ["legacy", "2025-11-25"]]) {
    const found = await warm(lab, "mcp-tasks", era, { interval: 60_000 }, async (tab) => {
      // Three quarters of the memory is grown in steps: what a few tasks need is there.
      check("live", await tab.row("live", Math.ceil(count / 100), 3_600_000), Math.ceil(count / 100));
      const before = { heap: await tab.heap(), wasm: await tab.row("wasmBytes") };
      check("live", await tab.row("live", count, 3_600_000), count + Math.ceil(count / 100));
      await tab.row("watchLongTasks", watched);
      const longTasks = await tab.row("watchLongTasks", watched);
      const timers = await tab.row("timers");
      const after = { heap: await tab.heap(), wasm: await tab.row("wasmBytes") };
      return { bytes: (after.heap - before.heap + after.wasm - before.wasm) / count, heap: (after.heap - before.heap) / count, timers, longTasks };
    });
    const what = `${thousands(count)} live tasks, ${version}`;
    lines.push(
      { what: `${what}: bytes each`, mark: "≤ 2,048", figure: thousands(found.bytes), met: found.bytes <= 2_048, peers: {}, note: `${thousands(found.heap)} of them in the JavaScript heap` },
      { what: `${what}: timers armed`, mark: "1", figure: String(found.timers), met: found.timers <= 1, peers: {} },
      { what: `${what}: long tasks in ${watched / 1_000} s`, mark: "none over 50 ms", figure: String(found.longTasks.length), met: found.longTasks.length === 0, peers: {}, note: found.longTasks.map((ms) => `${ms} ms`).join(", ") },
    );
  }
  return lines;
}

/** How late a result is after the end of the server's work. */
export async function latency(lab, { latencyRounds, lives }) {
  const lines = [];
  for (const push of [1, 0]) {
    for (const [era, version] of [["modern", "2026-07-28"], ["legacy", "2025-11-25"]]) {
      const samples = [];
      for (let round = 0; round < latencyRounds; round++) {
        samples.push(...(await warm(lab, "mcp-tasks", era, push ? {} : { push: 0 }, (tab) => tab.row("latency", lives))));
      }
      check("samples", samples.length, latencyRounds * lives.length);
      const late = median(samples.map((sample) => sample.late));
      const beyond = median(samples.map((sample) => sample.late - sample.roundTrip));
      const share = median(samples.map((sample) => sample.late / Math.max(20, sample.age / 4)));
      const what = `end of the work → result(), ${push ? "pushed" : "polled, no interval given"}, ${version}`;
      const roundTrip = median(samples.map((sample) => sample.roundTrip));
      const ages = lives.filter((age, at) => lives.indexOf(age) === at).map((age) => `${age} ms: ${median(samples.filter((sample) => sample.age === age).map((sample) => sample.late)).toFixed(0)}`);
      lines.push(
        push
          ? { what, mark: "≤ 1 round trip + 5 ms", figure: `1 round trip ${beyond < 0 ? "−" : "+"} ${Math.abs(beyond).toFixed(1)} ms`, met: beyond <= 5, peers: {}, note: `${late.toFixed(1)} ms; a round trip is ${roundTrip.toFixed(1)} ms` }
          : { what, mark: "≤ 25 % of the age, floor 20 ms", figure: `${(share * 100).toFixed(0)} % of that`, met: share <= 1, peers: {}, note: `ms late by age: ${ages.join(", ")}` },
      );
    }
  }
  return lines;
}
