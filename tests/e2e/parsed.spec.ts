import { expect, test } from "./fixtures.ts";

/** A tool's result, called as a task and plainly: both must be the same. */
const bothWays = async ({ url, name, args }: { url: string; name: string; args: object }) => {
  const client = await connect(url);
  const task = await client.callTool(name, args as Record<string, unknown>, { task: true });
  const plain = await client.callTool(name, args as Record<string, unknown>);
  return [await task.result(), plain];
};

/** The same server in both eras: what it answers to the same call is the same to a page. */
for (const server of ["fastmcp", "fastmcp4"] as const) {
  test.describe(server, () => {
    test.use({ server });

    for (const [what, name, args, expected] of [
      [
        "a wrapped value is taken out of its wrapper",
        "quick",
        { value: 21 },
        { content: [{ type: "text", text: "42" }], structuredContent: { result: 42 }, data: 42 },
      ],
      [
        "an object is the data as it is",
        "structured",
        { title: "X" },
        {
          structuredContent: { title: "X", score: 0.5, tags: ["a", "b"] },
          data: { title: "X", score: 0.5, tags: ["a", "b"] },
        },
      ],
      ["null is a value", "nothing", {}, { content: [], structuredContent: { result: null }, data: null }],
      ["no content is a result", "empty", {}, { content: [] }],
    ] as const) {
      test(`${what}, as a task and plainly`, async ({ page, url }) => {
        const results = await page.evaluate(bothWays, { url, name, args });
        for (const result of results) {
          expect(result).toMatchObject(expected);
          expect(result?.isError ?? false).toBe(false);
        }
      });
    }

    test("without structured content there is no data, which is not null", async ({ page, url }) => {
      const kinds = await page.evaluate(async (url) => {
        const client = await connect(url);
        const empty = await (await client.callTool("empty", {}, { task: true })).result();
        const nothing = await (await client.callTool("nothing", {}, { task: true })).result();
        return [typeof empty.data, typeof empty.structuredContent, nothing.data === null];
      }, url);
      expect(kinds).toEqual(["undefined", "undefined", true]);
    });

    test("a megabyte arrives whole", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("big", { kilobytes: 1024 }, { task: true });
        const { data, content } = await task.result();
        const text = (content[0] as { text: string }).text;
        return [text.length, /^(0123456789abcdef)*$/.test(text), data === text];
      }, url);
      expect(seen).toEqual([1024 * 1024, true, true]);
    });

    test("a prompt's result is its description and messages", async ({ page, url }) => {
      const result = await page.evaluate(async (url) => {
        const task = await (await connect(url)).getPrompt("slow_prompt", { topic: "moss" }, { task: true });
        return task.result();
      }, url);
      expect(result).toMatchObject({
        description: "A prompt that takes a moment.",
        messages: [{ role: "user", content: { type: "text", text: "Write about moss" } }],
      });
    });

    test("a resource's result is its contents, text or blob", async ({ page, url }) => {
      const [text, blob] = await page.evaluate(async (url) => {
        const client = await connect(url);
        const read = async (uri: string) => (await client.readResource(uri, { task: true })).result();
        return [await read("data://report.txt"), await read("data://pixel.bin")];
      }, url);
      expect(text).toEqual([{ uri: "data://report.txt", mimeType: "text/plain", text: "report body" }]);
      expect(blob).toEqual([{ uri: "data://pixel.bin", mimeType: "application/octet-stream", blob: "AAH+/w==" }]);
    });

    test("`getTaskResult` gives what the plain request would have given", async ({ page, url }) => {
      const [own, byId] = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("structured", {}, { task: true });
        return [await task.result(), (await client.getTaskResult(task.taskId)) as CallToolResult];
      }, url);
      const { content, structuredContent } = own;
      expect(byId).toMatchObject({ content, structuredContent });
    });
  });
}

for (const server of ["sdk", "sdk2026", "sdk2026Bare", "sdk2026Polled"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("structured content by schema, and no content at all", async ({ page, url }) => {
      for (const result of await page.evaluate(bothWays, { url, name: "typed", args: { a: 3, b: 4 } })) {
        expect(result).toMatchObject({ content: [{ type: "text", text: "7" }], structuredContent: { sum: 7 }, data: { sum: 7 } });
      }
      for (const result of await page.evaluate(bothWays, { url, name: "empty", args: {} })) {
        expect(result?.content).toEqual([]);
      }
    });
  });
}

test.describe("scripted", () => {
  for (const [why, result, schema, data] of [
    ["the tool's schema marks the wrapper", { structuredContent: { result: [1] } }, { "x-fastmcp-wrap-result": true }, [1]],
    ["the result marks the wrapper", { structuredContent: { result: [1] }, _meta: { fastmcp: { wrap_result: true } } }, {}, [1]],
    ["nobody marks a wrapper: `result` is a member like any", { structuredContent: { result: [1] } }, {}, { result: [1] }],
    ["a mark without a wrapper takes nothing away", { structuredContent: { other: 1 } }, { "x-fastmcp-wrap-result": true }, { other: 1 }],
  ] as const) {
    test(`data where ${why}`, async ({ page, scripted }) => {
      scripted.tools = [{ ...scripted.tools[0], outputSchema: { type: "object", ...schema } }];
      scripted.task({ polls: ["completed"], result: { content: [], ...result } });
      const seen = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("work", {}, { task: true });
        return (await task.result()).data;
      }, scripted.url);
      expect(seen).toEqual(data);
    });
  }

  test("every kind of content, `_meta` and members that nobody knows pass through untouched", async ({ page, scripted }) => {
    const result = {
      content: [
        { type: "text", text: "zażółć 🦀", annotations: { audience: ["user"] } },
        { type: "image", data: "AAAA", mimeType: "image/png" },
        { type: "resource_link", uri: "a:b", name: "c" },
        { type: "hologram", depth: { of: [0, false, null] } },
      ],
      _meta: { "example.com/x": { deep: [0, "", null] } },
      "example.com/unknown": 1,
    };
    scripted.task({ polls: ["completed"], result });
    const seen = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      return task.result();
    }, scripted.url);
    expect(seen).toMatchObject(result);
  });
});
