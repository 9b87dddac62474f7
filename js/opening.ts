import { beginning } from "./beginning.js";
import { shown, teller } from "./debug.js";
import { McpError } from "./error.js";
import { type Era, eraOf, forget, inTurn, recall, remember } from "./eras.js";
import type { Ledger, StoredTask } from "./ledger.js";
import { checkLimits, within } from "./limits.js";
import { Link } from "./link.js";
import { load, type Source } from "./load.js";
import { checkOptions, type ClientOptions } from "./options.js";
import type { Implementation } from "./results.js";
import { Sender } from "./send.js";
import { VERSION } from "./version.js";

/** What was negotiated. */
export interface Negotiated {
  protocolVersion: string;
  serverInfo?: Implementation;
  serverCapabilities: Record<string, unknown>;
  instructions?: string;
  sessionId?: string;
  /** Nothing was seen of the server but that it opens sessions. */
  tentative?: boolean;
}

/** What a client is made of. */
export interface Opened {
  link: Link;
  negotiated: Negotiated;
  url: string;
  ledger?: Ledger | undefined;
  /** The tasks that were remembered. */
  stored: StoredTask[];
}

/** Loads the module and connects: what every entry's `Client.connect` does, each with its own place for the module. */
export async function open(source: Source, endpoint: string | URL, options: ClientOptions): Promise<Opened> {
  checkOptions(options);
  const { signal, wasm, clientInfo = { name: "mcp-tasks", version: VERSION } } = options;
  checkLimits({ signal });
  const url = endpointUrl(endpoint);
  const identity = JSON.parse(JSON.stringify(clientInfo)) as object;
  const { protocolVersion = "auto" } = options;
  // What is insisted on says nothing of what the server would speak by itself.
  const isFoundOut = protocolVersion === "auto";
  const limits = { signal, timeoutMs: options.timeoutMs ?? 60_000 };
  const remembering = openLedger(options, url);
  const attempt = async (): Promise<Opened> => {
    // First of all: it takes longest, and to look into the page's storage may take milliseconds.
    const loading = load(wasm === undefined ? source : () => wasm);
    const era = recall(url.origin);
    const sender = new Sender(url, options);
    if (isStateless(era, options)) sender.sendAhead(beginning(identity, options));
    try {
      const [instance, ledger] = await within(Promise.all([loading, remembering]), limits);
      const found = await ledger?.load();
      const link = new Link(instance, url, options, sender, identity, era, found?.session);
      try {
        const negotiated = await link.call<Negotiated>((core, call) => core.connect(call), { signal });
        if (isFoundOut) remember(url.origin, eraOf(negotiated.protocolVersion), negotiated.tentative);
        return { link, negotiated, url: shown(url.href), ledger, stored: found?.tasks ?? [] };
      } catch (error) {
        if (isFoundOut && tellsOfAge(error, era)) forget(url.origin);
        void link.close();
        throw error;
      }
    } finally {
      sender.dropAhead();
    }
  };
  return isFoundOut ? inTurn(url.origin, limits, attempt) : attempt();
}

/** What remembers tasks is loaded only where it is wanted; where it cannot be, the client works on without it. */
async function openLedger({ store, onDebug }: ClientOptions, url: URL): Promise<Ledger | undefined> {
  if (!store) return undefined;
  const place = shown(url.href);
  const debug = teller(onDebug, place);
  const report = (detail: string, error: unknown): void => debug({ type: "store", detail, error });
  try {
    const { Ledger } = await import("./ledger.js");
    return new Ledger(store, url, place, report);
  } catch (error) {
    report("what remembers tasks could not be loaded", error);
    return undefined;
  }
}

/** Is it without doubt the stateless era that the core begins with, and nothing that somebody may have to sign in for first? */
function isStateless(era: Era | undefined, { protocolVersion = "auto", store, auth }: ClientOptions): boolean {
  if (auth) return false;
  if (protocolVersion !== "auto") return eraOf(protocolVersion) === "modern";
  // What is remembered may be a session.
  return store ? era === "modern" : era !== "legacy";
}

/** Can what the server was taken for have been the cause? */
function tellsOfAge(error: unknown, era: Era | undefined): boolean {
  if (McpError.is(error, "http")) return ![408, 425, 429].includes(error.data.status) && error.data.status >= 400 && error.data.status < 500;
  // A server that became legacy may refuse the headers of the other era, which looks like no server at all.
  if (McpError.is(error, "network")) return era === "modern";
  return McpError.is(error) && ["cors", "protocol", "rpc", "unsupported"].includes(error.code);
}

function endpointUrl(endpoint: string | URL): URL {
  const base = "location" in globalThis ? globalThis.location.href : undefined;
  const url = URL.parse ? URL.parse(String(endpoint), base) : tryUrl(String(endpoint), base);
  if (!url || !/^https?:$/.test(url.protocol)) throw new McpError("invalid_argument", "the endpoint must be an http or https URL");
  // `fetch` refuses a URL with a user and password in it; headers are the place for them.
  if (url.username || url.password) throw new McpError("invalid_argument", "the endpoint's URL must not hold credentials");
  return url;
}

function tryUrl(text: string, base: string | undefined): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
