/**
 * What an SSE stream said, so that a client which lost it can ask for the rest (`Last-Event-ID`).
 *
 * With an event store the official server also opens each stream with a priming event: an `id:` and an empty `data:`.
 */
export class EventLog {
  /** @type {{ id: string, stream: string, message: object }[]} */
  #events = [];

  async storeEvent(stream, message) {
    const id = `${stream}/${this.#events.length}`;
    this.#events.push({ id, stream, message });
    return id;
  }

  async getStreamIdForEventId(id) {
    return this.#events.find((event) => event.id === id)?.stream;
  }

  async replayEventsAfter(lastId, { send }) {
    const last = this.#events.findIndex((event) => event.id === lastId);
    if (last < 0) throw new Error(`no event ${lastId}`);
    const { stream } = this.#events[last];
    for (const event of this.#events.slice(last + 1)) {
      const priming = !("jsonrpc" in event.message);
      if (event.stream === stream && !priming) await send(event.id, event.message);
    }
    return stream;
  }
}
