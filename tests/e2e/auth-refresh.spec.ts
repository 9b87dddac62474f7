import { expect, test, type ScriptedAuthorization } from "./support/sign-in.ts";

const REFRESH = { grant_type: "refresh_token" };

/** The refresh tokens that were shown, in order. */
const shown = (authorization: ScriptedAuthorization) => authorization.sent("POST /token", REFRESH).map(({ params }) => params.get("refresh_token"));

/** Holds the token endpoint's answers back, so that what happens at once is at once. */
function slowly(authorization: ScriptedAuthorization): void {
  authorization.on("POST /token", async (exchange) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return authorization.lawful(exchange);
  });
}

test("a token that is refused is refreshed, without the user", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.tokens.expire();
  const called = await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())));
  expect(called).not.toHaveProperty("error");
  const [{ params } = { params: new URLSearchParams() }, ...more] = authorization.sent("POST /token", REFRESH);
  expect(more).toEqual([]);
  expect(params.get("resource")).toBe(scripted.url);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("a token whose time is up is refreshed before it is refused", async ({ page, scripted, authorization }) => {
  authorization.tokens.lifetimeMs = 1_000;
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.tokens.lifetimeMs = 60_000;
  const before = authorization.refused.length;
  await page.waitForTimeout(1_200);
  const called = await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())));
  expect(called).not.toHaveProperty("error");
  expect(authorization.sent("POST /token", REFRESH).length).toBeGreaterThan(0);
  expect(authorization.refused).toHaveLength(before);
});

test("many callers share one refresh", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  slowly(authorization);
  authorization.tokens.expire();
  const called = await page.evaluate(async () => {
    const ended = await Promise.all(Array.from({ length: 12 }, () => settle(kept.client.callTool("work"))));
    await kept.client.close();
    return ended.filter(({ error }) => error).length;
  });
  expect(called).toBe(0);
  expect(shown(authorization)).toHaveLength(1);
  expect(scripted.sent("tools/call")).toHaveLength(12);
});

test("each refresh shows the newest refresh token", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  for (let round = 0; round < 3; round++) {
    authorization.tokens.expire();
    expect(await page.evaluate(() => settle(kept.client.callTool("work")))).not.toHaveProperty("error");
  }
  await page.evaluate(() => kept.client.close());
  expect(shown(authorization)).toEqual(authorization.issued.slice(0, 3).map(({ refresh }) => refresh));
});

test("a server that does not replace the refresh token is shown it again", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.on("POST /token", (exchange) => {
    const answer: Record<string, unknown> = authorization.tokens.issue({ clientId: exchange.need("client_id"), resource: scripted.url, scopes: ["demo"] });
    exchange.json(200, answer);
  });
  for (let round = 0; round < 2; round++) {
    authorization.tokens.expire();
    expect(await page.evaluate(() => settle(kept.client.callTool("work")))).not.toHaveProperty("error");
  }
  await page.evaluate(() => kept.client.close());
  expect(shown(authorization)).toEqual([authorization.issued[0]?.refresh, authorization.issued[0]?.refresh]);
});

test("a refresh that is refused asks the user, once", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.forget();
  const called = await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())));
  expect(called).not.toHaveProperty("error");
  expect(shown(authorization)).toHaveLength(1);
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
});

test("a server that cannot refresh for now costs nobody the sign-in", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.tokens.expire();
  authorization.on("POST /token", (exchange) => exchange.json(503, {}));
  const failed = await page.evaluate(() => settle(kept.client.callTool("work")));
  expect(failed.error).toMatchObject({ code: "network" });
  authorization.on("POST /token", (exchange) => authorization.lawful(exchange));
  const called = await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())));
  expect(called).not.toHaveProperty("error");
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("offline_access is asked for where the server knows it, and nowhere else", async ({ page, pair }) => {
  for (const [why, says, scope] of [
    ["it knows it", {}, "demo offline_access"],
    ["it does not know it", { scopes_supported: ["demo"] }, "demo"],
    ["it says nothing of scopes", { scopes_supported: undefined }, "demo"],
  ] as const) {
    const { scripted, authorization } = await pair();
    authorization.says = says;
    expect(await page.evaluate((url) => visit(url), scripted.url), why).toMatchObject({ value: "at once" });
    expect(authorization.sent("GET /authorize")[0]?.params.get("scope"), why).toBe(scope);
  }
});

test("without a refresh token the user is asked again", async ({ page, scripted, authorization }) => {
  authorization.says = { scopes_supported: ["demo"] };
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.tokens.expire();
  expect(await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())))).not.toHaveProperty("error");
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
  // The app is registered already.
  expect(authorization.sent("POST /register")).toHaveLength(1);
});

for (const storage of ["indexeddb", "localstorage"] as const) {
  test.describe(`tokens in ${storage}`, () => {
    test.use({ keeps: true });

    test("two tabs have one sign-in, and refresh once when both are refused at once", async ({ page, newPage, scripted, authorization }) => {
      const tabs = [page, await newPage()];
      for (const tab of tabs) await tab.evaluate(async ({ url, storage }) => void (kept.client = await signedIn(url, { storage })), { url: scripted.url, storage });
      expect(authorization.sent("GET /authorize")).toHaveLength(1);
      slowly(authorization);
      authorization.tokens.expire();
      const call = async () => {
        const ended = await Promise.all([1, 2, 3].map(() => settle(kept.client.callTool("work"))));
        return ended.map(({ error }) => error?.message);
      };
      const called = await Promise.all(tabs.map((tab) => tab.evaluate(call)));
      expect(called.flat()).toEqual(Array(6).fill(undefined));
      expect(shown(authorization)).toHaveLength(1);
      expect(authorization.sent("GET /authorize")).toHaveLength(1);
      for (const tab of tabs) await tab.evaluate(() => kept.client.close());
    });

    test("a reload is still signed in, and who signs out is not", async ({ page, scripted, authorization }) => {
      const again = async () => {
        await page.reload();
        await page.waitForFunction("'signedIn' in globalThis");
        return page.evaluate(({ url, storage }) => visit(url, { storage }), { url: scripted.url, storage });
      };
      await again();
      expect(await again()).toMatchObject({ value: "at once" });
      expect(authorization.sent("GET /authorize")).toHaveLength(1);
      await page.reload();
      await page.waitForFunction("'signedIn' in globalThis");
      // Not even connected.
      await page.evaluate((storage) => oauth({ redirectUri, storage }).signOut(), storage);
      expect(await again()).toMatchObject({ value: "at once" });
      expect(authorization.sent("GET /authorize")).toHaveLength(2);
    });

    test("who signs out of one app of an origin can still sign out of the other", async ({ page, scripted, authorization }) => {
      const asked = await page.evaluate(
        async ({ url, storage }) => {
          const apps = [redirectUri, `${redirectUri}?other`].map((redirectUri) => ({ redirectUri, storage }));
          const visits = async (): Promise<unknown[]> => {
            const ended = [];
            for (const app of apps) ended.push((await visit(url, app)).value);
            return ended;
          };
          const before = await visits();
          // As other pages, which were not even connected.
          for (const app of apps) await oauth(app).signOut();
          return [before, await visits()];
        },
        { url: scripted.url, storage },
      );
      expect(asked).toEqual([Array(2).fill("at once"), Array(2).fill("at once")]);
      expect(authorization.sent("GET /authorize")).toHaveLength(4);
    });
  });
}

test("a server that is known, and hidden for a moment by what answers in its place, is a network that is down", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.provider = oauth({ redirectUri });
    kept.client = await connect(url, { auth: kept.provider });
  }, scripted.url);
  const METADATA = "GET /.well-known/oauth-authorization-server";
  authorization.on(METADATA, ({ response }) => {
    response.removeHeader("access-control-allow-origin");
    response.writeHead(503).end();
  });
  authorization.tokens.expire();
  const during = await page.evaluate(() => settle(kept.client.callTool("work")));
  expect(during.error?.code).toBe("network");
  authorization.on(METADATA, (exchange) => authorization.lawful(exchange));
  expect(await page.evaluate(() => settle(kept.client.callTool("work")))).not.toHaveProperty("error");
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});
