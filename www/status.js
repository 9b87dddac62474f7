import { el } from "./dom.js";

/** How each status reads. The sign says it without the colour. */
const SHOWN = {
  working: { sign: "●", label: "Working" },
  input_required: { sign: "?", label: "Waiting for input" },
  completed: { sign: "✓", label: "Completed" },
  failed: { sign: "✕", label: "Failed" },
  cancelled: { sign: "–", label: "Cancelled" },
  unwatched: { sign: "…", label: "No longer watched" },
};

export const statuses = Object.keys(SHOWN);

/** @param {string} status */
export function statusLabel(status) {
  return SHOWN[status]?.label ?? status;
}

/** @param {string} status */
export function statusSign(status) {
  return SHOWN[status]?.sign ?? "●";
}

/** @param {string} status @returns {HTMLElement} */
export function statusBadge(status) {
  return el("span", { className: "status", "data-status": status }, el("span", { className: "sign", "aria-hidden": "true" }, statusSign(status)), statusLabel(status));
}
