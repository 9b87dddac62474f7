import { el } from "./dom.js";
import { offerOf } from "./era.js";
import { pretty } from "./json.js";

/**
 * What was agreed with the server.
 *
 * @param {import("mcp-tasks").Client} client
 * @returns {HTMLElement}
 */
export function facts(client) {
  const { serverInfo, protocolVersion, sessionId, serverCapabilities, instructions } = client;
  const offer = offerOf(client);
  return el(
    "div",
    { className: "facts" },
    el(
      "dl",
      {},
      ...fact("Server", [serverInfo?.title ?? serverInfo?.name ?? "It has not said", serverInfo?.version]),
      ...fact("Protocol", [protocolVersion, offer.isStateless ? "(stateless)" : "(with sessions)"]),
      ...fact("Session", [sessionId ? "yes" : "none"]),
      ...fact("Tasks", [taskKinds(offer)]),
    ),
    instructions && el("p", { className: "instructions" }, instructions),
    el("details", {}, el("summary", {}, "Capabilities"), el("pre", { tabIndex: 0 }, pretty(serverCapabilities))),
  );
}

function fact(term, words) {
  return [el("div", {}, el("dt", {}, term), el("dd", {}, words.filter(Boolean).join(" ")))];
}

function taskKinds({ isStateless, taskKinds: kinds }) {
  if (kinds.length === 0) return "none";
  return `for ${kinds.join(", ")}${isStateless ? ", as the server decides" : ""}`;
}
