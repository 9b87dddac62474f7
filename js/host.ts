/** What the core asks of the face, in `src/web/host.rs` the same. None of these may throw. */
export interface Host {
  /** Sends an HTTP request to the endpoint, with headers by the line. What comes of it goes into `head`, `bytes`, `body`, `ended` and `failed` of the core. */
  fetch(exchange: number, method: string, headers: string, message: unknown, awaited: boolean): void;
  /** Ends an exchange: nothing more is to be told of it. */
  abort(exchange: number): void;
  /** The core is to be called no later than at this instant of `performance.now`, if it is a finite one. */
  arm(deadline: number): void;
  knock(call: number): void;
  resolve(call: number, value: unknown): void;
  reject(call: number, code: string, message: string, taskId: string | undefined, data: unknown, cause: unknown): void;
  status(status: unknown, result: unknown, error: unknown): void;
  gone(taskId: string, code: string, message: string, data: unknown, cause: unknown): void;
  ask(question: number, topic: string, params: unknown, key: string, taskId: string | undefined): void;
  withdraw(question: number): void;
  renewed(negotiated: unknown): void;
  remember(taskId: string): void;
  notification(message: { method: string; params?: unknown }): void;
  progress(call: number, params: unknown): void;
  debugMessage(message: unknown, oddity: string | undefined): void;
}
