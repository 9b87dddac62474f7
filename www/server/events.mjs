const KEPT = 256;

/**
 * What was sent to one session, so that a stream that broke can be resumed with `Last-Event-ID`. Bounded: a client that
 * was away for longer than `KEPT` events has missed the oldest and learns of its tasks by asking.
 *
 * @implements {import("@modelcontextprotocol/sdk/server/streamableHttp.js").EventStore}
 */
export class Events {
  /** @type {{ number: number, id: string, streamId: string, message: object }[]} */
  #kept = [];
  #count = 0;

  async storeEvent(streamId, message) {
    const number = ++this.#count;
    const id = `${number}:${streamId}`;
    this.#kept.push({ number, id, streamId, message });
    if (this.#kept.length > KEPT) this.#kept.shift();
    return id;
  }

  async getStreamIdForEventId(id) {
    return parse(id)?.streamId;
  }

  async replayEventsAfter(lastId, { send }) {
    const last = parse(lastId);
    for (const { number, id, streamId, message } of this.#kept) {
      // Priming events carry no message: they only gave the client its first id.
      if (streamId === last.streamId && number > last.number && "jsonrpc" in message) await send(id, message);
    }
    return last.streamId;
  }
}

function parse(id) {
  const [, number, streamId] = /^(\d+):(.+)$/.exec(id) ?? [];
  return streamId === undefined ? undefined : { number: Number(number), streamId };
}
