import { expect, test } from "./fixtures.ts";
import { decoded } from "./support/stateless.ts";

declare global {
  /** A client that knows the server's tools. */
  function reading(url: string): Promise<Client>;
}

test.beforeEach(async ({ page }) => {
  await page.evaluate(() => {
    const reading = async (url: string): Promise<Client> => {
      const client = await connect(url);
      await client.listTools();
      return client;
    };
    Object.assign(globalThis, { reading });
  });
});

/** What a tool wants to see of its arguments in headers (`x-mcp-header` in its input schema). */
for (const server of ["fastmcp4", "sdk2026"] as const) {
  test.describe(server, () => {
    test.use({ server });

    for (const [why, args, region, shard, text] of [
      ["plain text and a number", { region: "eu-west", shard: 7 }, "eu-west", "7", "eu-west 7"],
      ["what is absent is left out", { region: "eu" }, "eu", undefined, "eu 0"],
      ["letters beyond ASCII", { region: "Łódź 🦀", shard: 0 }, "Łódź 🦀", "0", "Łódź 🦀 0"],
      ["space at the ends", { region: " eu ", shard: -1 }, " eu ", "-1", " eu  -1"],
      ["a line break", { region: "a\r\nb" }, "a\r\nb", undefined, "a\r\nb 0"],
      ["what looks like the encoded form", { region: "=?base64?YQ==?=" }, "=?base64?YQ==?=", undefined, "=?base64?YQ==?= 0"],
    ] as const) {
      test(`arguments go into headers as well: ${why}`, async ({ page, url, wire }) => {
        const result = await page.evaluate(async ({ url, args }) => (await reading(url)).callTool("routed", args), { url, args });
        expect(result.content).toMatchObject([{ text }]);
        const headers = wire.sent("tools/call")[0]?.headers ?? {};
        // Encoded twice where it looks encoded: what is decoded once is what was meant.
        expect(decoded(headers["mcp-param-region"])).toBe(region);
        expect(decoded(headers["mcp-param-shard"])).toBe(shard);
        if (region !== "eu-west" && region !== "eu") expect(headers["mcp-param-region"]).toMatch(/^=\?base64\?.*\?=$/);
      });
    }

    test("a tool that nobody has read about is called at once, refused, and called again with its headers", async ({ page, url, wire }) => {
      const result = await page.evaluate(async (url) => (await connect(url)).callTool("routed", { region: "eu", shard: 7 }), url);
      expect(result.content).toMatchObject([{ text: "eu 7" }]);
      expect(wire.sent("tools/call").map(({ headers }) => headers["mcp-param-region"])).toEqual([undefined, "eu"]);
      expect(wire.sent("tools/list")).toHaveLength(1);
    });

    test("a number that no header can hold is refused before anything is sent", async ({ page, url, wire }) => {
      const ended = await page.evaluate(
        async (url) => [
          await settle((await reading(url)).callTool("routed", { region: "eu", shard: 2 ** 60 })),
          await settle((await reading(url)).callTool("routed", { region: { name: "eu" } })),
        ],
        url,
      );
      expect(ended.map((each) => each.error?.code)).toEqual(["invalid_argument", "invalid_argument"]);
      expect(wire.sent("tools/call")).toEqual([]);
    });

    test("names go into a header in the same way", async ({ page, url, wire }) => {
      const codes = await page.evaluate(async (url) => {
        const client = await connect(url);
        const ended = [
          await settle(client.getPrompt("zażółć")),
          await settle(client.readResource("data://item/ż 1")),
          await settle(client.getTaskStatus("=?base64?YQ==?=")),
        ];
        return ended.map((each) => each.error?.code ?? "found");
      }, url);
      // The server has none of these, and says so: a name that it could not read would be refused for its header.
      expect(codes).toEqual(["rpc", server === "fastmcp4" ? "found" : "rpc", "task_not_found"]);
      for (const name of ["prompts/get", "resources/read", "tasks/get"]) {
        expect(wire.sent(name)[0]?.headers["mcp-name"]).toMatch(/^=\?base64\?.*\?=$/);
      }
    });
  });
}

test.describe("a server whose CORS headers do not allow what its own tool wants", () => {
  const INPUT = { type: "object", properties: { tenant: { type: "string", "x-mcp-header": "Tenant" } } };

  test.beforeEach(({ scripted }) => {
    scripted.headers["access-control-allow-headers"] += ", mcp-method, mcp-name";
    scripted.tools = [{ name: "work", inputSchema: INPUT }];
    const described = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private" };
    scripted.on("server/discover", (call) => call.result(described));
    scripted.on("tools/list", (call) => call.result({ resultType: "complete", tools: scripted.tools, ttlMs: 60_000, cacheScope: "private" }));
  });

  test("`cors`, naming the header, and the client lives on", async ({ page, scripted }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await reading(url);
      const call = (args: object) => settle(client.callTool("work", args as Record<string, unknown>));
      return { first: await call({ tenant: "ada" }), without: await call({}), again: await call({ tenant: "ada" }) };
    }, scripted.url);
    // Until a call has passed, its name may be what is not allowed.
    expect(seen.first.error?.code).toBe("cors");
    expect(seen.first.error?.data.missing).toMatch(/^Access-Control-Allow-Headers: .*Mcp-Param-Tenant$/i);
    expect(seen.without.value?.content).toMatchObject([{ text: "at once" }]);
    expect(seen.again.error?.code).toBe("cors");
    expect(seen.again.error?.message).toMatch(/Mcp-Param-Tenant/i);
    expect(seen.again.error?.data.missing).toMatch(/^Access-Control-Allow-Headers: Mcp-Param-Tenant$/i);
    expect(scripted.sent("tools/call").length).toBe(1);
  });

  test("once it allows it the call passes", async ({ page, scripted }) => {
    scripted.headers["access-control-allow-headers"] += ", mcp-param-tenant";
    const result = await page.evaluate(async (url) => (await reading(url)).callTool("work", { tenant: "ada" }), scripted.url);
    expect(result.content).toMatchObject([{ text: "at once" }]);
    expect(scripted.sent("tools/call")[0]?.headers["mcp-param-tenant"]).toBe("ada");
  });

  test("a server that wants a header which its list did not tell of is asked for its list again, once", async ({ page, scripted }) => {
    scripted.headers["access-control-allow-headers"] += ", mcp-param-tenant";
    scripted.tools = [{ name: "work", inputSchema: { type: "object" } }];
    scripted.on("tools/call", (call) => {
      if (call.headers["mcp-param-tenant"] === "ada") return call.result({ resultType: "complete", content: [] });
      scripted.tools = [{ name: "work", inputSchema: INPUT }];
      const error = { code: -32020, message: "Header mismatch" };
      return call.http(400, { "content-type": "application/json" }, JSON.stringify({ jsonrpc: "2.0", id: call.message.id, error }));
    });
    const seen = await page.evaluate(async (url) => {
      const client = await reading(url);
      return [await settle(client.callTool("work", { tenant: "ada" })), await settle(client.callTool("work", { tenant: "grace" }))];
    }, scripted.url);
    expect(seen[0]?.value?.content).toEqual([]);
    expect(seen[1]?.error).toMatchObject({ code: "rpc", data: { code: -32020 } });
    expect(scripted.sent("tools/list").length).toBe(3);
    expect(scripted.sent("tools/call").length).toBe(4);
  });

  test("a tool that wants a header which cannot be is left out, and `onDebug` hears why", async ({ page, scripted }) => {
    const odd = { type: "object", properties: { tenant: { type: "string", "x-mcp-header": "Two Words" } } };
    scripted.tools = [
      { name: "odd", inputSchema: odd },
      { name: "work", inputSchema: INPUT },
    ];
    const seen = await page.evaluate(async (url) => {
      const told: unknown[] = [];
      const client = await connect(url, { onDebug: ({ detail }) => void told.push(detail) });
      return { names: (await client.listTools()).map((tool) => tool.name), told: JSON.stringify(told) };
    }, scripted.url);
    expect(seen.names).toEqual(["work"]);
    expect(seen.told).toContain("x-mcp-header");
  });
});
