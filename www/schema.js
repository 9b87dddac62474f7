/**
 * What a form needs to know of one property of a JSON Schema.
 *
 * @typedef {object} Field
 * @property {"text" | "number" | "boolean" | "choice" | "choices" | "list" | "json"} kind
 * @property {string} name
 * @property {string} label
 * @property {string} [description]
 * @property {boolean} required
 * @property {any} [preset] the schema's default
 * @property {{ value: unknown, label: string }[]} [options] of a choice
 * @property {Field} [item] of a list
 * @property {Record<string, any>} schema with references and nullable wrappers taken off
 */

/**
 * The fields of an object schema, in its order.
 *
 * @param {Record<string, any>} [schema]
 * @returns {Field[]}
 */
export function fieldsOf(schema) {
  const root = schema ?? {};
  const required = new Set(root.required ?? []);
  return Object.entries(root.properties ?? {}).map(([name, property]) => describe(name, property, required.has(name), root));
}

function describe(name, given, required, root) {
  const schema = unwrap(given, root);
  const { title = name, description, default: preset } = { ...schema, ...(isObject(given) ? given : {}) };
  // A default of null says no more than none.
  return { name, label: title, description, required, preset: preset ?? undefined, schema, ...kindOf(schema, root) };
}

function kindOf(schema, root) {
  const options = optionsOf(schema);
  if (options) return { kind: "choice", options };
  switch (schema.type) {
    case "string":
      return { kind: "text" };
    case "number":
    case "integer":
      return { kind: "number" };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return arrayOf(schema, root);
    default:
      return { kind: "json" };
  }
}

function arrayOf(schema, root) {
  const item = describe("item", schema.items ?? {}, true, root);
  if (item.kind === "choice") return { kind: "choices", options: item.options };
  return item.kind === "text" || item.kind === "number" ? { kind: "list", item } : { kind: "json" };
}

/** `enum`, with or without `enumNames`, and its titled form: a list of constants. */
function optionsOf({ enum: values, enumNames, oneOf, anyOf }) {
  if (values) return values.map((value, index) => ({ value, label: enumNames?.[index] ?? String(value) }));
  const constants = oneOf ?? anyOf;
  if (!constants?.every((option) => isObject(option) && "const" in option)) return undefined;
  return constants.map((option) => ({ value: option.const, label: option.title ?? String(option.const) }));
}

/** Follows references inside the document, and takes the null out of a type that may be null. */
function unwrap(schema, root, depth = 0) {
  // A schema that refers to itself ends as JSON.
  if (!isObject(schema) || depth > 16) return {};
  if (typeof schema.$ref === "string") return unwrap(lookUp(schema.$ref, root), root, depth + 1);
  if (Array.isArray(schema.type)) return { ...schema, type: single(schema.type.filter((type) => type !== "null")) };
  if (schema.allOf?.length === 1) return unwrap({ ...schema.allOf[0] }, root, depth + 1);
  const union = schema.anyOf ?? schema.oneOf;
  const rest = union?.filter((option) => option?.type !== "null");
  return rest?.length === 1 && rest.length < union.length ? unwrap(rest[0], root, depth + 1) : schema;
}

function lookUp(reference, root) {
  if (!reference.startsWith("#/")) return undefined;
  const path = reference.slice(2).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return path.reduce((node, part) => (isObject(node) && Object.hasOwn(node, part) ? node[part] : undefined), root);
}

function single(types) {
  return types.length === 1 ? types[0] : undefined;
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
