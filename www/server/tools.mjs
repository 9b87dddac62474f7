import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const text = (text) => ({ content: [{ type: "text", text }] });

const form = (message, properties, required = Object.keys(properties)) => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties, required } },
});

/** One of each kind, to begin with. */
const QUESTIONS = {
  booking: form(
    "Where shall the confirmation go, and what belongs into it?",
    {
      email: { type: "string", format: "email", title: "E-mail" },
      arrival: { type: "string", format: "date", title: "Day of arrival" },
      nights: { type: "integer", minimum: 1, maximum: 28, default: 2, title: "Nights" },
      room: { type: "string", oneOf: [{ const: "S", title: "Single" }, { const: "D", title: "Double" }], default: "D", title: "Room" },
      meals: { type: "array", items: { enum: ["breakfast", "lunch", "dinner"] }, maxItems: 2, default: ["breakfast"], title: "Meals" },
      quiet: { type: "boolean", default: true, title: "A quiet room" },
    },
    ["email"],
  ),
  payment: { method: "elicitation/create", params: { mode: "url", message: "Please pay on our page.", url: "https://example.com/pay", elicitationId: "payment" } },
  welcome: { method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text: "Write a word of welcome." } }], maxTokens: 100 } },
  folders: { method: "roots/list" },
};

/**
 * What the demo offers: each tool ends in its own way, so that a client can be seen to cope with all of them.
 * `support` is the tool's `execution.taskSupport`; `scope` is what a user must have allowed for it, where users sign in.
 *
 * @type {{ name: string, title: string, support: "optional" | "required" | "forbidden", description: string, inputSchema: z.ZodRawShape,
 *   outputSchema?: z.ZodRawShape, scope?: string, run: import("./work.mjs").Work }[]}
 */
export const tools = [
  {
    name: "greet",
    title: "Greet",
    support: "optional",
    description: "Finishes at once: a greeting in the language of your choice.",
    inputSchema: {
      name: z.string().min(1).max(60).describe("Who is greeted"),
      language: z.enum(["English", "Español", "Deutsch", "日本語"]).default("English").describe("Language of the greeting"),
      loudly: z.boolean().default(false).describe("In capital letters"),
    },
    async run({ name, language, loudly }) {
      const greeting = { English: "Hello", Español: "Hola", Deutsch: "Hallo", 日本語: "こんにちは" }[language];
      const line = `${greeting}, ${name}!`;
      return text(loudly ? line.toUpperCase() : line);
    },
  },
  {
    name: "slow_computation",
    title: "Slow computation",
    support: "optional",
    description: "Works for as long as you say and reports every step in its status message.",
    inputSchema: {
      duration: z.number().min(0).max(600).default(10).describe("How long it works, in seconds"),
      steps: z.number().int().min(1).max(100).default(5).describe("How many steps it reports"),
      label: z.string().max(80).optional().describe("A word for the status messages"),
    },
    async run({ duration, steps, label = "Step" }, { signal, report }) {
      for (let step = 1; step <= steps; step++) {
        await report(`${label} ${step} of ${steps}`);
        await sleep((duration * 1_000) / steps, undefined, { signal });
      }
      return text(`Computed for ${duration} s in ${steps} ${steps === 1 ? "step" : "steps"}.`);
    },
  },
  {
    name: "text_statistics",
    title: "Text statistics",
    support: "optional",
    description: "Returns structured content that follows an output schema.",
    inputSchema: {
      text: z.string().min(1).max(20_000).default("The quick brown fox jumps over the lazy dog").describe("The text to measure"),
      ignore: z.array(z.string()).max(20).default(["the"]).describe("Words that are not counted"),
      caseSensitive: z.boolean().optional().describe("Whether “The” and “the” are two words"),
    },
    outputSchema: {
      characters: z.number().int(),
      words: z.number().int(),
      longest: z.string(),
      frequency: z.record(z.string(), z.number().int()),
    },
    async run({ text: given, ignore, caseSensitive = false }) {
      const fold = (word) => (caseSensitive ? word : word.toLowerCase());
      const ignored = new Set(ignore.map(fold));
      const words = (given.match(/[\p{L}\p{N}'’-]+/gu) ?? []).map(fold).filter((word) => !ignored.has(word));
      const counts = new Map();
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      const longest = words.reduce((best, word) => (word.length > best.length ? word : best), "");
      const statistics = { characters: given.length, words: words.length, longest, frequency: Object.fromEntries(counts) };
      return { ...text(JSON.stringify(statistics)), structuredContent: statistics };
    },
  },
  {
    name: "crash",
    title: "Crash",
    support: "optional",
    description: "Fails: it throws after a while, and the task ends as failed with a JSON-RPC error.",
    inputSchema: {
      after: z.number().min(0).max(60).default(1).describe("Seconds until it throws"),
      message: z.string().default("The disk is on fire").describe("What it throws"),
    },
    async run({ after, message }, { signal }) {
      await sleep(after * 1_000, undefined, { signal });
      throw new Error(message);
    },
  },
  {
    name: "book_table",
    title: "Book a table",
    support: "optional",
    description: "Says no: it returns a result that is marked as an error, because the restaurant is always full.",
    inputSchema: {
      guests: z.number().int().min(1).max(12).default(2).describe("How many guests"),
      day: z.enum(["today", "tomorrow", "weekend"]).default("today").describe("When"),
    },
    async run({ guests, day }, { signal, report }) {
      await report("Asking the restaurant");
      await sleep(800, undefined, { signal });
      return { ...text(`No table for ${guests} ${day === "weekend" ? "at the weekend" : day}: fully booked.`), isError: true };
    },
  },
  {
    name: "run_forever",
    title: "Run forever",
    support: "optional",
    description: "Never ends by itself: it works until it is cancelled or its time-to-live runs out.",
    inputSchema: {
      every: z.number().min(0.2).max(60).default(2).describe("Seconds between two status messages"),
    },
    async run({ every }, { signal, report }) {
      for (let beat = 1; ; beat++) {
        await report(`Still running: beat ${beat}`);
        await sleep(every * 1_000, undefined, { signal });
      }
    },
  },
  {
    name: "write_report",
    title: "Write a report",
    support: "required",
    scope: "reports",
    description: "Must be called as a task: it takes its time for each section and will not keep a plain call waiting.",
    inputSchema: {
      sections: z.array(z.string().min(1)).min(1).max(10).default(["Summary", "Findings", "Outlook"]).describe("Headings, in order"),
      tone: z.enum(["plain", "formal", "cheerful"]).optional().describe("How it should sound"),
      metadata: z.record(z.string(), z.unknown()).optional().describe("Anything that should stand at the head of the report"),
    },
    async run({ sections, tone = "plain", metadata }, { signal, report }) {
      const lines = metadata ? [JSON.stringify(metadata), ""] : [];
      for (const [index, section] of sections.entries()) {
        await report(`Writing “${section}” (${index + 1} of ${sections.length})`);
        await sleep(1_200, undefined, { signal });
        lines.push(`# ${section}`, `A ${tone} paragraph about ${section.toLowerCase()}.`, "");
      }
      return text(lines.join("\n").trimEnd());
    },
  },
  {
    name: "plan_party",
    title: "Plan a party",
    support: "required",
    description: "Asks: it works, has two questions, and works on once both are answered or declined.",
    inputSchema: {
      host: z.string().min(1).max(60).default("Ada").describe("Whose party it is"),
    },
    async run({ host }, { signal, report, ask }) {
      await report("Looking at the calendar");
      await sleep(500, undefined, { signal });
      const { guests, cake } = await ask({
        guests: form(`How many guests will come to ${host}’s party?`, { count: { type: "integer", minimum: 1, maximum: 50, default: 12 } }),
        cake: form("Which cake shall it be?", { flavour: { type: "string", enum: ["chocolate", "lemon", "none"] } }),
      });
      await report("Writing the invitations");
      await sleep(500, undefined, { signal });
      const said = ({ action, content }, member) => (action === "accept" ? String(content?.[member]) : "undecided");
      return text(`${host}’s party: guests ${said(guests, "count")}, cake ${said(cake, "flavour")}.`);
    },
  },
  {
    name: "ask_anything",
    title: "Ask anything",
    support: "required",
    description: "Asks what you write, all of it at once, and returns the answers.",
    inputSchema: {
      questions: z
        .record(z.string(), z.object({ method: z.enum(["elicitation/create", "sampling/createMessage", "roots/list"]), params: z.record(z.string(), z.unknown()).optional() }))
        .default(QUESTIONS)
        .describe("Requests of the protocol, by a key for each"),
    },
    async run({ questions }, { ask }) {
      return text(JSON.stringify(await ask(questions)));
    },
  },
  {
    name: "add",
    title: "Add",
    support: "forbidden",
    description: "Cannot run as a task: it answers every call directly.",
    inputSchema: {
      a: z.number().default(2).describe("First summand"),
      b: z.number().default(3).describe("Second summand"),
    },
    async run({ a, b }) {
      return text(String(a + b));
    },
  },
];
