/** What changes in the life of a page, and who tells it. */
const OF_WINDOW = ["offline", "online", "pageshow"];
const OF_DOCUMENT = ["visibilitychange", "resume"];

/** The clocks drift apart by so much when a machine has slept, in milliseconds; and not when one of them is put right. */
const SLEPT = 5_000;

/** None of it need be there: workers have no document, and not everything that has a navigator knows of a network. */
const page = globalThis as { document?: Document; navigator?: { onLine?: boolean } };

/** Is the page one that nobody sees? Browsers slow its timers down. */
export const isHidden = (): boolean => page.document?.hidden === true;

/** By how much the wall clock is ahead of the other: more than before once the machine has slept, for that one may have stood still. */
const drift = (): number => Date.now() - performance.now();

/** Who is told of the life of a page. */
export interface Living {
  /** It is in sight again, the network is back, or the machine has slept. */
  wake(): void;
  /** There is no network. */
  offline(): void;
}

/** Listens to the life of the page, until it is stopped. */
export class Life {
  readonly #living: Living;
  /** The endpoint is on this machine, which needs no network. */
  readonly #loopback: boolean;
  readonly #changed = (): void => {
    const isOffline = this.#isOffline();
    const wasOffline = this.#paused;
    this.#paused = isOffline;
    if (isOffline) this.#living.offline();
    else if (wasOffline || !isHidden()) this.#living.wake();
  };
  #paused = false;
  #drift = drift();

  constructor(living: Living, loopback: boolean) {
    this.#living = living;
    this.#loopback = loopback;
    for (const event of OF_WINDOW) globalThis.addEventListener?.(event, this.#changed);
    for (const event of OF_DOCUMENT) page.document?.addEventListener?.(event, this.#changed);
    if (this.#isOffline()) this.#changed();
  }

  /** Has the machine slept since this was asked last? No event tells of it with the page in sight, but the clocks do. */
  hasSlept(): boolean {
    const before = this.#drift;
    this.#drift = drift();
    return this.#drift - before > SLEPT && !this.#isOffline();
  }

  stop(): void {
    for (const event of OF_WINDOW) globalThis.removeEventListener?.(event, this.#changed);
    for (const event of OF_DOCUMENT) page.document?.removeEventListener?.(event, this.#changed);
  }

  #isOffline(): boolean {
    return !this.#loopback && page.navigator?.onLine === false;
  }
}
