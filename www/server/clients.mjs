import { randomUUID } from "node:crypto";
import { Bounded } from "./bounded.mjs";
import { Refusal } from "./refusal.mjs";

const KEPT = 200;
const LONGEST_NAME = 80;

/**
 * @typedef {object} Client
 * @property {string} clientId
 * @property {string} name
 * @property {string[]} redirectUris
 */

/** The apps that may ask for access: those that registered (RFC 7591), and those whose id is the address of their own document. */
export class Clients {
  /** @type {Bounded<string, Client>} */
  #registered = new Bounded(KEPT);
  #readDocument;

  /** @param {(clientId: string) => Promise<Record<string, unknown>>} readDocument */
  constructor(readDocument) {
    this.#readDocument = readDocument;
  }

  /** Registers a client without a secret: a page can keep none. @param {any} metadata @returns what it is told (RFC 7591, section 3.2.1) */
  register(metadata) {
    const method = metadata?.token_endpoint_auth_method ?? "none";
    if (method !== "none") throw new Refusal("invalid_client_metadata", "Only clients without a secret are registered: token_endpoint_auth_method none");
    const clientId = randomUUID();
    const { name, redirectUris } = described(clientId, metadata);
    this.#registered.set(clientId, { clientId, name, redirectUris });
    return {
      client_id: clientId,
      client_id_issued_at: Math.floor(Date.now() / 1_000),
      client_name: name,
      redirect_uris: redirectUris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  /** @param {string} clientId @returns {Promise<Client>} */
  async find(clientId) {
    const registered = this.#registered.get(clientId);
    if (registered) return registered;
    if (!clientId.startsWith("https://")) throw new Refusal("invalid_client", "Nobody has registered under this client_id", { status: 401 });
    try {
      return described(clientId, await this.#readDocument(clientId));
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal("invalid_client", `The client’s document cannot be read: ${error.message}`);
    }
  }
}

/** @returns {Client} */
function described(clientId, { client_name: name, redirect_uris: uris } = {}) {
  if (!Array.isArray(uris) || uris.length === 0 || !uris.every(isRedirectUri)) {
    throw new Refusal("invalid_redirect_uri", "redirect_uris are https, or http on this machine, and have no fragment");
  }
  return { clientId, name: String(name ?? "An app without a name").slice(0, LONGEST_NAME), redirectUris: uris };
}

function isRedirectUri(uri) {
  if (typeof uri !== "string" || !URL.canParse(uri)) return false;
  const { protocol, hostname, hash } = new URL(uri);
  const isHere = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  return hash === "" && (protocol === "https:" || (protocol === "http:" && isHere));
}
