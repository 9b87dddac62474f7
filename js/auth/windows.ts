/** The window for the authorization server's page. */
const FEATURES = "popup,width=520,height=720";

/** As much of a `Window` as a sign-in needs: Workers have no such type. */
export interface SignInWindow {
  readonly closed: boolean;
  readonly location: { replace(url: string): void };
  close(): void;
}

/** A new window, where the browser opens one. */
export function openWindow(): SignInWindow | undefined {
  const opened = typeof globalThis.open === "function" ? globalThis.open("about:blank", "_blank", FEATURES) : null;
  if (!opened || opened.closed) return undefined;
  // The authorization server's page has no hold on this one; where storage is partitioned, it is the only way back.
  if (globalThis.top === globalThis.self) opened.opener = null;
  return opened;
}

/** The windows that were opened ahead, until a sign-in takes them. */
export class Windows {
  readonly #idle = new Set<SignInWindow>();

  /** Opens one for as long as `act` takes. What a sign-in has taken is that one's to close. */
  async during<T>(act: () => T | Promise<T>): Promise<T> {
    const opened = openWindow();
    if (opened) this.#idle.add(opened);
    try {
      return await act();
    } finally {
      if (opened && this.#idle.delete(opened)) opened.close();
    }
  }

  /** The one that was opened first. */
  take(): SignInWindow | undefined {
    const [opened] = this.#idle;
    if (opened) this.#idle.delete(opened);
    return opened;
  }

  /** Nobody is to sign in any more. */
  close(): void {
    this.#idle.forEach((opened) => opened.close());
  }
}
