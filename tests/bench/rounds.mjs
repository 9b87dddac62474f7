/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Measures programs in turns, forwards and backwards, so that what disturbs the machine meets all of them.
 * @template T
 * @param {string[]} programs
 * @param {number} rounds
 * @param {(program: string) => Promise<T>} measure
 * @returns {Promise<Record<string, T[]>>} what was measured, by program and round
 */
export async function interleaved(programs, rounds, measure) {
  /** @type {Record<string, T[]>} */
  const samples = Object.fromEntries(programs.map((program) => [program, []]));
  for (let round = 0; round < rounds; round++) {
    for (const program of round % 2 ? [...programs].reverse() : programs) samples[program].push(await measure(program));
  }
  return samples;
}

/**
 * The median of what one program took for each unit that another took in the same round.
 * @template T
 * @param {T[]} of @param {T[]} base @param {(sample: T) => number} value
 */
export const ratio = (of, base, value) => median(of.map((sample, round) => value(sample) / value(base[round])));

/** Work that was not done was not measured. */
export function check(what, found, wanted) {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)} where ${JSON.stringify(wanted)} was due`);
}
