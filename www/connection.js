import { Client } from "mcp-tasks";
import { el } from "./dom.js";
import { facts } from "./facts.js";
import { headerEditor } from "./headers.js";
import { problem } from "./problem.js";
import { signInForm } from "./sign-in.js";

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
  const signIn = signInForm(byId("sign-in"), byId("sign-in-state"), waiting);
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
      const options = { protocolVersion: version.value, headers: headers.read(), auth: signIn.provider(), ...questions, store: "indexeddb", onDebug, signal };
      client = await signIn.withWindow(() => Client.connect(url.value, options));
      agreed.replaceChildren(facts(client));
      showConnected();
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

  function showConnected() {
    show("connected", `Connected, ${client.protocolVersion}`, "Disconnect");
  }

  /** The user is signing in: when the connection begins, or later, when something needs more than was allowed. */
  function waiting(isWaiting) {
    if (isWaiting) show("connecting", "Signing in", attempt ? "Stop" : "Disconnect");
    else if (client) showConnected();
    else if (attempt) show("connecting", "Connecting", "Stop");
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
    signIn.lock(isBusy);
    for (const offer of byId("offers").querySelectorAll("button")) offer.disabled = isBusy;
  }

  function choose(address, wantsSignIn) {
    url.value = address;
    signIn.switch(wantsSignIn);
  }

  return {
    /** Offers what runs beside the page: an address, unless the user has already typed one, and one that wants a sign-in. */
    suggest({ server, guarded }) {
      url.value ||= server;
      if (!guarded) return;
      const offer = (words, ...choice) => el("button", { type: "button", className: "quiet", onclick: () => choose(...choice) }, words);
      byId("offers").replaceChildren("Started with this page: ", offer("Open server", server, false), offer("Server with sign-in", guarded, true));
      byId("offers").hidden = false;
    },
  };
}
