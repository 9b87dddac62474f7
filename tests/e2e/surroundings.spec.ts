import { expect, test } from "./fixtures.ts";

test("a document that listens to nothing, as some pages give their Workers, is none", async ({ page, scripted }) => {
  const ended = await page.evaluate(async (url) => {
    for (const name of ["addEventListener", "removeEventListener"]) Object.defineProperty(document, name, { value: undefined, configurable: true });
    const client = await connect(url);
    const tools = await client.listTools();
    await client.close();
    return tools.length;
  }, scripted.url);
  expect(ended).toBe(1);
});

for (const hidden of [false, true]) {
  test(`without message channels large bodies are read and timers run, in a page that is ${hidden ? "hidden" : "seen"}`, async ({ page, scripted }) => {
    scripted.task({ polls: ["working", "completed"], pollInterval: 100 });
    const text = "large ".repeat(100_000);
    scripted.on("prompts/get", (call) => call.result({ messages: [{ role: "user", content: { type: "text", text } }] }));
    const seen = await page.evaluate(
      async ({ url, hidden }) => {
        Reflect.deleteProperty(globalThis, "MessageChannel");
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        const client = await connect(url, { notifications: false });
        const { messages } = await client.getPrompt("large");
        const task = await client.callTool("work", {}, { task: true });
        await task.result();
        await client.close();
        return (messages[0]!.content as { text: string }).text.length;
      },
      { url: scripted.url, hidden },
    );
    expect(seen).toBe(text.length);
  });
}
