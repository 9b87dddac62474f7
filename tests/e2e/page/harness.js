// What the tests find in the page: the package, and a few words to say what became of a promise.

import * as mcp from "mcp-tasks";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An error in a shape that leaves the page. */
function describe(error) {
  const { name, message, code, taskId, data } = error;
  return { mcp: error instanceof mcp.McpError, name, message, code, taskId, data };
}

/** How a promise ended, and after how many milliseconds. */
async function settle(promise) {
  const start = performance.now();
  const ms = () => performance.now() - start;
  try {
    return { value: await promise, ms: ms() };
  } catch (error) {
    return { error: describe(error), ms: ms() };
  }
}

/** Everything that a task's status callback is told, as it comes. */
function changesOf(task) {
  const changes = [];
  task.onStatusChange((status) => changes.push(status));
  return changes;
}

Object.assign(globalThis, { mcp, sleep, settle, changesOf, connect: mcp.Client.connect.bind(mcp.Client), kept: { ends: [], ticks: [] } });
