import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Starts a peer and waits for the line with its URL.
 *
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} `stop` ends the process, by its id
 */
export async function startPeer(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let complaints = "";
  child.stderr.on("data", (chunk) => (complaints = (complaints + chunk).slice(-4000)));

  const url = await new Promise((resolve, reject) => {
    child.once("error", reject);
    ended.then((code) => reject(new Error(`${args[0]} ended (${code}) before it was ready: ${complaints}`)));
    createInterface(child.stdout).once("line", resolve);
  });
  return {
    url,
    stop: async () => {
      // A server that ends in peace waits for its clients' streams, and for tasks that never end.
      child.kill("SIGKILL");
      await ended;
    },
  };
}
