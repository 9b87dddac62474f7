/** How the real servers ask: by which tool, with which answer it goes on, and what becomes of it. */
export interface Asking {
  tool: string;
  args: Record<string, unknown>;
  message: string;
  /** The time that the tool and the polls need until the question is here. */
  withinMs: number;
  answer: Record<string, unknown>;
  accepted: RegExp;
  declined: RegExp;
  cancelled: RegExp;
}

const name: Asking = {
  tool: "ask_name",
  args: {},
  message: "What is your name?",
  withinMs: 1_500,
  answer: { value: "Ada" },
  accepted: /^accept: Ada$/,
  declined: /^decline: (None|undefined)$/,
  cancelled: /^cancel: (None|undefined)$/,
};

/** The servers of both eras that a page meets, each with its own way to ask. */
export const ASKING = {
  fastmcp: name,
  fastmcp4: name,
  sdk: name,
  sdk2026: name,
  everything: {
    tool: "simulate-research-query",
    args: { topic: "python", ambiguous: true },
    message: 'The research query "python" could have multiple interpretations. Please clarify what you\'re looking for:',
    withinMs: 3_500,
    answer: { interpretation: "snake" },
    accepted: /Clarification\*\*: snake/,
    declined: /User declined/,
    cancelled: /User cancelled/,
  },
} satisfies Record<string, Asking>;

/** Those of protocol 2026-07-28. */
export const isStatelessServer = (server: string): boolean => ["fastmcp4", "sdk2026"].includes(server);
