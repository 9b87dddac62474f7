import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, STATELESS, test } from "./fixtures.ts";

const negotiated = async (url: string) => {
  const { protocolVersion, serverInfo, serverCapabilities, instructions, sessionId } = await connect(url);
  return { protocolVersion, serverInfo, serverCapabilities, instructions, sessionId };
};

test.describe("negotiation", () => {
  test("what FastMCP says of itself is there to read", async ({ page, fastmcp }) => {
    expect(await page.evaluate(negotiated, fastmcp)).toMatchObject({
      protocolVersion: "2025-11-25",
      serverInfo: { name: "fastmcp-peer", version: "3.4.10" },
      serverCapabilities: { tasks: { requests: { tools: { call: {} } } } },
      instructions: "Every tool here is for tests.",
      sessionId: expect.stringMatching(/.+/),
    });
  });

  for (const [server, name] of [
    ["fastmcp4", "fastmcp-peer"],
    ["sdk2026", "sdk2026-peer"],
    ["sdk2026Sse", "sdk2026-peer"],
  ] as const) {
    test.describe(server, () => {
      test.use({ server });

      test("what a server without sessions says of itself is there to read", async ({ page, url, wire }) => {
        const seen = await page.evaluate(negotiated, url);
        expect(seen).toMatchObject({
          protocolVersion: "2026-07-28",
          serverInfo: { name, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
          serverCapabilities: { extensions: { "io.modelcontextprotocol/tasks": {} } },
          instructions: "Every tool here is for tests.",
        });
        expect(seen.sessionId).toBeUndefined();
        expect(wire.names()).toEqual(["server/discover"]);
      });
    });
  }

  test("without sessions there is none", async ({ page, fastmcpStateless }) => {
    expect((await page.evaluate(negotiated, fastmcpStateless)).sessionId).toBeUndefined();
  });

  for (const [version, header] of [
    ["2025-06-18", "2025-06-18"],
    ["2025-03-26", undefined],
  ] as const) {
    test(`a server that offers only ${version} gets it, with the headers of that version`, async ({ page, scripted, wire }) => {
      wire.version = header;
      scripted.protocolVersion = version;
      scripted.capabilities = { tools: {} } as unknown as typeof scripted.capabilities;
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("work", {}, { task: true });
        return [client.protocolVersion, task.returnedImmediately, (await task.result()).content.length];
      }, scripted.url);
      expect(seen).toEqual([version, true, 1]);
      expect(scripted.sent("initialize")[0]?.params.protocolVersion).toBe("2025-11-25");
      expect(scripted.sent("tools/call")[0]?.headers["mcp-protocol-version"]).toBe(header);
    });
  }

  for (const version of ["2024-11-05", "1999-12-31", "", null, 7]) {
    test(`a server that offers ${JSON.stringify(version)} is refused with \`unsupported\``, async ({ page, scripted, wire }) => {
      wire.version = undefined;
      scripted.protocolVersion = version as string;
      const ended = await page.evaluate(async (url) => settle(connect(url)), scripted.url);
      expect(ended.error?.code).toBe("unsupported");
      expect(scripted.requests.map((call) => call.name).filter((name) => name.startsWith("tools"))).toEqual([]);
    });
  }

  test("`clientInfo` is told to the server, and the package's own without it", async ({ page, scripted }) => {
    await page.evaluate(async (url) => {
      await connect(url);
      await connect(url, { clientInfo: { name: "my app", version: "7" } });
    }, scripted.url);
    const [own, given] = scripted.sent("initialize").map((call) => call.params.clientInfo);
    expect(own).toMatchObject({ name: "mcp-tasks", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(given).toEqual({ name: "my app", version: "7" });
  });

  for (const [options, code] of [
    [{ store: "cookies" }, "invalid_argument"],
    [{ store: { set: 1 } }, "invalid_argument"],
    [{ auth: {} }, "invalid_argument"],
  ] as const) {
    test(`${JSON.stringify(options)} is refused rather than passed over`, async ({ page, scripted }) => {
      const ended = await page.evaluate(
        async ({ url, options }) => {
          return settle(connect(url, options as object));
        },
        { url: scripted.url, options },
      );
      expect(ended.error?.code).toBe(code);
      expect(scripted.requests).toEqual([]);
    });
  }
});

test.describe("headers and fetch", () => {
  test("`headers` go with every request, and a function is asked before each", async ({ page, scripted }) => {
    scripted.task({ polls: ["completed"] });
    await page.evaluate(async (url) => {
      let asked = 0;
      const client = await connect(url, { headers: () => Promise.resolve({ authorization: `Bearer ${++asked}` }) });
      await (await client.callTool("work", {}, { task: true })).result();
      await client.close();
    }, scripted.url);
    const tokens = scripted.requests.map((call) => call.headers["authorization"]);
    expect(new Set(tokens).size).toBe(scripted.requests.length);
    expect(tokens.every((token) => token?.startsWith("Bearer "))).toBe(true);
  });

  test("credentials are not in what `onDebug` is told", async ({ page, scripted }) => {
    scripted.session = "session-that-nobody-may-see";
    const told = await page.evaluate(async (url) => {
      const told: unknown[] = [];
      const client = await connect(url, { headers: { authorization: "Bearer very-secret" }, onDebug: (event) => void told.push(event) });
      await client.listTools();
      return JSON.stringify(told);
    }, scripted.url);
    expect(told).toContain("tools/list");
    expect(told).not.toContain("very-secret");
    expect(told).not.toContain("session-that-nobody-may-see");
  });

  test("`fetch` is asked instead of the page's own", async ({ page, scripted }) => {
    const urls = await page.evaluate(async (url) => {
      const urls: string[] = [];
      const client = await connect(url, { fetch: (input, init) => (urls.push(new Request(input).url), fetch(input, init)) });
      await client.listTools();
      return urls;
    }, scripted.url);
    // The first, which asks for the newer protocol, the browser does not let through to this server.
    expect(urls.length).toBe(scripted.requests.length + 1);
    expect(new Set(urls)).toEqual(new Set([scripted.url]));
  });
});

for (const server of STATELESS) {
  test.describe(`headers, ${server}`, () => {
    test.use({ server });

    test("`headers` and `clientInfo` go with every request", async ({ page, url, wire }) => {
      await page.evaluate(async (url) => {
        let asked = 0;
        const clientInfo = { name: "my app", version: "7" };
        const client = await connect(url, { clientInfo, headers: () => ({ authorization: `Bearer ${++asked}` }) });
        await (await client.callTool("quick", { value: 1 }, { task: true })).result();
        await client.close();
      }, url);
      const tokens = wire.requests.map((request) => request.headers["authorization"]);
      expect(tokens.length).toBeGreaterThan(3);
      expect(new Set(tokens).size).toBe(tokens.length);
      for (const { params } of wire.requests) {
        expect(params._meta["io.modelcontextprotocol/clientInfo"]).toEqual({ name: "my app", version: "7" });
      }
    });

    test("`close()` ends the stream, sends nothing, and leaves the task running", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("forever", {}, { task: true });
        task.onStatusChange(() => {});
        await sleep(200);
        await client.close();
        await client.close();
        const ended = [await settle(client.listTools()), await settle(client.callTool("quick")), await settle(task.status())];
        return { codes: ended.map((each) => each.error?.code), taskId: task.taskId };
      }, url);
      expect(seen.codes).toEqual(["closed", "closed", "closed"]);
      const sent = wire.requests.length;
      await page.evaluate(() => sleep(500));
      expect(wire.requests.length).toBe(sent);
      const status = await page.evaluate(
        async ({ url, taskId }) => (await (await connect(url)).getTaskStatus(taskId)).status,
        { url, taskId: seen.taskId },
      );
      expect(status).toBe("working");
      // To ask once about a task is no reason for a stream.
      expect(wire.names().slice(sent)).toEqual(["server/discover", "tasks/get"]);
    });
  });
}

test.describe("what can go wrong", () => {
  for (const [status, code] of [
    [400, "http"],
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "http"],
    [500, "http"],
    [503, "http"],
  ] as const) {
    test(`HTTP ${status} while connecting: \`${code}\``, async ({ page, scripted }) => {
      scripted.on("initialize", (call) => call.http(status, { "www-authenticate": "Bearer" }));
      const ended = await page.evaluate(async (url) => settle(connect(url)), scripted.url);
      expect(ended.error).toMatchObject({ code, data: { status } });
      if (code === "unauthorized") expect(ended.error?.data.wwwAuthenticate).toBe("Bearer");
    });
  }

  test("nobody there: `network`", async ({ page, scripted }) => {
    const { url } = scripted;
    await scripted.close();
    const ended = await page.evaluate(async (url) => settle(connect(url)), url);
    expect(ended.error).toMatchObject({ mcp: true, code: "network" });
  });

  test("FastMCP for another origin alone: `cors`, naming the header", async ({ page, fastmcpElsewhere }) => {
    const ended = await page.evaluate(async (url) => settle(connect(url)), fastmcpElsewhere);
    expect(ended.error).toMatchObject({ code: "cors", data: { missing: "Access-Control-Allow-Origin: *" } });
  });

  test("a server that hides its session: `cors`, naming the header", async ({ page, scripted, wire }) => {
    wire.version = "2025-11-25";
    delete scripted.headers["access-control-expose-headers"];
    const error = { code: -32600, message: "Bad Request: Missing session ID" };
    const missing = JSON.stringify({ jsonrpc: "2.0", id: "server-error", error });
    for (const method of ["notifications/initialized", "tools/list"]) {
      scripted.on(method, (call) =>
        call.headers["mcp-session-id"] ? call.result({ tools: [] }) : call.http(400, { "content-type": "application/json" }, missing),
      );
    }
    const ended = await page.evaluate(async (url) => settle(connect(url).then((client) => client.listTools())), scripted.url);
    expect(ended.error?.code).toBe("cors");
    expect(ended.error?.message).toMatch(/Mcp-Session-Id/i);
    expect(ended.error?.data.missing).toMatch(/Mcp-Session-Id/i);
  });

  test("a server that never answers: `timeout`, after `timeoutMs`", async ({ page, scripted }) => {
    scripted.on("initialize", () => {});
    const ended = await page.evaluate(async (url) => settle(connect(url, { timeoutMs: 300 })), scripted.url);
    expect(ended.error?.code).toBe("timeout");
    expect(ended.ms).toBeLessThan(3000);
  });

  test("`signal` ends the connecting with its reason", async ({ page, scripted }) => {
    scripted.on("initialize", () => {});
    const same = await page.evaluate(async (url) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), 50);
      return connect(url, { signal: controller.signal }).catch((error: unknown) => error === reason);
    }, scripted.url);
    expect(same).toBe(true);
  });

  test("something that is no URL: `invalid_argument`", async ({ page }) => {
    const ended = await page.evaluate(async () => settle(connect("http://")));
    expect(ended.error?.code).toBe("invalid_argument");
  });

  test("credentials do not follow a redirect to another origin", async ({ page, scripted }) => {
    const other = await ScriptedServer.start();
    scripted.on("initialize", (call) => call.http(307, { location: other.url }));
    const ended = await page.evaluate(async (url) => settle(connect(url, { headers: { authorization: "Bearer secret" } })), scripted.url);
    expect(ended.error?.code).toBe("http");
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test("without credentials a redirect is followed", async ({ page, scripted }) => {
    scripted.on("initialize", (call) => (call.request.url === "/mcp" ? call.http(307, { location: "/moved" }) : scripted.lawful(call)));
    expect((await page.evaluate(negotiated, scripted.url)).serverInfo).toMatchObject({ name: "scripted" });
  });
});

test.describe("the end of it", () => {
  test("`close()` ends session and stream, and leaves the task running", async ({ page, scripted }) => {
    scripted.task({ pollInterval: 60_000 });
    const ends: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "DELETE") ends.push(request.headers()["mcp-session-id"] ?? "");
    });
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("work", {}, { task: true });
      task.onStatusChange(() => {});
      await sleep(100);
      await client.close();
      await client.close();
      return [await settle(client.listTools()), await settle(client.callTool("work")), await settle(task.status())].map((ended) => ended.error?.code);
    }, scripted.url);
    expect(seen).toEqual(["closed", "closed", "closed"]);
    await scripted.until(() => scripted.streams === 0);
    // The page sends it once; a browser that loses its connection may send it to the server again.
    expect(ends).toEqual(["session-1"]);
    expect(new Set(scripted.sent("DELETE").map((call) => call.headers["mcp-session-id"]))).toEqual(new Set(["session-1"]));
    expect(scripted.sent("tasks/cancel")).toEqual([]);
  });

  test("a server that refuses DELETE, or has no session to end, is closed as quietly", async ({ page, scripted, fastmcpStateless }) => {
    scripted.on("DELETE", (call) => call.http(405));
    for (const url of [scripted.url, fastmcpStateless]) {
      const ended = await page.evaluate(async (url) => settle((await connect(url)).close()), url);
      expect(ended.error).toBeUndefined();
    }
  });

  test("to dispose of it is to close it", async ({ page, scripted }) => {
    await page.evaluate(async (url) => {
      const client = await connect(url);
      await client[Symbol.asyncDispose]();
    }, scripted.url);
    expect(scripted.sent("DELETE").length).toBe(1);
  });
});
