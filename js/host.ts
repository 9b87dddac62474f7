import type { Send } from "./send.js";

/** What the core asks of the face, in `src/web/host.rs` the same. None of these may throw. */
export interface Host {
  send: Send;
  knock(call: number): void;
  /** Resolves once the page has had its turn. */
  pause(): Promise<void>;
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
  debugRequest(exchange: number, method: string, headers: [string, string][], message: unknown): void;
  debugResponse(exchange: number, status: number, detail: string): void;
  debugMessage(message: unknown, oddity: string | undefined): void;
  debugFailure(exchange: number, error: unknown): void;
}
