import { el } from "./dom.js";
import { fieldView } from "./field.js";
import { fieldsOf, isObject } from "./schema.js";

const REFUSALS = { Decline: { action: "decline" }, Cancel: { action: "cancel" } };
const LOCAL = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * A question to the user: a form made from its schema, or a page to visit.
 *
 * @param {import("mcp-tasks").ElicitParams} params
 * @returns {import("./question-form.js").Asked}
 */
export function elicitation({ mode, message, url, requestedSchema }) {
  return mode === "url" ? visit(message, url) : form(message, requestedSchema);
}

function form(says, schema) {
  const { elements, read } = fieldsFor(schema);
  return { says, body: elements, accept: "Accept", read: () => ({ action: "accept", content: read() }), refusals: REFUSALS };
}

function fieldsFor(schema) {
  try {
    const fields = fieldsOf(schema).map(fieldView);
    const read = () => Object.fromEntries(fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined));
    return { elements: fields.map(({ element }) => element), read };
  } catch {
    return anything();
  }
}

/** A schema of which no form can be made may still be answered. */
function anything() {
  const { element, read } = fieldView({ kind: "json", name: "answer", label: "Your answer, as JSON", required: true, schema: {} });
  const input = element.querySelector("textarea");
  input.addEventListener("input", () => {
    if (input.validity.valid && !isObject(read())) input.setCustomValidity("An object is needed: { … }");
  });
  return { elements: [element], read };
}

/** The link is followed by the user or by nobody, and says plainly where it leads. */
function visit(says, url) {
  const address = visitable(url);
  if (!address) return { says, body: [el("p", {}, "It names a page that is not safe to visit: "), el("code", {}, String(url))], refusals: REFUSALS };
  const { host, href } = address;
  const body = [
    el("p", { className: "visit" }, "This page is on ", el("strong", {}, host)),
    el("a", { href, target: "_blank", rel: "noopener noreferrer" }, href),
  ];
  return { says, body, accept: "I was there", read: () => ({ action: "accept" }), refusals: REFUSALS };
}

/** A page that nobody on the way can read; one that is being developed on this machine may be anything on the web. */
function visitable(url) {
  const address = URL.parse(url);
  const isSafe = address?.protocol === "https:" || (address?.protocol === "http:" && LOCAL.test(location.hostname));
  return isSafe ? address : undefined;
}
