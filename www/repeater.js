import { el } from "./dom.js";

/**
 * A list of rows that the user makes longer and shorter.
 *
 * @template T
 * @param {object} options
 * @param {string} options.addLabel
 * @param {(value?: unknown) => { cells: HTMLElement[], read(): T }} options.makeRow
 * @param {(position: number) => string} options.nameRow what the remove button says it removes
 * @param {unknown[]} [options.initial]
 * @param {() => void} [options.onchange] after every edit
 * @returns {{ element: HTMLElement, read(): T[] }}
 */
export function repeater({ addLabel, makeRow, nameRow, initial = [], onchange = () => {} }) {
  const rows = [];
  const list = el("ul", { className: "rows" });
  const add = el("button", { type: "button", className: "quiet", onclick: () => append().cells[0].focus() }, addLabel);

  function append(value) {
    const row = makeRow(value);
    const remove = el("button", { type: "button", className: "icon", onclick: () => drop(row, item) }, "×");
    const item = el("li", {}, ...row.cells, remove);
    rows.push({ ...row, remove });
    list.append(item);
    renumber();
    return row;
  }

  function drop(row, item) {
    const index = rows.findIndex(({ read }) => read === row.read);
    rows.splice(index, 1);
    item.remove();
    renumber();
    // The button that had the focus is gone: leave it nearby, not at the top of the page.
    (rows[Math.min(index, rows.length - 1)]?.remove ?? add).focus();
  }

  function renumber() {
    rows.forEach(({ remove }, index) => remove.setAttribute("aria-label", `Remove ${nameRow(index + 1)}`));
    onchange();
  }

  for (const value of initial) append(value);
  const element = el("div", { className: "repeater", oninput: () => onchange() }, list, add);
  return { element, read: () => rows.map(({ read }) => read()) };
}
