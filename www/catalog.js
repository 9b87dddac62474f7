import { el } from "./dom.js";
import { offerOf } from "./era.js";
import { problem } from "./problem.js";

/**
 * Something that a server offers to be called.
 *
 * @typedef {object} Item
 * @property {"tool" | "prompt" | "resource"} kind
 * @property {string} name a resource's URI
 * @property {string} title
 * @property {string} [description]
 * @property {Record<string, any>} [schema] of its arguments
 * @property {string} tag what the list says about tasks
 * @property {string} hint the same as a sentence
 * @property {boolean} [keeps] whether the server can be asked to keep its task for a time
 */

const SHELVES = [
  { kind: "tool", heading: "Tools", capability: "tools", list: (client) => client.listTools(), support: toolSupport, item: toolItem },
  { kind: "prompt", heading: "Prompts", capability: "prompts", list: (client) => client.listPrompts(), support: anySupport, item: promptItem },
  { kind: "resource", heading: "Resources", capability: "resources", list: (client) => client.listResources(), support: anySupport, item: resourceItem },
];

/**
 * Asks a server for what it offers and lists it to choose from.
 *
 * @param {import("mcp-tasks").Client} client
 * @returns {Promise<{ element: HTMLElement, choose(onchosen: (item: Item) => void): void }>} `choose` takes the first
 *   item at once, then whatever the user points at
 */
export async function catalog(client) {
  const offered = SHELVES.filter(({ capability }) => client.serverCapabilities?.[capability]);
  /** @type {Map<Element, Item>} */
  const items = new Map();
  const element = el("div", { className: "catalog" }, ...(await Promise.all(offered.map((shelf) => shelfView(client, shelf, items)))));
  if (!element.firstElementChild) element.append(el("p", { className: "empty" }, "This server offers no tools, prompts or resources."));
  return {
    element,
    choose(onchosen) {
      element.addEventListener("change", ({ target }) => onchosen(items.get(target)));
      element.querySelector("input")?.click();
    },
  };
}

async function shelfView(client, { kind, heading, capability, list, support, item }, items) {
  try {
    const offered = await list(client);
    if (offered.length === 0) return undefined;
    const { isStateless, taskKinds } = offerOf(client);
    const supportOf = (given) => (taskKinds.includes(capability) ? support(given, isStateless) : NO_TASKS);
    const choices = offered.map((given) => choice({ kind, ...item(given), ...supportOf(given) }, items));
    return el("fieldset", {}, el("legend", {}, heading), ...choices);
  } catch (error) {
    return el("div", {}, el("h3", {}, heading), problem(error));
  }
}

function choice(item, items) {
  const input = el("input", { type: "radio", name: "catalog" });
  items.set(input, item);
  return el("label", { className: "choice" }, input, el("span", { className: "identifier" }, item.title), el("span", { className: "tag" }, item.tag));
}

function toolItem({ name, title, annotations, description, inputSchema }) {
  return { name, title: title ?? annotations?.title ?? name, description, schema: inputSchema };
}

function promptItem({ name, title = name, description, arguments: parameters = [] }) {
  const schema = {
    properties: Object.fromEntries(parameters.map((given) => [given.name, { type: "string", title: given.title, description: given.description }])),
    required: parameters.filter((given) => given.required).map((given) => given.name),
  };
  return { name, title, description, schema };
}

function resourceItem({ uri, name, title = name, description }) {
  return { name: uri, title: title ?? uri, description };
}

/** Without sessions, tools do not say what they can be: the answer to the call does. */
function toolSupport({ execution }, isStateless) {
  return isStateless ? SUPPORT.decided : (SUPPORT[execution?.taskSupport] ?? SUPPORT.forbidden);
}

function anySupport() {
  return SUPPORT.optional;
}

const SUPPORT = {
  optional: { tag: "task or plain", hint: "It runs either way.", keeps: true },
  required: { tag: "task only", hint: "It only runs as a task. Called plainly, the library drives the task and returns its result.", keeps: true },
  forbidden: { tag: "plain only", hint: "It never runs as a task. Started as one, it is called plainly and is finished at once." },
  decided: {
    tag: "server decides",
    hint: "The server decides whether it becomes a task. Called plainly, the library drives the task and returns its result.",
  },
};
const NO_TASKS = { tag: "plain only", hint: "This server runs no such tasks. Started as one, it is called plainly and is finished at once." };
