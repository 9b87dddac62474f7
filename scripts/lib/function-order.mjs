/** So many bytes in a row are what functions are compared by: an instruction or two. */
const GRAM = 4;

/**
 * The module with its functions in another order: each after the one that it resembles most. Brotli says where it has seen something before,
 * in fewer bits when that was not long ago (4 % of the module).
 * @param {Uint8Array} wasm without names
 * @param {(named: Uint8Array) => Promise<Uint8Array>} sortByName gives a module with its functions in the order of their names
 */
export async function functionsInOrder(wasm, sortByName) {
  const { imported, bodies } = functionsOf(wasm);
  const place = new Map(chain(bodies.map(grams)).map((body, nth) => [body, nth]));
  const names = bodies.map((_, body) => /** @type {const} */ ([imported + body, String(place.get(body)).padStart(6, "0")]));
  return sortByName(Buffer.concat([wasm, nameSection(names)]));
}

/** How many functions a module imports, and the code of its own. @param {Uint8Array} wasm */
function functionsOf(wasm) {
  const module = new Reader(wasm);
  let imported = 0;
  module.skip(8);
  while (module.left > 0) {
    const id = module.byte();
    const section = module.take();
    if (id === 2) section.times(() => (imported += Number(section.isFunctionImport())));
    if (id === 10) return { imported, bodies: section.times(() => section.take().bytes) };
  }
  throw new Error("a module without code");
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

/** The custom section that names functions. @param {(readonly [number, string])[]} names */
function nameSection(names) {
  const text = (value) => [...leb(value.length), ...Buffer.from(value)];
  const map = [...leb(names.length), ...names.flatMap(([index, name]) => [...leb(index), ...text(name)])];
  const contents = [...text("name"), 1, ...leb(map.length), ...map];
  return Uint8Array.from([0, ...leb(contents.length), ...contents]);
}

/** An unsigned number as WebAssembly writes it (LEB128). @param {number} value */
function leb(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** Reads the binary format ("Binary Format" of the WebAssembly specification). */
class Reader {
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  get left() {
    return this.bytes.length - this.#at;
  }

  byte() {
    if (this.left <= 0) throw new Error("the module is cut off");
    return this.bytes[this.#at++];
  }

  skip(length) {
    this.#at += length;
  }

  number() {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** What comes with its length ahead. */
  take() {
    const length = this.number();
    this.skip(length);
    return new Reader(this.bytes.subarray(this.#at - length, this.#at));
  }

  /** A vector. @template T @param {() => T} item @returns {T[]} */
  times(item) {
    return Array.from({ length: this.number() }, item);
  }

  /** Passes over an import. */
  isFunctionImport() {
    this.take();
    this.take();
    const kind = this.byte();
    if (kind === 0) this.number();
    else if (kind === 3) this.skip(2);
    else throw new Error("the module imports what wasm-bindgen's do not");
    return kind === 0;
  }
}
