import type { Page } from "@playwright/test";
import { expect, STATELESS, test } from "./fixtures.ts";

/** The module comes once it is let go. */
async function holdModule(page: Page): Promise<() => void> {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route("**/core.wasm", async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}

/** The page begins to connect, and nothing is waited for. */
const begin = (page: Page, url: string, options: { store?: "indexeddb"; timeoutMs?: number; headers?: Record<string, string> } = {}) =>
  page.evaluate(
    ({ url, options }) => {
      kept.controller = new AbortController();
      kept.ended = settle(connect(url, { ...options, signal: kept.controller.signal }).then(({ protocolVersion }) => protocolVersion));
    },
    { url, options },
  );

const ended = (page: Page) => page.evaluate(() => kept.ended);

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    for (const handlers of [[], ["elicitation"], ["sampling"], ["roots"], ["elicitation", "sampling", "roots"]]) {
      test(`the first request is sent once, in the core's own words, by a client that answers ${handlers.join(", ") || "nothing"}`, async ({
        page,
        url,
        wire,
      }) => {
        const version = await page.evaluate(
          async ({ url, handlers }) => {
            const options = Object.fromEntries(handlers.map((name) => [name, () => ({ action: "cancel" })]));
            return (await connect(url, { ...options, clientInfo: { version: "7", name: "täst", title: "T" } })).protocolVersion;
          },
          { url, handlers },
        );
        expect(version).toBe("2026-07-28");
        expect(wire.names()).toEqual(["server/discover"]);
        const declared = wire.sent("server/discover")[0]?.params._meta["io.modelcontextprotocol/clientCapabilities"];
        expect(Object.keys(declared).sort()).toEqual([...handlers, "extensions"].sort());
      });
    }

    test("it is sent while the module is still on its way, with the caller's headers", async ({ page, url, wire }) => {
      const letGo = await holdModule(page);
      await begin(page, url, { headers: { authorization: "Bearer early" } });
      await expect.poll(() => wire.sent("server/discover").length).toBe(1);
      expect(wire.sent("server/discover")[0]?.headers["authorization"]).toBe("Bearer early");
      letGo();
      expect((await ended(page)).value).toBe("2026-07-28");
      expect(wire.sent("server/discover").length).toBe(1);
    });
  });
}

test("a server of sessions that is known as one is asked nothing before the module is there", async ({ page, scripted, wire }) => {
  await page.evaluate(async (url) => void (await connect(url)), scripted.url);
  const sent = wire.names().length;
  await page.reload();
  const letGo = await holdModule(page);
  const asked = page.waitForRequest("**/core.wasm");
  await begin(page, scripted.url);
  await asked;
  await page.evaluate(() => sleep(100));
  expect(wire.names().length).toBe(sent);
  letGo();
  expect((await ended(page)).value).toBe("2025-11-25");
  expect(wire.names().slice(sent)).toEqual(["initialize", "notifications/initialized"]);
});

test("who may have a session to go on with sends nothing ahead", async ({ page, scripted, wire }) => {
  const letGo = await holdModule(page);
  const asked = page.waitForRequest("**/core.wasm");
  await begin(page, scripted.url, { store: "indexeddb" });
  await asked;
  await page.evaluate(() => sleep(100));
  expect(wire.names()).toEqual([]);
  letGo();
  expect((await ended(page)).value).toBe("2025-11-25");
});

test.describe("a request that nobody will take is aborted", () => {
  /** A server that never answers the first request; whether that was given up. */
  const aborted = (page: Page) => page.waitForEvent("requestfailed", (request) => request.postData()?.includes("server/discover") === true);

  test.beforeEach(({ scripted }) => {
    scripted.headers["access-control-allow-headers"] += ", mcp-method, mcp-name";
    scripted.on("server/discover", () => {});
  });

  test("when the module cannot be had", async ({ page, scripted }) => {
    await page.route("**/core.wasm", (route) => route.fulfill({ status: 500 }));
    const failed = aborted(page);
    await begin(page, scripted.url);
    expect((await ended(page)).error?.code).toBe("wasm_load");
    expect((await failed).failure()?.errorText).toBe("net::ERR_ABORTED");
  });

  test("when the caller leaves while the module is on its way", async ({ page, scripted }) => {
    await holdModule(page);
    const failed = aborted(page);
    await begin(page, scripted.url);
    await expect.poll(() => scripted.sent("server/discover").length).toBe(1);
    await page.evaluate(() => kept.controller.abort());
    await failed;
    expect((await ended(page)).error?.name).toBe("AbortError");
  });

  test("when the caller leaves once the core has taken it", async ({ page, scripted }) => {
    const failed = aborted(page);
    const module = page.waitForResponse("**/core.wasm");
    await begin(page, scripted.url);
    await module;
    await page.evaluate(() => sleep(200));
    await page.evaluate(() => kept.controller.abort());
    await failed;
    expect((await ended(page)).error?.name).toBe("AbortError");
  });
});
