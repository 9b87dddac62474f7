import { isHidden } from "./life.js";

/** `setTimeout` keeps its delay in a signed 32-bit integer and fires at once above it. We wake early and let the core ask again. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls back no later than it was asked to, and maybe sooner.
 *
 * In a page that has been hidden for minutes, Chromium lets a timer that was armed by a timer run once a minute. One that was armed by a
 * message is let run every other second: so there it is armed by a message of ours. And there timers have a hundredth of the time to run
 * in, which messages are not held to: so there the timer sends but another message, and that calls back.
 */
export class Timer {
  readonly #callback: () => void;
  #armed: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;
  #channel: MessageChannel | undefined;
  /** What is done when the message that is on its way comes. */
  #sent: (() => void) | undefined;
  #stopped = false;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  /** The next call is due at this instant of `performance.now`; never, where it is infinite. */
  arm(deadline: number): void {
    if (this.#stopped) return;
    if (deadline < Infinity ? this.#at <= deadline + 1 : this.#at === Infinity) return;
    this.#disarm();
    if (deadline === Infinity) return;
    // A millisecond more: the core's clock is cut to whole ones, and waking just before the deadline is waking twice.
    this.#at = Math.max(deadline + 1, performance.now());
    this.#outOfTimers(this.#set);
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
    this.#channel?.port1.close();
  }

  readonly #set = (): void => {
    const delay = Math.min(Math.max(this.#at - performance.now(), 0), LONGEST);
    this.#armed = setTimeout(() => this.#outOfTimers(this.#fire), delay);
  };

  readonly #fire = (): void => {
    this.#disarm();
    this.#callback();
  };

  /** At once in a page that is seen, and by a message in one that is not. */
  #outOfTimers(act: () => void): void {
    if (!isHidden() || typeof MessageChannel === "undefined") return act();
    this.#sent = act;
    if (!this.#channel) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => {
        const act = this.#sent;
        this.#sent = undefined;
        act?.();
      };
    }
    this.#channel.port2.postMessage(0);
  }

  #disarm(): void {
    clearTimeout(this.#armed);
    this.#armed = undefined;
    this.#sent = undefined;
    this.#at = Infinity;
  }
}
