import { unreachable } from "./failure.js";

/** So long it is known that there is something new, in milliseconds: by then it has reached every tab. */
const NEWS = 5_000;
/** How often, and how long at most, a tab looks for what another has written, in milliseconds. */
const LOOK = 25;
const PATIENCE = 2_000;

/**
 * Turns of the tabs that share a storage: one acts at a time, and knows what those before it have done.
 *
 * A storage may be slower than the turns: what one tab writes to `localStorage` is seen by another only after a while. So whoever has
 * written something leaves a lock for a moment whose name says when, and whoever is next waits until that is there.
 */
export class Turns {
  readonly #name: string;
  readonly #locks: LockManager | undefined;

  /** Without locks, or where nothing is shared, everybody acts at once. */
  constructor(name: string, isShared: boolean) {
    this.#name = name;
    this.#locks = isShared ? (globalThis.navigator as Navigator | undefined)?.locks : undefined;
  }

  /**
   * Acts in turn, after `look` has given the newest date that was written, where there is one; `act` gives the date of what it has written.
   * @throws `McpError` `network` when the turn does not come within `timeoutMs`
   */
  async take(timeoutMs: number, look: () => Promise<number | undefined>, act: () => Promise<number | undefined>): Promise<void> {
    const locks = this.#locks;
    if (!locks) {
      await act();
      return;
    }
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(unreachable("another tab is refreshing the tokens, and does not finish")), timeoutMs);
    try {
      await locks.request(this.#name, { signal: waiting.signal }, async () => {
        clearTimeout(timer);
        const newest = await this.#newest(locks);
        const until = Date.now() + PATIENCE;
        while (((await look()) ?? Infinity) < newest && Date.now() < until) await pause(LOOK);
        const written = await act();
        if (written !== undefined) await this.#tell(locks, written);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #newest(locks: LockManager): Promise<number> {
    const { held = [] } = await locks.query();
    const prefix = `${this.#name} `;
    const dates = held.map(({ name }) => (name?.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN));
    return Math.max(0, ...dates.filter((date) => !Number.isNaN(date)));
  }

  /** Resolves once it can be seen. */
  #tell(locks: LockManager, date: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const told = locks.request(`${this.#name} ${date}`, { mode: "shared" }, () => {
        resolve();
        return pause(NEWS);
      });
      told.catch(() => resolve());
    });
  }
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
