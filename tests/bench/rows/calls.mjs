import { check, interleaved, median, ratio } from "../rounds.mjs";

const ERAS = /** @type {const} */ ([["modern", "2026-07-28"], ["legacy", "2025-11-25"]]);
const VERSION = Object.fromEntries(ERAS);

/** The programs that run in a row: those that speak its era. */
export const speakers = (era, { others }) => ["raw", "mcp-tasks", ...others.filter((name) => era === "legacy" || name !== "sdk1")];

const ms = (sample) => sample.ms;
const times = (value) => `${value.toFixed(2)}×`;

/** The figures of the other programs, told alike. */
export const peers = (samples, value, tell = times) =>
  Object.fromEntries(["client2", "sdk1"].filter((name) => samples[name]).map((name) => [name, tell(ratio(samples[name], samples.raw, value))]));

const absolute = (samples) => `raw ${median(samples.raw.map(ms)).toFixed(1)} ms`;

/** Import, connect, the first result, with nothing in any cache. */
export async function coldStart(lab, scale) {
  const lines = [];
  for (const cpu of scale.cpus) {
    for (const [era, version] of ERAS) {
      const samples = await interleaved(speakers(era, scale), scale.coldRounds, (program) =>
        lab.page(
          async (tab) => {
            const { value, ...times } = await tab.row("coldStart", program, lab.url(era), era);
            check("cold start", value, "cold");
            return { ...times, requests: await lab.counts() };
          },
          { cpu },
        ),
      );
      const figure = ratio(samples["mcp-tasks"], samples.raw, ms);
      const after = (phase) => median(samples["mcp-tasks"].map((sample) => sample[phase])).toFixed(0);
      const requests = Object.entries(samples["mcp-tasks"][0].requests).map(([name, count]) => (count > 1 ? `${name} ×${count}` : name));
      lines.push({
        what: `cold start, ${version}${cpu > 1 ? `, CPU ${cpu}× slower` : ""}`,
        mark: "≤ 1.6× raw",
        figure: times(figure),
        met: figure <= 1.6,
        peers: peers(samples, ms),
        note: `${absolute(samples)}; imported after ${after("imported")} ms, connected after ${after("connected")}, done after ${after("ms")}; requests: ${requests.join(", ")}`,
      });
    }
  }
  return lines;
}

/** A page that is connected and warm. */
export async function warm(lab, program, era, manner, work, options) {
  return lab.page(async (tab) => {
    const version = await tab.row("connect", program, lab.url(era, manner), era, options);
    if (program === "mcp-tasks") check("protocol version", version, VERSION[era]);
    await lab.counts();
    return work(tab);
  });
}

export async function sequential(lab, scale) {
  const { rounds, calls } = scale;
  const lines = [];
  for (const [era, version] of ERAS) {
    const samples = await interleaved(speakers(era, scale), rounds, (program) =>
      warm(lab, program, era, {}, async (tab) => {
        const { ms: taken, value } = await tab.row("sequential", calls);
        check("letters", value, Array.from({ length: calls }, (_, nth) => String(nth)).join("").length);
        check("calls", (await lab.counts())["tools/call"], calls);
        return { ms: taken };
      }),
    );
    const figure = 1 / ratio(samples["mcp-tasks"], samples.raw, ms);
    lines.push({
      what: `sequential tools/call, ${version}`,
      mark: "≥ 0.97× raw",
      figure: times(figure),
      met: figure >= 0.97,
      peers: peers(samples, ms, (value) => times(1 / value)),
      note: `${absolute(samples)} for ${calls} calls`,
    });
  }
  return lines;
}

const RESULTS = [
  { bytes: 10_000_000, name: "10 MB", few: true },
  { bytes: 65_536, name: "64 KB" },
  { bytes: 4_096, name: "4 KB" },
];

/** One result of a size, as JSON and as an event stream, in the era without sessions. */
export async function results(lab, scale) {
  const { rounds, large, small } = scale;
  const lines = [];
  for (const { bytes, name, few } of RESULTS) {
    const repeats = few ? large : small;
    for (const [answer, shown, limit] of /** @type {const} */ ([["json", "JSON", 1.1], ["sse", "SSE", 1.15]])) {
      let items;
      const samples = await interleaved(speakers("modern", scale), rounds, (program) =>
        warm(lab, program, "modern", { answer }, async (tab) => {
          await tab.row("results", bytes, 1);
          const { ms: taken, value } = await tab.row("results", bytes, repeats);
          items ??= value;
          check("items", value, items);
          return { ms: taken };
        }),
      );
      const figure = ratio(samples["mcp-tasks"], samples.raw, ms);
      lines.push({
        what: `one result of ${name}, ${shown}`,
        mark: `≤ ${limit.toFixed(2)}× raw`,
        figure: times(figure),
        met: figure <= limit,
        peers: peers(samples, ms),
        note: `${absolute(samples)} for ${repeats}`,
      });
    }
  }
  return lines;
}
