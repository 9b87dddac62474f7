const LONGEST_STRING = 4_000;
const LONGEST_TEXT = 100_000;

/**
 * Any value as indented JSON to look at. Long strings, such as images, are shortened, errors show what they carry, and a
 * value that JSON cannot hold is named instead of throwing.
 */
export function pretty(value) {
  try {
    return shorten(JSON.stringify(value, readable, 2) ?? String(value), LONGEST_TEXT);
  } catch (error) {
    return `(cannot be shown: ${error.message})`;
  }
}

/** @param {string} text @param {number} longest */
export function shorten(text, longest) {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)} … (${(text.length - longest).toLocaleString("en")} more characters)`;
}

function readable(_key, value) {
  if (typeof value === "string") return shorten(value, LONGEST_STRING);
  if (typeof value === "bigint") return String(value);
  if (value instanceof Error) {
    const { name, code, message, data, cause } = value;
    return { name, code, message, data, cause };
  }
  return value;
}
