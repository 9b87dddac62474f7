import { el } from "./dom.js";
import { pretty } from "./json.js";

/**
 * What was agreed with the server.
 *
 * @param {import("mcp-tasks").Client} client
 * @returns {HTMLElement}
 */
export function facts({ serverInfo, protocolVersion, sessionId, serverCapabilities, instructions }) {
  return el(
    "div",
    { className: "facts" },
    el(
      "dl",
      {},
      ...fact("Server", [serverInfo?.title ?? serverInfo?.name ?? "It has not said", serverInfo?.version]),
      ...fact("Protocol", [protocolVersion]),
      ...fact("Session", [sessionId ? "yes" : "none"]),
      ...fact("Tasks", [taskKinds(serverCapabilities)]),
    ),
    instructions && el("p", { className: "instructions" }, instructions),
    el("details", {}, el("summary", {}, "Capabilities"), el("pre", { tabIndex: 0 }, pretty(serverCapabilities))),
  );
}

function fact(term, words) {
  return [el("div", {}, el("dt", {}, term), el("dd", {}, words.filter(Boolean).join(" ")))];
}

function taskKinds({ tasks } = {}) {
  const { tools, prompts, resources } = tasks?.requests ?? {};
  const kinds = [tools?.call && "tools", prompts?.get && "prompts", resources?.read && "resources"].filter(Boolean);
  return kinds.length > 0 ? `for ${kinds.join(", ")}` : "none";
}
