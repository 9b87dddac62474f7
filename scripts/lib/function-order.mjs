import { functions, withNames } from "./wasm.mjs";

/** So many bytes in a row are what functions are compared by: an instruction or two. */
const GRAM = 4;

/**
 * The module with its functions in another order: each after the one that it resembles most. Brotli says where it has seen something before,
 * in fewer bits when that was not long ago (4 % of the module). Names that are kept have the function's place before them.
 * @param {Buffer} wasm
 * @param {(named: Uint8Array) => Promise<Uint8Array>} sortByName gives a module with its functions in the order of their names
 */
export async function functionsInOrder(wasm, sortByName) {
  const all = functions(wasm);
  const order = chain(all.map(({ body }) => grams(body)));
  const places = order.map((at, place) => /** @type {const} */ ([all[at].index, `${String(place).padStart(6, "0")} ${all[at].name}`]));
  return sortByName(withNames(wasm, places));
}

/** Every run of bytes that there is in a function, as a number. @param {Uint8Array} body */
function grams(body) {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return new Set(Array.from({ length: Math.max(0, body.length - GRAM + 1) }, (_, at) => view.getUint32(at)));
}

/** From the first on, always to the nearest that is left. @param {Set<number>[]} functions */
function chain(functions) {
  const left = new Set(functions.keys());
  const order = [];
  for (let last = 0; left.size > 0; ) {
    left.delete(last);
    order.push(last);
    let most = -1;
    const from = functions[last];
    for (const each of left) {
      const likeness = similarity(from, functions[each]);
      if (likeness > most) [most, last] = [likeness, each];
    }
  }
  return order;
}

/** What both have, of all that either has. @param {Set<number>} one @param {Set<number>} other */
function similarity(one, other) {
  const [few, many] = one.size < other.size ? [one, other] : [other, one];
  let common = 0;
  for (const gram of few) if (many.has(gram)) common += 1;
  return common / (one.size + other.size - common + 1);
}
