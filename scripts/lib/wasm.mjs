/** A number as WebAssembly writes it (unsigned LEB128), and where the next byte is. */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}

function text(bytes, at) {
  const [length, from] = leb(bytes, at);
  return [bytes.toString("utf8", from, from + length), from + length];
}

const SECTIONS = ["custom", "types", "imports", "functions", "tables", "memory", "globals", "exports", "start", "elements", "code", "data", "data count", "tags"];
const CODE = SECTIONS.indexOf("code");
const IMPORTS = SECTIONS.indexOf("imports");

/**
 * The sections of a module, in order; `from` and `to` are those of what is in it.
 * @param {Buffer} bytes
 * @returns {{ id: number, name: string, from: number, to: number, size: number }[]} `size`: with its header
 */
export function sections(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const [size, inside] = leb(bytes, at + 1);
    const id = bytes[at];
    const [custom, from] = id === 0 ? text(bytes, inside) : [undefined, inside];
    found.push({ id, name: custom ?? SECTIONS[id] ?? `section ${id}`, from, to: inside + size, size: inside + size - at });
    at = inside + size;
  }
  return found;
}

/** How many functions a module imports: its own are counted from there. */
function importedFunctions(bytes, section) {
  if (!section) return 0;
  let functions = 0;
  let [count, at] = leb(bytes, section.from);
  const limits = (from) => {
    const [flags, minimum] = leb(bytes, from);
    const [, next] = leb(bytes, minimum);
    return flags & 1 ? leb(bytes, next)[1] : next;
  };
  for (; count > 0; count--) {
    [, at] = text(bytes, at);
    [, at] = text(bytes, at);
    const kind = bytes[at++];
    if (kind === 0) functions++;
    at = kind === 0 ? leb(bytes, at)[1] : kind === 1 ? limits(at + 1) : kind === 2 ? limits(at) : kind === 3 ? at + 2 : leb(bytes, at + 1)[1];
  }
  return functions;
}

/** Function names by index, from the name section. @returns {Map<number, string>} */
function names(bytes, section) {
  const found = new Map();
  for (let at = section?.from ?? 0; section && at < section.to; ) {
    const id = bytes[at];
    const [size, from] = leb(bytes, at + 1);
    if (id === 1) {
      let [count, next] = leb(bytes, from);
      for (; count > 0; count--) {
        const [index, named] = leb(bytes, next);
        const [name, after] = text(bytes, named);
        found.set(index, name);
        next = after;
      }
    }
    at = from + size;
  }
  return found;
}

/**
 * The functions of a module, each with its body, its index and, where the module still has it, its name.
 * @param {Buffer} bytes
 * @returns {{ index: number, name: string, size: number, body: Buffer }[]}
 */
export function functions(bytes) {
  const all = sections(bytes);
  const code = all.find(({ id }) => id === CODE);
  const named = names(bytes, all.find(({ id, name }) => id === 0 && name === "name"));
  const first = importedFunctions(bytes, all.find(({ id }) => id === IMPORTS));
  const found = [];
  let [count, at] = leb(bytes, code.from);
  for (let index = first; count > 0; count--, index++) {
    const [size, from] = leb(bytes, at);
    found.push({ index, name: named.get(index) ?? `function ${index}`, size: from + size - at, body: bytes.subarray(at, from + size) });
    at = from + size;
  }
  return found;
}

/** A number in unsigned LEB128. @param {number} value */
function toLeb(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/**
 * The module, whose functions have these names and no others.
 * @param {Buffer} bytes
 * @param {(readonly [index: number, name: string])[]} names
 */
export function withNames(bytes, names) {
  const sized = (contents) => Buffer.concat([Buffer.from(toLeb(contents.length)), contents]);
  const named = [...names].sort(([one], [other]) => one - other).map(([index, name]) => Buffer.concat([Buffer.from(toLeb(index)), sized(Buffer.from(name))]));
  const map = sized(Buffer.concat([Buffer.from(toLeb(names.length)), ...named]));
  const section = sized(Buffer.concat([sized(Buffer.from("name")), Buffer.from([1]), map]));
  const kept = sections(bytes).filter(({ id, name }) => !(id === 0 && name === "name")).map(({ to, size }) => bytes.subarray(to - size, to));
  return Buffer.concat([bytes.subarray(0, 8), ...kept, Buffer.from([0]), section]);
}

/** A module's code, byte by byte. @param {Buffer} bytes */
export function code(bytes) {
  const { from, to } = sections(bytes).find(({ id }) => id === CODE);
  return bytes.subarray(from, to);
}
