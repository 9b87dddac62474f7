import type { BrowserContext, Page } from "@playwright/test";
import { expect, test, type ScriptedServer } from "./fixtures.ts";

type Call = Parameters<Parameters<ScriptedServer["on"]>[1]>[0];

const HOUR = 3_600_000;
const STORED = "mcp-tasks:eras";

const version = async (url: string) => (await connect(url)).protocolVersion;

/** What the page remembers of a server: its era, and for how many hours. */
const remembered = (page: Page, url: string) =>
  page.evaluate(
    ({ url, STORED }) => {
      const entries = JSON.parse(localStorage.getItem(STORED) ?? "[]") as [string, { era: string; until: number }][];
      const verdict = entries.find(([origin]) => origin === new URL(url).origin)?.[1];
      return verdict && { era: verdict.era, hours: (verdict.until - Date.now()) / 3_600_000 };
    },
    { url, STORED },
  );

/** Has the page remember this of a server, from before it was loaded. */
async function remember(page: Page, url: string, era: string, until = Date.now() + HOUR): Promise<void> {
  const stored = JSON.stringify([[new URL(url).origin, { era, until }]]);
  await page.evaluate(({ stored, STORED }) => localStorage.setItem(STORED, stored), { stored, STORED });
  await page.reload();
}

/** The requests that failed as the console of any page has them. */
function failedIn(context: BrowserContext): string[] {
  const failed: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" && message.text().startsWith("Failed to load resource")) failed.push(message.location().url);
  });
  return failed;
}

/** Lets the browser send the headers of the newer protocol, and answers its first request as a server that speaks it alone. */
function renew(server: ScriptedServer): void {
  server.headers["access-control-allow-headers"] += ", mcp-method, mcp-name";
  const serverInfo = { name: "scripted", version: "2" };
  const described = {
    ...{ resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private" },
    _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
  };
  server.on("server/discover", (call) => call.result(described));
  server.on("initialize", (call) => unsupported(call));
}

const unsupported = (call: Call) => {
  const error = { code: -32022, message: "Unsupported protocol version", data: { supported: ["2026-07-28"], requested: "2025-11-25" } };
  const headers = { "content-type": "application/json" };
  call.http(400, headers, JSON.stringify({ jsonrpc: "2.0", id: call.message.id, error }));
};

for (const server of ["fastmcp", "fastmcpStateless", "fastmcp2", "sdk"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("a server that refuses the newer headers is reached all the same, at the price of one failed request, once", async ({
      page,
      newPage,
      url,
      wire,
    }) => {
      const failed = failedIn(page.context());
      const versions = [await page.evaluate(version, url), await page.evaluate(version, url)];
      await page.reload();
      versions.push(await page.evaluate(version, url));
      versions.push(await (await newPage()).evaluate(version, url));
      expect(versions).toEqual(Array.from(versions, () => "2025-11-25"));
      expect(failed).toEqual([url]);
      expect(wire.sent("server/discover").length).toBe(1);
      expect(wire.sent("initialize").length).toBe(4);
    });
  });
}

test("two clients that connect at the same time do not ask twice", async ({ page, scripted, wire }) => {
  const versions = await page.evaluate(async (url) => {
    const clients = await Promise.all([connect(url), connect(url)]);
    return clients.map((client) => client.protocolVersion);
  }, scripted.url);
  expect(versions).toEqual(["2025-11-25", "2025-11-25"]);
  expect(wire.sent("server/discover").length).toBe(1);
});

test.describe("where the headers pass", () => {
  test.beforeEach(({ scripted }) => renew(scripted));

  const json = { "content-type": "application/json" };
  for (const [why, answer] of [
    ["404", (call) => call.http(404)],
    ["405", (call) => call.http(405)],
    ["400 with an HTML page", (call) => call.http(400, { "content-type": "text/html" }, "<h1>No</h1>")],
    ["400 for want of a session", (call) => call.http(400, json, '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Missing session ID"}}')],
    ["a method that is not known", (call) => call.error(-32601, "Method not found")],
    ["a success that says nothing", (call) => call.result({})],
    ["a list of older versions", (call) => call.result({ supportedVersions: ["2025-11-25"], capabilities: {} })],
  ] as [string, (call: Call) => unknown][]) {
    test(`an answer of ${why} tells of an older server, which gets its session and is known for a day`, async ({ page, scripted, wire }) => {
      scripted.on("server/discover", answer).on("initialize", (call) => {
        call.response.setHeader("mcp-session-id", "s");
        return call.result({ protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "old", version: "1" } });
      });
      expect(await page.evaluate(version, scripted.url)).toBe("2025-11-25");
      expect(await page.evaluate(version, scripted.url)).toBe("2025-11-25");
      expect(wire.names()).toEqual(["server/discover", ...["initialize", "notifications/initialized"], ...["initialize", "notifications/initialized"]]);
      const verdict = await remembered(page, scripted.url);
      expect(verdict?.era).toBe("legacy");
      expect(verdict?.hours).toBeGreaterThan(23);
      expect(verdict?.hours).toBeLessThanOrEqual(24);
    });
  }

  for (const [status, code] of [
    [401, "unauthorized"],
    [403, "unauthorized"],
    [429, "http"],
    [500, "http"],
    [503, "http"],
  ] as const) {
    test(`HTTP ${status} says nothing about age: it is the error, no session is tried, and nothing remembered`, async ({ page, scripted, wire }) => {
      const { url } = scripted;
      scripted.on("server/discover", (call) => call.http(status));
      const ended = await page.evaluate(async (url) => settle(connect(url)), url);
      expect(ended.error).toMatchObject({ code, data: { status } });
      expect(new Set(wire.names())).toEqual(new Set(["server/discover"]));
      expect(await remembered(page, url)).toBeUndefined();
    });

    for (const [era, first] of [
      ["modern", "server/discover"],
      ["legacy", "initialize"],
    ] as const) {
      test(`HTTP ${status} does not change that the server is known to be ${era}`, async ({ page, scripted, wire }) => {
        const { url } = scripted;
        await remember(page, url, era);
        scripted.on(first, (call) => call.http(status));
        const ended = await page.evaluate(async (url) => settle(connect(url)), url);
        expect(ended.error).toMatchObject({ code, data: { status } });
        expect(new Set(wire.names())).toEqual(new Set([first]));
        expect((await remembered(page, url))?.era).toBe(era);
      });
    }
  }

  test("a server that was known to be older, and is not any more, is found out", async ({ page, scripted, wire }) => {
    await remember(page, scripted.url, "legacy");
    expect(await page.evaluate(version, scripted.url)).toBe("2026-07-28");
    expect(wire.names()).toEqual(["initialize", "server/discover"]);
    expect((await remembered(page, scripted.url))?.era).toBe("modern");
  });
});

test("a newer server whose CORS headers do not let the newer headers pass: `cors`, naming them", async ({ page, scripted }) => {
  scripted.on("initialize", unsupported);
  const ended = await page.evaluate(async (url) => settle(connect(url)), scripted.url);
  expect(ended.error?.code).toBe("cors");
  for (const header of ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"]) {
    expect(ended.error?.message).toContain(header);
    expect(ended.error?.data.missing).toContain(header);
  }
  expect(await remembered(page, scripted.url)).toBeUndefined();
});

test.describe("what is remembered", () => {
  for (const [server, era, hours] of [
    ["sdk2026", "modern", 24],
    ["fastmcp4", "modern", 24],
    ["fastmcp", "legacy", 1],
  ] as const) {
    test.describe(server, () => {
      test.use({ server });

      test(`a verdict, by origin: ${era}, for ${hours} hours at most`, async ({ page, url }) => {
        await page.evaluate(version, url);
        const verdict = await remembered(page, url);
        expect(verdict?.era).toBe(era);
        expect(verdict?.hours).toBeGreaterThan(hours - 0.1);
        expect(verdict?.hours).toBeLessThanOrEqual(hours);
      });
    });
  }

  test("one that has aged is asked for again, and one that was found again is not made older", async ({ page, scripted, wire }) => {
    await remember(page, scripted.url, "legacy", Date.now() - 1);
    await page.evaluate(version, scripted.url);
    expect(wire.names()).toEqual(["server/discover", "initialize", "notifications/initialized"]);
    expect((await remembered(page, scripted.url))?.era).toBe("legacy");
    await remember(page, scripted.url, "legacy", Date.now() + HOUR / 2);
    await page.evaluate(version, scripted.url);
    expect((await remembered(page, scripted.url))?.hours).toBeLessThanOrEqual(0.5);
  });

  for (const [what, stored] of [
    ["no JSON", "{oops"],
    ["no list", '{"a":1}'],
    ["no pairs", "[7, null]"],
    ["an era that nobody knows", '[["ORIGIN",{"era":"future","until":9e15}]]'],
  ] as const) {
    test(`what somebody else has left there, ${what}, is passed over`, async ({ page, scripted, wire }) => {
      const text = stored.replace("ORIGIN", scripted.origin);
      await page.evaluate(({ text, STORED }) => localStorage.setItem(STORED, text), { text, STORED });
      await page.reload();
      expect(await page.evaluate(version, scripted.url)).toBe("2025-11-25");
      expect(wire.sent("server/discover").length).toBe(1);
      expect((await remembered(page, scripted.url))?.era).toBe("legacy");
    });
  }

  test("one that fails is thrown away: a newer server that became FastMCP 3 is reached at the second try", async ({ page, fastmcp, wire }) => {
    wire.probes = 2;
    await remember(page, fastmcp, "modern");
    const ended = await page.evaluate(async (url) => settle(connect(url)), fastmcp);
    expect(ended.error?.code).toBe("cors");
    expect(await remembered(page, fastmcp)).toBeUndefined();
    expect(await page.evaluate(version, fastmcp)).toBe("2025-11-25");
  });
});

test.describe("a version that is asked for", () => {
  for (const server of ["sdk2026", "fastmcp4"] as const) {
    test.describe(server, () => {
      test.use({ server });

      test("2025-11-25 is spoken with a server that knows better, without a question, and proves nothing for the next who asks", async ({
        page,
        url,
        wire,
      }) => {
        const pinned = await page.evaluate(async (url) => (await connect(url, { protocolVersion: "2025-11-25" })).protocolVersion, url);
        expect(pinned).toBe("2025-11-25");
        expect(wire.names()).toEqual(["initialize", "notifications/initialized"]);
        expect(await page.evaluate(version, url)).toBe("2026-07-28");
      });

      test("2026-07-28 is spoken", async ({ page, url, wire }) => {
        const pinned = await page.evaluate(async (url) => (await connect(url, { protocolVersion: "2026-07-28" })).protocolVersion, url);
        expect(pinned).toBe("2026-07-28");
        expect(wire.names()).toEqual(["server/discover"]);
      });
    });
  }

  test("2026-07-28 is not given up for a session: FastMCP 3, whose CORS headers refuse it", async ({ page, fastmcp, wire }) => {
    const ended = await page.evaluate(async (url) => settle(connect(url, { protocolVersion: "2026-07-28" })), fastmcp);
    expect(ended.error).toMatchObject({ code: "cors", data: { missing: expect.stringContaining("Mcp-Method") } });
    expect(wire.names()).toEqual(["server/discover"]);
  });

  test("2026-07-28 on a server that says it has none: `unsupported`", async ({ page, scripted, wire }) => {
    renew(scripted);
    scripted.on("server/discover", (call) => call.http(404));
    const ended = await page.evaluate(async (url) => settle(connect(url, { protocolVersion: "2026-07-28" })), scripted.url);
    expect(ended.error?.code).toBe("unsupported");
    expect(wire.names()).toEqual(["server/discover"]);
  });

  test("what a version that is asked for meets is not what others are told", async ({ page, scripted, wire }) => {
    await page.evaluate(version, scripted.url);
    await page.evaluate(async (url) => settle(connect(url, { protocolVersion: "2026-07-28" })), scripted.url);
    expect((await remembered(page, scripted.url))?.era).toBe("legacy");
    wire.probes = 2;
  });
});

test.describe("a server that is not there", () => {
  test("`network`, and nothing is remembered", async ({ page, scripted }) => {
    const { url } = scripted;
    await scripted.close();
    const ended = await page.evaluate(async (url) => settle(connect(url)), url);
    expect(ended.error?.code).toBe("network");
    expect(await remembered(page, url)).toBeUndefined();
  });

  test("`network`, and one that is known to be older stays so", async ({ page, scripted, wire }) => {
    const { url } = scripted;
    await remember(page, url, "legacy");
    await scripted.close();
    const ended = await page.evaluate(async (url) => settle(connect(url)), url);
    expect(ended.error?.code).toBe("network");
    expect((await remembered(page, url))?.era).toBe("legacy");
    expect(wire.names()).toEqual(["initialize"]);
  });

  test("`network`, and one that is known to be newer is offered no session", async ({ page, scripted, wire }) => {
    const { url } = scripted;
    await remember(page, url, "modern");
    await scripted.close();
    const ended = await page.evaluate(async (url) => settle(connect(url)), url);
    expect(ended.error?.code).toBe("network");
    expect(wire.sent("initialize")).toEqual([]);
  });
});
