import { z } from "zod";

export const INFO = { name: "mcp-tasks-demo", title: "Demo of mcp-tasks", version: "1.0.0" };
export const INSTRUCTIONS = "Every tool here ends in its own way. Start a few as tasks at the same time and watch them.";

const LIFECYCLE = `working -> input_required, completed, failed, cancelled
input_required -> working, completed, failed, cancelled
completed, failed and cancelled are final.`;

/**
 * The prompt and the resource of the demo, the same in both generations of the protocol.
 *
 * @param {{ registerPrompt: Function, registerResource: Function }} server of either SDK
 * @param {(shape: z.ZodRawShape) => unknown} [schemaOf] how its SDK wants the arguments of a prompt
 */
export function offerTexts(server, schemaOf = (shape) => shape) {
  server.registerPrompt(
    "explain_task",
    {
      title: "Explain a task",
      description: "A question for a language model about how a task ended.",
      argsSchema: schemaOf({
        status: z.string().describe("How it ended"),
        audience: z.string().optional().describe("Who will read it"),
      }),
    },
    ({ status, audience = "a developer" }) => ({
      description: "Explains the end of a task",
      messages: [{ role: "user", content: { type: "text", text: `Explain to ${audience} what it means that a task is “${status}”.` } }],
    }),
  );

  server.registerResource(
    "lifecycle",
    "demo://task-lifecycle",
    { title: "The life of a task", description: "The states of a task and the ways between them.", mimeType: "text/plain" },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: "text/plain", text: LIFECYCLE }] }),
  );
}
