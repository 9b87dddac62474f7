import { check, interleaved, median, ratio } from "../rounds.mjs";
import { warm } from "./calls.mjs";

const BYTES = 200;

/** One stream of small messages, to whoever listens to them, against a parser and `JSON.parse` alone. */
export async function events(lab, { rounds, messages }) {
  let letters;
  const samples = await interleaved(["parser", "mcp-tasks"], rounds, async (program) => {
    const measure = async (tab) => {
      const read = () =>
        program === "parser" ? tab.row("parsedEvents", "parser", lab.url("modern"), messages, BYTES) : tab.row("events", messages, BYTES);
      await read(); // the server has made them, and the code is warm
      const { value: { ms, value }, busy } = await tab.busy(read);
      letters ??= value;
      check("letters of all messages", value, letters);
      return { ms, busy };
    };
    return program === "parser" ? lab.page(measure) : warm(lab, program, "modern", {}, measure);
  });
  const figure = ratio(samples.parser, samples["mcp-tasks"], ({ busy }) => busy);
  const each = (program) => `${((median(samples[program].map(({ busy }) => busy)) / messages) * 1_000).toFixed(1)} µs`;
  return [
    {
      what: `SSE, ${BYTES}-byte events, to parsed messages`,
      mark: "≥ 1.5× eventsource-parser + JSON.parse",
      figure: `${figure.toFixed(2)}×`,
      met: figure >= 1.5,
      peers: {},
      note: `${messages.toLocaleString("en")} events, fetched, each ${each("mcp-tasks")} of the main thread, its listener and its drain included; eventsource-parser ${each("parser")}`,
    },
  ];
}
