import { el } from "./dom.js";
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
 */

const SHELVES = [
  { kind: "tool", heading: "Tools", capability: "tools", list: (client) => client.listTools(), item: toolItem },
  { kind: "prompt", heading: "Prompts", capability: "prompts", list: (client) => client.listPrompts(), item: promptItem },
  { kind: "resource", heading: "Resources", capability: "resources", list: (client) => client.listResources(), item: resourceItem },
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

async function shelfView(client, { kind, heading, list, item }, items) {
  try {
    const offered = await list(client);
    if (offered.length === 0) return undefined;
    return el("fieldset", {}, el("legend", {}, heading), ...offered.map((given) => choice({ kind, ...item(given, client) }, items)));
  } catch (error) {
    return el("div", {}, el("h3", {}, heading), problem(error));
  }
}

function choice(item, items) {
  const input = el("input", { type: "radio", name: "catalog" });
  items.set(input, item);
  return el("label", { className: "choice" }, input, el("span", { className: "identifier" }, item.title), el("span", { className: "tag" }, item.tag));
}

function toolItem({ name, title, annotations, description, inputSchema, execution }, client) {
  const shown = { name, title: title ?? annotations?.title ?? name, description, schema: inputSchema };
  if (!client.serverCapabilities.tasks?.requests?.tools?.call) return { ...shown, ...NO_TASKS };
  return { ...shown, ...(SUPPORT[execution?.taskSupport] ?? SUPPORT.forbidden) };
}

function promptItem({ name, title = name, description, arguments: parameters = [] }, client) {
  const schema = {
    properties: Object.fromEntries(parameters.map((given) => [given.name, { type: "string", title: given.title, description: given.description }])),
    required: parameters.filter((given) => given.required).map((given) => given.name),
  };
  return { name, title, description, schema, ...(client.serverCapabilities.tasks?.requests?.prompts?.get ? SUPPORT.optional : NO_TASKS) };
}

function resourceItem({ uri, name, title = name, description }, client) {
  return { name: uri, title: title ?? uri, description, ...(client.serverCapabilities.tasks?.requests?.resources?.read ? SUPPORT.optional : NO_TASKS) };
}

const SUPPORT = {
  optional: { tag: "task or plain", hint: "It runs either way." },
  required: { tag: "task only", hint: "It only runs as a task. Called plainly, the library drives the task and returns its result." },
  forbidden: { tag: "plain only", hint: "It never runs as a task. Started as one, it is called plainly and is finished at once." },
};
const NO_TASKS = { tag: "plain only", hint: "This server runs no such tasks. Started as one, it is called plainly and is finished at once." };
