/**
 * What the two generations of the protocol say differently of their tasks, in one shape.
 *
 * @typedef {object} Offer
 * @property {boolean} isStateless
 * @property {("tools" | "prompts" | "resources")[]} taskKinds what may become a task
 */

const EXTENSION = "io.modelcontextprotocol/tasks";

/**
 * @param {import("mcp-tasks").Client} client
 * @returns {Offer}
 */
export function offerOf({ protocolVersion, serverCapabilities }) {
  const isStateless = protocolVersion >= "2026";
  if (isStateless) return { isStateless, taskKinds: serverCapabilities.extensions?.[EXTENSION] ? ["tools"] : [] };
  const { tools, prompts, resources } = serverCapabilities.tasks?.requests ?? {};
  return { isStateless, taskKinds: [tools?.call && "tools", prompts?.get && "prompts", resources?.read && "resources"].filter(Boolean) };
}
