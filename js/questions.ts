import { McpError } from "./error.js";

/** What a server may ask for, each the name of the option that answers. */
export const TOPICS = ["elicitation", "sampling", "roots"] as const;
export type Topic = (typeof TOPICS)[number];

/** Beside what is asked. */
export interface QuestionContext {
  /** Aborted when the answer is no longer needed: the task has ended, the question was withdrawn, or the client was closed. */
  signal: AbortSignal;
  /** The task that asks; nothing while a call has not become one. */
  taskId: string | undefined;
  /** The server's name for the question, unique in the life of a task. */
  key: string;
}

/**
 * Answers a kind of question. What it throws or rejects with ends the waiting call with `input_required`, as its `cause`; a server with
 * sessions is told that there is no answer, and goes on.
 * @param params as the server sent them: to be shown as text, never as HTML
 */
export type Handler<P, R> = (params: P, context: QuestionContext) => R | Promise<R>;

/** "Elicitation": a form to fill in, or (`mode: "url"`) a page to visit. */
export interface ElicitParams {
  mode?: "form" | "url";
  message: string;
  /** A flat JSON schema of the form. */
  requestedSchema?: Record<string, unknown>;
  /** Never to be opened without the user's will. */
  url?: string;
  [member: string]: unknown;
}

/** What the user did with it. */
export interface ElicitResult {
  action: "accept" | "decline" | "cancel";
  /** What was filled in. */
  content?: Record<string, unknown>;
  [member: string]: unknown;
}

/** "Sampling": a conversation for a model to continue. */
export interface CreateMessageParams {
  messages: { role: "user" | "assistant"; content: unknown }[];
  systemPrompt?: string;
  maxTokens: number;
  [member: string]: unknown;
}

/** What the model said. */
export interface CreateMessageResult {
  role: "user" | "assistant";
  content: unknown;
  model: string;
  stopReason?: string;
  [member: string]: unknown;
}

/** "Roots": what the server may work on. */
export interface ListRootsResult {
  roots: { uri: string; name?: string; [member: string]: unknown }[];
  [member: string]: unknown;
}

/** Where answers go. */
interface Answered {
  answer(question: number, answer: unknown): void;
  refuse(question: number, cause: unknown): void;
}

/** The questions that are with the caller's handlers. */
export class Questions {
  readonly #handlers: { [T in Topic]?: Handler<never, object> | undefined };
  readonly #answered: Answered;
  readonly #open = new Map<number, AbortController>();

  constructor(handlers: { [T in Topic]?: Handler<never, object> | undefined }, answered: Answered) {
    this.#handlers = handlers;
    this.#answered = answered;
  }

  ask(question: number, topic: Topic, params: unknown, key: string, taskId: string | undefined): void {
    const controller = new AbortController();
    this.#open.set(question, controller);
    const handler = this.#handlers[topic] as Handler<unknown, object>;
    // Later, as a handler may call back into the client, and with a copy, which it may change.
    void Promise.resolve()
      .then(() => handler(structuredClone(params), { signal: controller.signal, taskId, key }))
      .then(
        (answer) => this.#close(question, () => this.#give(question, topic, answer)),
        (cause: unknown) => this.#close(question, () => this.#answered.refuse(question, cause)),
      );
  }

  #give(question: number, topic: Topic, answer: unknown): void {
    try {
      this.#answered.answer(question, answer);
    } catch (cause) {
      this.#answered.refuse(question, new McpError("invalid_argument", `the ${topic} function gives an object that JSON can hold`, { cause }));
    }
  }

  #close(question: number, then: () => void): void {
    if (this.#open.delete(question)) then();
  }

  withdraw(question: number): void {
    this.#open.get(question)?.abort(new McpError("closed", "the server no longer needs the answer"));
    this.#open.delete(question);
  }

  end(reason: McpError): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    open.forEach((controller) => controller.abort(reason));
  }
}
