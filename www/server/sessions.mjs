import { randomUUID } from "node:crypto";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { Events } from "./events.mjs";

const IDLE = 15 * 60_000;
const SWEEP = 60_000;
const LIMIT = 100;

/** The open MCP sessions: one transport and one server each, ended when nobody has used them for a while. */
export class Sessions {
  /** @type {Map<string, { transport: StreamableHTTPServerTransport, open: number, usedAt: number }>} oldest use first */
  #live = new Map();
  #connect;
  #sweeper = setInterval(() => this.#sweep(), SWEEP);

  /** @param {(transport: StreamableHTTPServerTransport) => Promise<void>} connect gives a new session its server */
  constructor(connect) {
    this.#connect = connect;
    this.#sweeper.unref();
  }

  /** Begins a session; it is listed once the client's `initialize` has been accepted. */
  async begin() {
    const session = { open: 0, usedAt: Date.now() };
    session.transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new Events(),
      retryInterval: 1_000,
      onsessioninitialized: (id) => {
        this.#live.set(id, session);
        this.#evict();
      },
    });
    session.transport.onclose = () => this.#live.delete(session.transport.sessionId);
    await this.#connect(session.transport);
    return session.transport;
  }

  /**
   * The transport of a session, marked as used until the response has ended: an open stream keeps its session.
   *
   * @param {string} id
   * @param {import("node:http").ServerResponse} response
   */
  use(id, response) {
    const session = this.#live.get(id);
    if (!session) return undefined;
    const touch = () => {
      session.usedAt = Date.now();
      if (this.#live.delete(id)) this.#live.set(id, session);
    };
    touch();
    session.open += 1;
    response.once("close", () => {
      session.open -= 1;
      touch();
    });
    return session.transport;
  }

  async close() {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#live.values()].map((session) => session.transport.close()));
  }

  #sweep() {
    const idleSince = Date.now() - IDLE;
    for (const session of this.#live.values()) {
      if (session.open === 0 && session.usedAt < idleSince) void session.transport.close();
    }
  }

  #evict() {
    if (this.#live.size > LIMIT) void this.#live.values().next().value.transport.close();
  }
}
