import { expect, test, type ScriptedServer } from "./fixtures.ts";

type Call = Parameters<Parameters<ScriptedServer["on"]>[1]>[0];

const ALLOW = "access-control-allow-headers";
const EXPOSE = "access-control-expose-headers";
const METHODS = "access-control-allow-methods";
const ORIGIN = "access-control-allow-origin";
const ERAS = ["2025-11-25", "2026-07-28"] as const;

/** Takes one name out of a list that the server sends. */
function forget(server: ScriptedServer, header: string, name: string): void {
  const names = server.headers[header]!.split(", ");
  expect(names).toContain(name);
  server.headers[header] = names.filter((each) => each !== name).join(", ");
}

/** A server that allows pages everything that they could want of it, in this era. */
function generous(server: ScriptedServer, era: (typeof ERAS)[number]): void {
  server.headers[ALLOW] += ", x-tenant, mcp-method, mcp-name";
  if (era === "2025-11-25") return;
  const complete = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
  server.on("server/discover", (call) => call.result({ ...complete, supportedVersions: [era], capabilities: { tools: {} } }));
  server.on("tools/list", (call) => call.result({ ...complete, tools: [{ name: "work", inputSchema: { type: "object" } }] }));
  server.on("tools/call", (call) => call.result({ ...complete, content: [] }));
  server.on("initialize", (call) => refuse(call, { code: -32022, message: "Unsupported", data: { supported: [era], requested: "2025-11-25" } }));
}

function refuse(call: Call, error: object, status = 400): void {
  call.http(status, { "content-type": "application/json" }, JSON.stringify({ jsonrpc: "2.0", id: call.message.id ?? null, error }));
}

/** A server with sessions that insists on them. */
function insist(server: ScriptedServer, methods: string[]): void {
  for (const method of methods) {
    server.on(method, (call) => (call.headers["mcp-session-id"] ? server.lawful(call) : refuse(call, { code: -32600, message: "Missing session ID" })));
  }
}

/** A page that uses the server. */
const use = async (url: string) => {
  const headers = { authorization: "Bearer t", "x-tenant": "7" };
  return settle(
    connect(url, { headers }).then(async (client) => {
      await client.callTool("work");
      await client.close();
    }),
  );
};

/** What the error says must be said; `missing` has the header that the server lacks, by any other name that may be to blame. */
function expectBlame(ended: { error?: { code: string; message: string; data?: { missing?: string } } }, header: string, name: string): void {
  expect(ended.error?.code).toBe("cors");
  const missing = ended.error?.data?.missing ?? "";
  const [line, values = ""] = missing.split(": ");
  expect(line?.toLowerCase()).toBe(header);
  expect(values.toLowerCase().split(", ")).toContain(name);
  expect(ended.error?.message).toContain(missing);
}

/** The table: what a server may forget. What it lacks is in the line that it is told to send, and that line is enough for it. */
for (const era of ERAS) {
  const isStateless = era === "2026-07-28";
  test.describe(era, () => {
    test("nothing is missing where the server allows it all", async ({ page, scripted, wire }) => {
      generous(scripted, era);
      expect((await page.evaluate(use, scripted.url)).error).toBeUndefined();
      expect(wire.knocks).toBe(0);
    });

    for (const name of [
      ...["content-type", "authorization", "x-tenant", "mcp-protocol-version"],
      ...(isStateless ? ["mcp-method", "mcp-name"] : ["mcp-session-id"]),
    ]) {
      test(`${name} may not be sent: \`cors\``, async ({ page, scripted, wire }) => {
        // It is asked anew each time that it has changed.
        wire.probes = 4;
        generous(scripted, era);
        forget(scripted, ALLOW, name);
        const ended = await page.evaluate(use, scripted.url);
        expectBlame(ended, ALLOW, name);

        // Said to be enough, it is: one line at a time leads to a server that works.
        for (let tries = 0, last = ended; last.error !== undefined; tries++) {
          expect(tries).toBeLessThan(3);
          scripted.headers[ALLOW] += `, ${(last.error.data as { missing: string }).missing.split(": ")[1]}`;
          // Another page: what a browser was once allowed, or refused, it keeps for a while.
          last = await page.evaluate(use, `${scripted.url}?${tries}`);
        }
      });
    }

    test("no origin is allowed: `cors`, told from a server that is not there", async ({ page, scripted, wire }) => {
      generous(scripted, era);
      delete scripted.headers[ORIGIN];
      expectBlame(await page.evaluate(use, scripted.url), ORIGIN, "*");
      expect(wire.knocks).toBe(2);
    });

    test("another origin alone is allowed: `cors`", async ({ page, scripted }) => {
      generous(scripted, era);
      scripted.headers[ORIGIN] = "https://elsewhere.example";
      expectBlame(await page.evaluate(use, scripted.url), ORIGIN, "*");
    });

    test("OPTIONS is refused, as by a sign-in wall that stands before it all: `cors`", async ({ page, scripted }) => {
      generous(scripted, era);
      scripted.preflight = 401;
      const ended = await page.evaluate(use, scripted.url);
      expectBlame(ended, ALLOW, "authorization");
      expect(ended.error?.message).toContain("OPTIONS");
    });

    test("WWW-Authenticate is hidden: `unauthorized` all the same, and the line is beside it", async ({ page, scripted }) => {
      generous(scripted, era);
      for (const method of ["server/discover", "initialize"]) scripted.on(method, (call) => call.http(401, { "www-authenticate": "Bearer" }));
      const told = await page.evaluate(use, scripted.url);
      expect(told.error).toMatchObject({ code: "unauthorized", data: { status: 401, wwwAuthenticate: "Bearer" } });
      forget(scripted, EXPOSE, "www-authenticate");
      const hidden = await page.evaluate(use, scripted.url);
      const missing = "Access-Control-Expose-Headers: WWW-Authenticate";
      expect(hidden.error).toMatchObject({ code: "unauthorized", message: expect.stringContaining(missing), data: { status: 401, missing } });
    });
  });
}

for (const methods of [["notifications/initialized", "tools/list", "tools/call"], ["tools/list", "tools/call"]]) {
  test(`a session that is hidden, of a server that insists on it from ${methods[0]} on: \`cors\``, async ({ page, scripted, wire }) => {
    generous(scripted, "2025-11-25");
    forget(scripted, EXPOSE, "mcp-session-id");
    insist(scripted, methods);
    const ended = await page.evaluate(use, scripted.url);
    expectBlame(ended, EXPOSE, "mcp-session-id");
    expect(wire.knocks).toBe(0);
  });
}

test("DELETE is not allowed: nothing is lost, and `onDebug` has the line", async ({ page, scripted }) => {
  forget(scripted, METHODS, "DELETE");
  const details = await page.evaluate(async (url) => {
    const details: (string | undefined)[] = [];
    const client = await connect(url, { onDebug: ({ detail }) => void details.push(detail) });
    await client.callTool("work");
    await client.close();
    return details;
  }, scripted.url);
  expect(details).toContainEqual(expect.stringContaining("Access-Control-Allow-Methods: DELETE"));
  expect(scripted.sent("DELETE")).toEqual([]);
});

test("Last-Event-ID may not be sent: a stream that breaks begins anew, what is asked on it comes, and `onDebug` has the line once", async ({ page, scripted }) => {
  forget(scripted, ALLOW, "last-event-id");
  scripted.on("GET", (call) => {
    call.stream();
    call.write("retry: 30\nid: first\ndata:\n\n");
  });
  await page.evaluate(async (url) => {
    const details: (string | undefined)[] = [];
    const asked: unknown[] = [];
    const elicitation = (params: unknown) => {
      asked.push(params);
      return { action: "decline" as const };
    };
    Object.assign(kept, { details, asked, client: await connect(url, { elicitation, onDebug: ({ detail }) => void details.push(detail) }) });
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1);
  for (const [index, name] of ["one", "two"].entries()) {
    scripted.hangUp();
    await scripted.received("GET", index + 2);
    const params = { message: name, requestedSchema: { type: "object", properties: {} } };
    scripted.push({ jsonrpc: "2.0", id: name, method: "elicitation/create", params });
    await page.waitForFunction((name) => JSON.stringify(kept.asked).includes(name), name);
  }
  const details = await page.evaluate(() => kept.details);
  expect(details.filter((detail) => detail?.includes("Access-Control-Allow-Headers: Last-Event-ID"))).toHaveLength(1);
  expect(scripted.sent("GET").every(({ headers }) => headers["last-event-id"] === undefined)).toBe(true);
});

test("GET needs no leave: a server that does not name it has its stream", async ({ page, scripted }) => {
  forget(scripted, METHODS, "GET");
  const watching = page.evaluate(async (url) => {
    const client = await connect(url);
    client.onNotification("notifications/note", () => {});
  }, scripted.url);
  await scripted.received("GET");
  await watching;
});

test("nobody there: `network`, after two looks", async ({ page, scripted, wire }) => {
  const { url } = scripted;
  await scripted.close();
  const ended = await page.evaluate(use, url);
  expect(ended.error?.code).toBe("network");
  expect(wire.knocks).toBe(2);
});
