import { Missing } from "../lib/log.mjs";
import { ask, run } from "../lib/run.mjs";

/** Whether Debian packages can be installed here at all. */
export const isDebianRoot = () => process.getuid?.() === 0 && ask("apt-get", ["--version"]) !== undefined;

/** One apt-get at a time (it holds a lock), and the index is read anew once. */
let queue = Promise.resolve();
let updated = false;

/**
 * Installs Debian packages. The only thing that the set-up puts outside the project and the user's cache.
 * @param {string} piece what they are for
 * @param {string[]} packages
 */
export function installDebian(piece, packages) {
  const work = async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    try {
      if (!updated) await run("apt-get", ["update"], { env });
      updated = true;
      await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
    } catch (error) {
      throw new Missing(piece, `apt-get install ${packages.join(" ")}`, error.message);
    }
  };
  const turn = queue.then(work);
  queue = turn.catch(() => {});
  return turn;
}
