import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pack.ts";

export const readme = readFileSync(join(root, "README.md"), "utf8");

/** The README's code blocks, in order. */
export const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({ language, text }));

/** The block whose first line is a comment that names this file: what the README shows is what the tests run. */
export function block(file: string): string {
  const found = blocks.find(({ text }) => text.split("\n", 1)[0]?.split(" ").includes(file));
  if (found === undefined) throw new Error(`the README has no block for ${file}`);
  return found.text;
}

/** The arguments of every command that the README shows for this program, in order. */
export function commands(program: string): string[][] {
  const start = `npx ${program} `;
  const shown = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => text.split("\n"));
  return shown.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length).split(" "));
}

/** The rows of the table whose first heading is `first`; a cell in code marks loses them. */
export function table(first: string): string[][] {
  const lines = readme.slice(readme.indexOf(`\n| ${first} |`) + 1).split("\n");
  const rows = lines.slice(2, lines.findIndex((line) => !line.startsWith("|")));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")));
}
