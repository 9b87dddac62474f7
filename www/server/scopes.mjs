import { tools } from "./tools.mjs";

/** What a user may allow at the guarded endpoint: its use, and beyond it, for one of the tools, that reports are written. */
export const SCOPES = ["demo", ...new Set(tools.map(({ scope }) => scope).filter(Boolean))];

/** The scope that a message needs. @param {any} message */
export function scopeOf(message) {
  const tool = message?.method === "tools/call" && tools.find(({ name }) => name === message.params?.name);
  return (tool && tool.scope) || SCOPES[0];
}
