import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem, type } from "node:os";
import { inProject } from "../../scripts/lib/project.mjs";

/** Where the table stands in the README. */
export const MARKERS = ["<!-- bench: written by npm run bench -->", "<!-- /bench -->"];

const verdict = ({ met }) => (met === undefined ? "" : met ? "✓" : "✗");

/** @param {import("./run.mjs").Line[]} lines */
export function print(lines) {
  for (const line of lines) {
    const others = Object.entries(line.peers).map(([name, figure]) => `${name} ${figure}`);
    console.log(`${verdict(line).padEnd(2)}${line.what}: ${line.figure}${line.mark && ` (${line.mark})`}${others.length ? `; ${others.join(", ")}` : ""}`);
    if (line.note) console.log(`    ${line.note}`);
  }
}

/** @param {string[][]} rows */
const table = (rows) => rows.map((row) => `| ${row.join(" | ")} |`).join("\n");

const own = async (path) => JSON.parse(await readFile(inProject(path), "utf8"));

/**
 * Writes BENCHMARKS.md, and the README's table.
 * @param {{ lines: import("./run.mjs").Line[], browser: string, scale: Record<string, any> }} measured `browser`: its version
 */
export async function write({ lines, browser, scale }) {
  const { version, devDependencies } = await own("package.json");
  const pinned = (name) => `${name} ${devDependencies[name]}`;
  const date = new Date().toISOString().slice(0, 10);
  const head = ["", "mark", "mcp-tasks", "", "official client v2 + ext-tasks", "official SDK v1"];
  const rows = lines.map((line) => [line.what, line.mark, line.figure, verdict(line), line.peers.client2 ?? "–", line.peers.sdk1 ?? "–"]);
  const body = table([head, head.map(() => "---"), ...rows]);
  const notes = lines.filter(({ note }) => note).map(({ what, note }) => `- ${what}: ${note}`);
  await writeFile(
    inProject("BENCHMARKS.md"),
    `# Benchmarks

Written by \`npm run bench\` on ${date}: mcp-tasks ${version} against ${pinned("@modelcontextprotocol/client")} with ${pinned("@modelcontextprotocol/ext-tasks")},
${pinned("@modelcontextprotocol/sdk")}, ${pinned("eventsource-parser")} and \`fetch\` by hand ("raw").
Chromium ${browser}, headless, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}; the load average at the end was ${loadavg()[1].toFixed(1)}.

The server is a fast scripted one of both eras, on another origin than the page, on the same machine. Programs run in turns, forwards and backwards; a figure with "×" is the
median of the ratios within each round, raw = 1: ${scale.coldRounds} rounds of cold starts, ${scale.taskRounds} of many tasks, ${scale.rounds} of the rest. Requests are counted by the
server, preflights included; "main thread" is the time for which the page's thread has run.

${body}

${notes.join("\n")}
`,
  );
  const readme = await readFile(inProject("README.md"), "utf8");
  const [begin, end] = MARKERS;
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no place for the table: ${MARKERS.join(" … ")}`);
  const shown = lines.filter(({ mark }) => mark);
  const short = table([head, head.map(() => "---"), ...shown.map((line) => [line.what, line.mark, line.figure, verdict(line), line.peers.client2 ?? "–", line.peers.sdk1 ?? "–"])]);
  await writeFile(inProject("README.md"), `${readme.slice(0, from)}${begin}\n\n${short}\n\n${readme.slice(to)}`);
}
