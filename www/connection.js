import { Client } from "mcp-tasks";
import { facts } from "./facts.js";
import { headerEditor } from "./headers.js";
import { problem } from "./problem.js";

const byId = (id) => document.getElementById(id);

/**
 * The form that connects the page to a server, and what it says about the connection.
 *
 * @param {object} on
 * @param {(client: Client) => void} on.connected
 * @param {() => void} on.disconnected
 * @param {(topic: "elicitation" | "sampling" | "roots", params: any, context: import("mcp-tasks").QuestionContext) => Promise<any>} on.asked
 * @param {(event: import("mcp-tasks").DebugEvent) => void} on.debug
 */
export function connection(on) {
  const [url, version, button, trouble, agreed] = ["server-url", "version", "connect", "connection-error", "facts"].map(byId);
  const headers = headerEditor(byId("headers"), byId("header-count"));
  /** @type {Client | undefined} */
  let client;
  /** @type {AbortController | undefined} */
  let attempt;

  byId("connection-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (attempt) attempt.abort();
    else if (client) void disconnect();
    else void connect();
  });

  async function connect() {
    attempt = new AbortController();
    const { signal } = attempt;
    trouble.replaceChildren();
    show("connecting", "Connecting", "Stop");
    try {
      const [elicitation, sampling, roots] = ["elicitation", "sampling", "roots"].map((topic) => on.asked.bind(undefined, topic));
      const questions = { elicitation, sampling, roots };
      const options = { protocolVersion: version.value, headers: headers.read(), ...questions, store: "indexeddb", onDebug, signal };
      client = await Client.connect(url.value, options);
      agreed.replaceChildren(facts(client));
      show("connected", `Connected, ${client.protocolVersion}`, "Disconnect");
      on.connected(client);
    } catch (error) {
      show("idle", "Not connected", "Connect");
      if (!signal.aborted) trouble.replaceChildren(problem(error));
    }
    attempt = undefined;
  }

  async function disconnect() {
    const closing = client;
    client = undefined;
    agreed.replaceChildren();
    show("idle", "Not connected", "Connect");
    on.disconnected();
    await closing.close();
  }

  function onDebug(event) {
    on.debug(event.headers ? { ...event, headers: headers.redact(event.headers) } : event);
  }

  function show(state, words, action) {
    byId("connection-state").dataset.state = state;
    byId("connection-state").textContent = words;
    button.textContent = action;
    button.classList.toggle("primary", state === "idle");
    const isBusy = state !== "idle";
    url.readOnly = isBusy;
    version.disabled = isBusy;
    headers.lock(isBusy);
  }

  return {
    /** Offers an address, unless the user has already typed one. */
    suggest(address) {
      url.value ||= address;
    },
  };
}
