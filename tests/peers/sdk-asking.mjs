/** The tools of both SDK peers that ask: each protocol has its own way to bring the question to the client. */

import { z } from "zod";

const text = (value) => ({ content: [{ type: "text", text: String(value) }] });

/** A request for a form with one field. */
export const question = (message, type = "string") => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties: { value: { type } }, required: ["value"] } },
});

/** Each `run` gets `input(requests, withinMs)`, which asks the client and waits for all answers, or so long. */
export const askingTools = {
  ask_name: {
    description: "Ask the user for a name",
    async run(_, { input }) {
      const { name } = await input({ name: question("What is your name?") });
      return text(`${name.action}: ${name.content?.value}`);
    },
  },
  ask_twice: {
    description: "Ask two questions, and a third when they are answered",
    async run(_, { input }) {
      const { name, age } = await input({ name: question("What is your name?"), age: question("How old are you?", "integer") });
      const { colour } = await input({ colour: question("Which colour?") });
      return text([name, age, colour].map((answer) => answer.content?.value).join(", "));
    },
  },
  ask_form: {
    description: "Ask for a form with every kind of field, most of them with defaults",
    async run(_, { input }) {
      const properties = {
        name: { type: "string", default: "nobody" },
        age: { type: "integer", default: 30 },
        score: { type: "number", default: 9.5 },
        member: { type: "boolean", default: true },
        colour: { type: "string", enum: ["red", "blue"], default: "blue" },
        size: { type: "string", oneOf: [{ const: "s", title: "Small" }, { const: "l", title: "Large" }], default: "l" },
        days: { type: "array", items: { type: "string", enum: ["mon", "tue"] }, default: ["mon"] },
        note: { type: "string" },
      };
      const requestedSchema = { type: "object", properties };
      const { form } = await input({ form: { method: "elicitation/create", params: { mode: "form", message: "Who are you?", requestedSchema } } });
      return text(JSON.stringify(form));
    },
  },
  ask_and_give_up: {
    description: "Ask, and go on without the answer",
    inputSchema: { withinMs: z.number().default(600), thenMs: z.number().default(1500) },
    async run({ withinMs, thenMs }, { input, report }) {
      const answers = await input({ name: question("What is your name?") }, withinMs);
      await report("went on");
      await new Promise((resolve) => setTimeout(resolve, thenMs));
      return text(answers === undefined ? "gave up" : "answered");
    },
  },
  sample: {
    description: "Ask the client's model, with more in the request where the caller says so",
    inputSchema: { more: z.record(z.string(), z.unknown()).default({}) },
    async run({ more }, { input }) {
      const messages = [{ role: "user", content: { type: "text", text: "Say hi" } }];
      const { reply } = await input({ reply: { method: "sampling/createMessage", params: { messages, maxTokens: 16, ...more } } });
      return text(`the model says: ${reply.content.text}`);
    },
  },
  list_roots: {
    description: "Ask for the client's roots",
    async run(_, { input }) {
      const { roots } = await input({ roots: { method: "roots/list" } });
      return text(roots.roots.map((root) => root.uri).join(" "));
    },
  },
  ask_to_visit: {
    description: "Ask the user to visit a page",
    inputSchema: { url: z.string() },
    async run({ url }, { input }) {
      const { visit } = await input({ visit: { method: "elicitation/create", params: { mode: "url", message: "Please sign in", url } } });
      return text(visit.action);
    },
  },
};
