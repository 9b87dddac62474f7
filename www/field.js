import { el, freshId } from "./dom.js";
import { repeater } from "./repeater.js";

const UNSET = "";
const INPUT_TYPES = { email: "email", uri: "url", date: "date" };

/**
 * One labelled field of a form.
 *
 * @param {import("./schema.js").Field} field
 * @returns {{ name: string, element: HTMLElement, read(): unknown }} `read` gives `undefined` for what was left out
 */
export function fieldView(field) {
  const id = freshId();
  const view = VIEWS[field.kind](field);
  view.target.id = id;
  const hint = aboutText(field);
  if (hint) view.target.setAttribute("aria-describedby", `${id}-hint`);

  const caption = { "data-required": field.required ? "" : undefined };
  const rest = [view.element, hint && el("p", { id: `${id}-hint`, className: "hint" }, hint)];
  const element = view.isGroup
    ? el("fieldset", { className: "field" }, el("legend", caption, field.label), ...rest)
    : el("div", { className: "field" }, el("label", { ...caption, htmlFor: id }, field.label), ...rest);
  return { name: field.name, element, read: view.read };
}

const VIEWS = { text, number, boolean, choice, choices, list, json };

function text(field) {
  if (field.schema.format === "date-time") return moment(field);
  const input = textInput(field);
  return { target: input, element: input, read: () => input.value || undefined };
}

function textInput({ required, preset, schema: { maxLength = Infinity, minLength, pattern, format } }) {
  const props = { required, value: preset ?? "", minLength, maxLength: maxLength < 1e6 ? maxLength : undefined };
  if (maxLength !== Infinity && maxLength > 200 && !format && !pattern) return el("textarea", { rows: 3, ...props });
  return el("input", { type: INPUT_TYPES[format] ?? "text", pattern: usable(pattern), autocomplete: "off", ...props });
}

/** A moment is chosen on the user's clock, and told with its time zone. */
function moment({ required, preset }) {
  const input = el("input", { type: "datetime-local", step: 1, required, value: onLocalClock(new Date(preset ?? NaN)) });
  return { target: input, element: input, read: () => (input.value === "" ? undefined : new Date(input.value).toISOString()) };
}

function onLocalClock(date) {
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function number(field) {
  const input = numberInput(field);
  return { target: input, element: input, read: () => (input.value === "" ? undefined : input.valueAsNumber) };
}

function numberInput({ required, preset, schema: { type, minimum, maximum } }) {
  const step = type === "integer" ? 1 : "any";
  return el("input", { type: "number", inputMode: type === "integer" ? "numeric" : "decimal", step, min: minimum, max: maximum, required, value: preset ?? "" });
}

/** A box to tick where the answer is yes or no; where it may also be left out, a choice of the three. */
function boolean(field) {
  if (!field.required && field.preset === undefined) {
    return choice({ ...field, options: [true, false].map((value) => ({ value, label: value ? "Yes" : "No" })) });
  }
  const input = el("input", { type: "checkbox", checked: field.preset === true });
  return { target: input, element: el("span", { className: "tick" }, input), read: () => input.checked };
}

function choice({ required, preset, options }) {
  const rows = options.map(({ label }, index) => el("option", { value: String(index) }, label));
  const input = el("select", { required }, required && preset !== undefined ? null : el("option", { value: UNSET }, "Not set"), ...rows);
  input.value = preset === undefined ? UNSET : String(options.findIndex(({ value }) => value === preset));
  return { target: input, element: input, read: () => (input.value === UNSET ? undefined : options[Number(input.value)].value) };
}

function choices({ required, preset, options, schema }) {
  const ticked = [preset ?? []].flat();
  const boxes = options.map(({ value }) => el("input", { type: "checkbox", checked: ticked.includes(value) }));
  const group = el("div", { className: "ticks" }, ...boxes.map((box, index) => el("label", {}, box, options[index].label)));
  const read = () => options.filter((_, index) => boxes[index].checked).map(({ value }) => value);
  // A browser has no rule for how many boxes are ticked.
  const check = () => boxes[0]?.setCustomValidity(miscount(read().length, required, schema));
  group.addEventListener("change", check);
  check();
  return { isGroup: true, target: group, element: group, read: () => leaveOut(read(), required) };
}

function list({ name, required, preset, item, schema }) {
  const makeRow = (value) => {
    const field = { ...item, required: true, preset: value };
    const input = item.kind === "number" ? numberInput(field) : textInput(field);
    input.setAttribute("aria-label", name);
    return { cells: [input], read: () => (item.kind === "number" ? input.valueAsNumber : input.value) };
  };
  const least = required ? Math.max(1, schema.minItems ?? 0) : 0;
  const given = [preset ?? []].flat();
  const initial = given.length > 0 ? given : Array.from({ length: least });
  const rows = repeater({ addLabel: "Add an entry", makeRow, nameRow: (position) => `entry ${position} of ${name}`, initial });
  return { isGroup: true, target: rows.element, element: rows.element, read: () => leaveOut(rows.read(), required) };
}

function json({ required, preset }) {
  const input = el("textarea", { rows: 4, required, className: "code", spellcheck: false, placeholder: "JSON" });
  input.value = preset === undefined ? "" : JSON.stringify(preset, null, 2);
  input.addEventListener("input", () => input.setCustomValidity(complaint(input.value)));
  return { target: input, element: input, read: () => (input.value.trim() === "" ? undefined : JSON.parse(input.value)) };
}

function complaint(source) {
  try {
    if (source.trim() !== "") JSON.parse(source);
    return "";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}

function miscount(count, required, { minItems = 0, maxItems = Infinity }) {
  const isRight = (count === 0 && !required) || (count >= minItems && count <= maxItems);
  return isRight ? "" : `Choose ${rangeText(minItems, maxItems === Infinity ? undefined : maxItems)}.`;
}

/** An empty list says nothing unless it must be there. */
function leaveOut(values, required) {
  return values.length > 0 || required ? values : undefined;
}

/** A pattern of the schema, unless this browser cannot read it: the server will check it anyway. */
function usable(pattern) {
  try {
    return pattern && new RegExp(pattern, "v") ? `.*(?:${pattern}).*` : undefined;
  } catch {
    return undefined;
  }
}

function aboutText({ description, schema: { format, minimum, maximum, minItems, maxItems } }) {
  const clock = format === "date-time" ? "in your time zone" : undefined;
  const range = rangeText(minimum, maximum) ?? rangeText(minItems, maxItems, " entries") ?? clock;
  return [description, range && (description ? `(${range})` : range)].filter(Boolean).join(" ");
}

function rangeText(least, most, unit = "") {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`;
  if (least !== undefined) return `at least ${least}${unit}`;
  return most === undefined ? undefined : `at most ${most}${unit}`;
}
