/**
 * Makes an element. Strings among the children become text nodes: nothing that a server says is ever read as HTML.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [props] properties, attributes, and listeners as `onclick`; `undefined` is left out
 * @param {...(Node | string | false | null | undefined)} children what is empty is left out
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

let last = 0;

/** An id for an element that another one must name. */
export const freshId = () => `e${++last}`;

/** Tells people who cannot see the page what has changed on it. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
