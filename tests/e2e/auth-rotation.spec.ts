import type { Page } from "@playwright/test";
import { ScriptedServer } from "../peers/scripted.mjs";
import { asked, shown } from "./support/asked.ts";
import { putAhead } from "./support/clock.ts";
import { Gate } from "./support/gate.ts";
import { expect, test, type ScriptedAuthorization } from "./support/sign-in.ts";

type Exchange = Parameters<Parameters<ScriptedAuthorization["on"]>[1]>[0];

/** Tokens are issued for five minutes: after so long they are good, and soon no more. */
const NEARLY = 4.75 * 60_000;
const METADATA = "GET /.well-known/oauth-authorization-server";

const call = (page: Page, args = {}) => page.evaluate((args) => settle(kept.client.callTool("work", args)), args);
const close = (page: Page) => page.evaluate(() => kept.client.close());

/** Answers requests for a refresh by `answer`, and others lawfully. */
function onRefresh(authorization: ScriptedAuthorization, answer: (exchange: Exchange) => unknown): void {
  authorization.on("POST /token", (exchange) => (exchange.params.get("grant_type") === "refresh_token" ? answer(exchange) : authorization.lawful(exchange)));
}

/** Holds back what refreshes bring. */
function holdRefresh(authorization: ScriptedAuthorization): Gate {
  const gate = new Gate();
  onRefresh(authorization, async (exchange) => {
    await gate.wait();
    return authorization.lawful(exchange);
  });
  return gate;
}

/** Holds the first call of a tool back before anybody looks whether it may pass. */
function holdCall(scripted: ScriptedServer, gate: Gate): void {
  const { guard } = scripted;
  let isFirst = true;
  scripted.guard = async (request) => {
    if (request.name === "tools/call" && isFirst) {
      isFirst = false;
      await gate.wait();
    }
    return guard(request);
  };
}

test("what is refused while the tokens are being refreshed is no reason for a second refresh", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  const sent = new Gate();
  holdCall(scripted, sent);
  const refreshing = holdRefresh(authorization);
  const first = call(page);
  await sent.reached;
  authorization.tokens.expire();
  await putAhead(page, NEARLY);
  const second = call(page);
  await refreshing.reached;
  sent.open();
  await expect.poll(() => authorization.sent(METADATA).length).toBe(2);
  // By now a second refresh would be on its way.
  await page.waitForTimeout(150);
  refreshing.open();
  for (const ended of [await first, await second]) expect(ended).not.toHaveProperty("error");
  expect(shown(authorization)).toHaveLength(1);
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("a refresh does not replace what the user has signed in for meanwhile", async ({ page, scripted, authorization }) => {
  const needs = (message: { params?: { arguments?: { needs?: string } } } | undefined) => message?.params?.arguments?.needs ?? "demo";
  authorization.protect(scripted, { scopes: ["demo", "reports"], scopeOf: needs });
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  const sent = new Gate();
  holdCall(scripted, sent);
  const refreshing = holdRefresh(authorization);
  const more = call(page, { needs: "reports" });
  await sent.reached;
  await putAhead(page, NEARLY);
  const plain = call(page);
  await refreshing.reached;
  sent.open();
  expect(await more).not.toHaveProperty("error");
  refreshing.open();
  expect(await plain).not.toHaveProperty("error");
  expect(await call(page, { needs: "reports" })).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(2);
  await close(page);
});

for (const [what, lateMs] of [
  ["a storage", 0],
  ["a storage that shows only after a while what was written", 300],
] as const) {
  test(`two providers of one page with ${what} refresh once, when both are refused at once`, async ({ page, scripted, authorization }) => {
    await page.evaluate(
      async ({ url, lateMs }) => {
        kept.storage = memory(lateMs);
        const first = await signedIn(url, { storage: kept.storage });
        await sleep(lateMs);
        kept.clients = [first, await signedIn(url, { storage: kept.storage })];
      },
      { url: scripted.url, lateMs },
    );
    expect(asked(authorization)).toHaveLength(1);
    authorization.tokens.expire();
    const failed = await page.evaluate(async () => {
      const ended = await Promise.all(kept.clients.map((client) => settle(client.callTool("work"))));
      await Promise.all(kept.clients.map((client) => client.close()));
      return ended.filter(({ error }) => error).map(({ error }) => error);
    });
    expect(failed).toEqual([]);
    expect(shown(authorization)).toHaveLength(1);
    expect(asked(authorization)).toHaveLength(1);
  });
}

test("a refresh token that was replaced beside an access token that was not is known to the other provider", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    kept.clients = [await signedIn(url, { storage: kept.storage }), await signedIn(url, { storage: kept.storage })];
  }, scripted.url);
  const [{ access } = { access: "" }] = authorization.issued;
  onRefresh(authorization, async (exchange) => exchange.json(200, { ...(await authorization.grants.get("refresh_token")!(exchange)), access_token: access }));
  for (const nth of [0, 1]) {
    await putAhead(page, NEARLY);
    expect(await page.evaluate((nth) => settle(kept.clients[nth]!.callTool("work")), nth)).not.toHaveProperty("error");
  }
  expect(shown(authorization)).toEqual(authorization.issued.slice(0, 2).map(({ refresh }) => refresh));
  expect(asked(authorization)).toHaveLength(1);
  await page.evaluate(() => Promise.all(kept.clients.map((client) => client.close())));
});

const TROUBLES = [
  ["is broken off", ({ response }) => response.destroy()],
  ["never comes", () => {}, { timeoutMs: 1_500 }],
  ["is trouble of the server's own", (exchange) => exchange.json(503, { error: "invalid_grant" })],
  ["asks for patience", (exchange) => exchange.json(429, { error: "too_many_requests" })],
  ["says that it may be good later", (exchange) => exchange.json(400, { error: "temporarily_unavailable" })],
  ["says that something failed", (exchange) => exchange.json(400, { error: "server_error" })],
  ["is a page of something on the way", (exchange) => exchange.page(200, "<h1>Welcome to the hotel</h1>")],
  ["is a page that lets nobody through", (exchange) => exchange.page(403, "<h1>Blocked</h1>")],
  ["leads elsewhere", (exchange) => exchange.redirect("https://hotel.example/")],
  ["has no token", (exchange) => exchange.json(200, {})],
] satisfies [string, (exchange: Exchange) => unknown, object?][];

test("a refresh whose answer cannot be had costs no tokens: the same refresh token is shown again", async ({ page, pair }) => {
  const pairs = [];
  await page.evaluate(() => void (kept.clients = []));
  for (const [why, answer, options = {}] of TROUBLES) {
    const { scripted, authorization } = await pair();
    await page.evaluate(async ({ url, options }) => void kept.clients.push(await signedIn(url, options)), { url: scripted.url, options });
    authorization.tokens.expire();
    onRefresh(authorization, (exchange) => (shown(authorization).length === 1 ? answer(exchange) : authorization.lawful(exchange)));
    pairs.push({ why, authorization });
  }
  // A call is made again when the network fails: all wait for that at once.
  const ended = await page.evaluate(() => Promise.all(kept.clients.map((client) => settle(client.callTool("work").then(() => client.close())))));
  for (const [nth, { why, authorization }] of pairs.entries()) {
    expect.soft(ended[nth], why).not.toHaveProperty("error");
    expect.soft(shown(authorization), why).toEqual(Array(2).fill(authorization.issued[0]?.refresh));
    expect.soft(asked(authorization), why).toHaveLength(1);
  }
});

test("a refresh that fails before the time is up is no harm", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  onRefresh(authorization, (exchange) => exchange.json(503, {}));
  await putAhead(page, NEARLY);
  expect(await call(page)).not.toHaveProperty("error");
  expect(shown(authorization).length).toBeGreaterThan(0);
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("a server that does not take the nonce that it wants costs no tokens either", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url, { dpop: true })), scripted.url);
  authorization.tokens.expire();
  onRefresh(authorization, (exchange) => {
    if (shown(authorization).length > 2) return authorization.lawful(exchange);
    return exchange.json(400, { error: "use_dpop_nonce" }, { "dpop-nonce": "again" });
  });
  expect(await call(page)).not.toHaveProperty("error");
  expect(shown(authorization)).toHaveLength(3);
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("a refresh is made as the client that the tokens were given to, whoever the app is by now", async ({ page, wire, scripted, authorization, site }) => {
  const other = await ScriptedServer.start();
  wire.isMcp = (url) => [scripted.url, other.url].includes(url);
  authorization.protect(other);
  authorization.says = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
  authorization.on("POST /register", (exchange) => {
    const nth = authorization.sent("POST /register").length;
    authorization.acquaint({ clientId: `client-${nth}`, name: "The tests", redirectUris: [`${site}/dist/callback.html`] });
    exchange.json(201, { client_id: `client-${nth}`, client_secret: `secret-${nth}`, token_endpoint_auth_method: "client_secret_post" });
  });
  await page.evaluate(
    async ([url, other]) => {
      kept.storage = memory();
      const { entries } = kept.storage;
      await visit(url!, { storage: kept.storage });
      [...entries.keys()].filter((key) => key.startsWith("mcp-tasks client")).forEach((key) => entries.delete(key));
      await visit(other!, { storage: kept.storage });
    },
    [scripted.url, other.url],
  );
  authorization.tokens.expire();
  expect(await page.evaluate((url) => visit(url, { storage: kept.storage }), scripted.url)).toMatchObject({ value: "at once" });
  const refreshes = authorization.sent("POST /token", { grant_type: "refresh_token" });
  expect(refreshes.map(({ params }) => [params.get("client_id"), params.get("client_secret")])).toEqual([["client-1", "secret-1"]]);
  expect(authorization.sent("POST /register")).toHaveLength(2);
  expect(asked(authorization)).toHaveLength(2);
  await other.close();
});

test("a secret of the app's own is shown with every refresh, and kept nowhere", async ({ page, scripted, authorization, site }) => {
  const client = { client_id: "the-app", client_secret: "of-the-app", token_endpoint_auth_method: "client_secret_post" } as const;
  authorization.acquaint({ clientId: client.client_id, name: "The app", redirectUris: [`${site}/dist/callback.html`] });
  const stored = await page.evaluate(
    async ({ url, client }) => {
      kept.storage = memory();
      await visit(url, { client, storage: kept.storage });
      return JSON.stringify([...kept.storage.entries]);
    },
    { url: scripted.url, client },
  );
  expect(stored).toContain(client.client_id);
  expect(stored).not.toContain(client.client_secret);
  authorization.tokens.expire();
  expect(await page.evaluate(({ url, client }) => visit(url, { client, storage: kept.storage }), { url: scripted.url, client })).toMatchObject({ value: "at once" });
  expect(authorization.sent("POST /token").map(({ params }) => params.get("client_secret"))).toEqual(Array(2).fill(client.client_secret));
  expect(asked(authorization)).toHaveLength(1);
});
