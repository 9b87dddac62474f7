/** Something that the machine lacks and the project cannot install. It ends the command in one line. */
export class Missing extends Error {
  /**
   * @param {string} piece what is missing
   * @param {string} remedy the command that gets it
   * @param {string} [reason] why it could not be installed from here
   */
  constructor(piece, remedy, reason) {
    super(`${piece} is missing${reason ? ` (${reason})` : ""}; get it with: ${remedy}`);
  }
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Says what a long step does, and afterwards how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const began = performance.now();
  console.log(`• ${what} …`);
  const value = await work();
  console.log(`  ${what} took ${seconds(began)}`);
  return value;
}

/**
 * Runs a whole command. An error is one line on stderr and exit code 1: whoever reads it wants the remedy, not our stack.
 * @param {() => Promise<void>} command
 */
export async function main(command) {
  try {
    await command();
  } catch (error) {
    console.error(`✗ ${error.message}`);
    process.exit(1);
  }
}
