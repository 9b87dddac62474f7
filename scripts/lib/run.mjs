import { execFileSync, spawn } from "node:child_process";
import { basename } from "node:path";
import { inProject } from "./project.mjs";

/** Process groups that we started. Each is ended whole: a browser's driver must not outlive the runner that we end. */
const groups = new Set();
process.on("exit", () => groups.forEach(end));
for (const [signal, code] of /** @type {const} */ ([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]])) {
  process.once(signal, () => process.exit(process.exitCode ?? code));
}

function end(pid) {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It ended by itself in the meantime.
  }
}

/** A command that ended with another exit code than 0. `message` holds the line of its output that says most. */
export class Failed extends Error {
  constructor(command, output) {
    const lines = output.split("\n").map((line) => line.trim()).filter(Boolean);
    const telling = lines.filter((line) => /^(error|fatal|E:|npm error|Caused by)/i.test(line));
    super(`${basename(command)} failed: ${telling.at(-1) ?? lines.at(-1) ?? "it printed nothing"}`);
    this.output = output;
  }
}

/**
 * Starts a command that ends with us at the latest.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string | undefined, env?: Record<string, string | undefined> }} [options] `env` is added to ours
 */
export function start(command, args, { cwd, env } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  if (child.pid) groups.add(child.pid);
  child.once("close", () => groups.delete(child.pid));
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

/**
 * Runs a command to its end and gives all its output.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: "always" | "on failure" | "never" }} [options]
 *   `show`: whether our own reader sees the output
 * @returns {Promise<string>}
 */
export function run(command, args, { show = "never", ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, options);
    let output = "";
    for (const [from, to] of /** @type {const} */ ([[child.stdout, process.stdout], [child.stderr, process.stderr]])) {
      from.on("data", (text) => {
        output += text;
        if (show === "always") to.write(text);
      });
    }
    child.once("error", (error) => reject(new Failed(command, error.message)));
    child.once("close", (code) => {
      if (code === 0) return resolve(output);
      if (show === "on failure") process.stderr.write(output);
      reject(new Failed(command, output));
    });
  });
}

/** A program of the project's npm packages. */
export const npmProgram = (name) => inProject("node_modules/.bin", name);

/**
 * What a short command prints, or undefined when it is not there or fails.
 * @param {string} command
 * @param {string[]} args
 */
export function ask(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

