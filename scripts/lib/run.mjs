import { execFileSync, spawn } from "node:child_process";
import { basename } from "node:path";
import { inProject } from "./project.mjs";

/**
 * What we started and what still runs, each the leader of a process group. A group is ended whole: a browser's driver must not outlive
 * the runner that started it.
 * @type {Set<import("node:child_process").ChildProcess>}
 */
const running = new Set();
let isEnding = false;

const PATIENCE_MS = 5_000;

function signalAll(signal) {
  for (const { pid } of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** Ends all that runs, waits until it is gone, and exits. */
function end(code) {
  if (isEnding) return;
  isEnding = true;
  const exit = () => running.size === 0 && process.exit(process.exitCode ?? code);
  for (const child of running) child.once("close", exit);
  signalAll("SIGTERM");
  setTimeout(() => signalAll("SIGKILL"), PATIENCE_MS);
  exit();
}

process.on("exit", () => signalAll("SIGTERM"));
// Ctrl-C in a terminal comes twice: to all of its processes, and once more from npm. The second must not end us before what we started.
process.on("SIGINT", () => end(130));
process.on("SIGTERM", () => end(143));
process.on("SIGHUP", () => end(129));

/** A command that ended with another exit code than 0. `message` holds the line of its output that says most. */
export class Failed extends Error {
  constructor(command, output) {
    const lines = output.split("\n").map((line) => line.trim()).filter(Boolean);
    const telling = lines.find((line) => /^(error|fatal|E:|npm error)/i.test(line)) ?? lines.at(-1) ?? "it printed nothing";
    super(`${basename(command)} failed: ${telling.slice(0, 200)}`);
    this.output = output;
  }
}

/**
 * Starts a command that ends with us at the latest.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options] `env` is added to ours
 */
export function start(command, args, { cwd, env } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  if (child.pid) running.add(child);
  child.once("close", () => running.delete(child));
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
      if (isEnding) return; // We ended it ourselves: that is no failure to report.
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
