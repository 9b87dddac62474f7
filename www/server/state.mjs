const INTERNAL_ERROR = -32603;

/**
 * A task as the extension of protocol 2026-07-28 writes it: what it asks and how it ended come with its status, and a
 * tool's own error is a result like any other.
 *
 * @param {Readonly<import("./tasks.mjs").Entry>} entry
 */
export function stateOf({ task, result, error, asking }) {
  const { ttl, pollInterval, ...rest } = task;
  const state = { ...rest, ttlMs: ttl, pollIntervalMs: pollInterval };
  switch (task.status) {
    case "input_required":
      return { ...state, inputRequests: { ...asking.open } };
    case "completed":
    case "failed":
      if (result) return { ...state, status: "completed", result: { resultType: "complete", ...result } };
      return { ...state, error: { code: INTERNAL_ERROR, message: error.message } };
    default:
      return state;
  }
}
