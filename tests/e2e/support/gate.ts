/** Holds back whoever waits at it until it is opened, and tells when the first is there. */
export class Gate {
  #arrive = (): void => {};
  #open = (): void => {};
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));
  /** Somebody waits. */
  readonly reached = new Promise<void>((resolve) => (this.#arrive = resolve));

  wait(): Promise<void> {
    this.#arrive();
    return this.#opened;
  }

  open(): void {
    this.#open();
  }
}
