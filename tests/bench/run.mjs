import { Lab } from "./lab.mjs";
import { coldStart, results, sequential } from "./rows/calls.mjs";
import { events } from "./rows/events.mjs";
import { importOnly, size } from "./rows/size.mjs";
import { latency, live, tasks } from "./rows/tasks.mjs";

/**
 * @typedef {object} Line what a row of the table says
 * @property {string} what @property {string} mark @property {string} figure
 * @property {boolean | undefined} met whether the mark is met; undefined where there is none
 * @property {number} [limit] what fails CI beyond it, whatever the mark is
 * @property {Record<string, string>} peers the same of other programs
 * @property {string} [note]
 */

/** In the order of the table. @type {Record<string, (lab: Lab, scale: any) => Promise<Line[]>>} */
export const ROWS = { size, importOnly, coldStart, sequential, results, events, tasks, live, latency };

/** So often, and so much. Times in milliseconds. */
const FULL = {
  coldRounds: 15,
  rounds: 9,
  calls: 200,
  large: 3,
  small: 100,
  messages: 20_000,
  taskRounds: 5,
  tasks: 1_000,
  life: 2_000,
  interval: 1_000,
  live: 9_900,
  watched: 10_000,
  latencyRounds: 3,
  lives: [100, 300, 1_000, 3_000, 200, 500, 2_000],
  /** Which other programs a row runs. */
  others: ["client2", "sdk1"],
  cpus: [1, 4],
};

/** Everything once, to see that it works. */
const QUICK = {
  ...FULL,
  coldRounds: 1,
  rounds: 1,
  calls: 10,
  large: 1,
  small: 3,
  messages: 500,
  taskRounds: 1,
  tasks: 10,
  life: 300,
  interval: 100,
  live: 50,
  watched: 200,
  latencyRounds: 1,
  lives: [100, 200],
  cpus: [1],
};

/** Rows that need not show twice that the other programs work. */
const ALONE = { ...QUICK, others: [] };
const OWN = ["results", "sequential"];

/** A row once, small. @param {Lab} lab @param {string} name */
export const smoke = (lab, name) => ROWS[name](lab, OWN.includes(name) ? ALONE : QUICK);

/**
 * Runs the rows, one after the other.
 * @param {{ quick?: boolean, rounds?: number, names?: string[], onRow?: (name: string, lines: Line[]) => void }} options `rounds`: so many at most
 */
export async function measure({ quick = false, rounds = Infinity, names = [], onRow = () => {} }) {
  const unknown = names.find((name) => !(name in ROWS));
  if (unknown) throw new Error(`there is no row "${unknown}"; there are ${Object.keys(ROWS).join(", ")}`);
  const scale = { ...FULL };
  for (const kind of /** @type {const} */ (["coldRounds", "rounds", "taskRounds", "latencyRounds"])) scale[kind] = Math.min(scale[kind], rounds);
  const lab = await Lab.open();
  /** @type {Line[]} */
  const lines = [];
  try {
    for (const name of Object.keys(ROWS).filter((name) => names.length === 0 || names.includes(name))) {
      const found = await (quick ? smoke(lab, name) : ROWS[name](lab, scale));
      onRow(name, found);
      lines.push(...found);
    }
    return { lines, browser: lab.version, scale };
  } finally {
    await lab.close();
  }
}
