import type { Page } from "@playwright/test";
import { asked } from "./support/asked.ts";
import { putAhead } from "./support/clock.ts";
import { leaveAndReturn } from "./support/redirect.ts";
import { expect, test, type ScriptedAuthorization } from "./support/sign-in.ts";

type Exchange = Parameters<Parameters<ScriptedAuthorization["on"]>[1]>[0];

const visitKept = (page: Page, url: string, options = {}) => page.evaluate(({ url, options }) => visit(url, { ...options, storage: kept.storage }), { url, options });

/** Changes what is kept under the one key that begins so; `body` is an expression of it and of a pair of keys. */
const change = (page: Page, prefix: string, body: string) =>
  page.evaluate(
    async ({ prefix, body }) => {
      const { entries } = kept.storage;
      const [key] = [...entries.keys()].filter((each) => each.startsWith(prefix) && !each.endsWith("signed out"));
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
      entries.set(key!, made<(good: unknown, pair: CryptoKeyPair) => unknown>(`(good, pair) => (${body})`)(entries.get(key!), pair));
    },
    { prefix, body },
  );
const TOKENS = "mcp-tasks sign-in http";
const CLIENT = "mcp-tasks client";

const NO_TOKENS = [
  "null",
  "7",
  "'text'",
  "[]",
  "{}",
  "{ ...good, accessToken: 7 }",
  "{ ...good, refreshToken: {} }",
  "{ ...good, issuer: undefined }",
  "{ ...good, registration: undefined }",
  "{ ...good, registration: { ...good.registration, client_id: '' } }",
  "{ ...good, registration: { ...good.registration, issuer: 'https://elsewhere.example' } }",
  "{ ...good, since: 'now' }",
  "{ ...good, until: null }",
  "{ ...good, asked: 'demo' }",
  "{ ...good, granted: [7] }",
  "{ ...good, scheme: 'mac' }",
  "{ ...good, scheme: 'dpop' }",
  "{ ...good, key: null }",
  "{ ...good, key: {} }",
  "{ ...good, key: { publicKey: pair.publicKey } }",
  "{ ...good, key: { privateKey: pair.privateKey } }",
  // A pair, and neither of its keys can do what it must.
  "{ ...good, scheme: 'dpop', key: { privateKey: pair.publicKey, publicKey: pair.privateKey } }",
];

test("tokens that were kept and cannot be used are as if there were none", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => void (kept.storage = memory()));
  await visitKept(page, scripted.url);
  const given = () =>
    page.evaluate((url) => {
      const { signal } = new AbortController();
      return oauth({ redirectUri, storage: kept.storage }).token({ url: new URL(url), method: "POST", signal });
    }, scripted.url);
  expect(await given()).toBe(authorization.issued[0]?.access);
  await page.evaluate(() => void (kept.before = [...kept.storage.entries]));
  for (const body of NO_TOKENS) {
    await page.evaluate(() => kept.before.forEach(([key, value]) => kept.storage.entries.set(key, value)));
    await change(page, TOKENS, body);
    expect.soft(await given(), body).toBeUndefined();
  }
  for (const _ of ["signs in", "is signed in"]) expect(await visitKept(page, scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(2);
  expect(authorization.sent("POST /register")).toHaveLength(1);
});

const NO_REGISTRATION = [
  "null",
  "{}",
  "{ ...good, client_id: '' }",
  "{ ...good, issuer: 'https://elsewhere.example' }",
  "{ ...good, client_secret: 'of-old', client_secret_expires_at: 1_700_000_000 }",
];

test("a registration that was kept and cannot be used is made anew, once", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => void (kept.storage = memory()));
  await visitKept(page, scripted.url);
  for (const [nth, body] of [...NO_REGISTRATION, "good"].entries()) {
    await change(page, CLIENT, body);
    await change(page, TOKENS, "undefined");
    expect.soft(await visitKept(page, scripted.url), body).toMatchObject({ value: "at once" });
    expect.soft(authorization.sent("POST /register"), body).toHaveLength(1 + Math.min(nth + 1, NO_REGISTRATION.length));
  }
});

test("a secret that never ends, or not yet, is kept", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => void (kept.storage = memory()));
  await visitKept(page, scripted.url);
  for (const end of ["0", "4_000_000_000"]) {
    await change(page, CLIENT, `{ ...good, client_secret_expires_at: ${end} }`);
    await change(page, TOKENS, "undefined");
    expect.soft(await visitKept(page, scripted.url), end).toMatchObject({ value: "at once" });
  }
  expect(authorization.sent("POST /register")).toHaveLength(1);
});

const REFUSALS = [
  ["in words", (exchange) => exchange.json(401, { error: "invalid_client" })],
  ["with a challenge", (exchange) => exchange.json(401, { error: "invalid_client" }, { "www-authenticate": 'Basic realm="clients"' })],
  ["as one that may not", (exchange) => exchange.json(400, { error: "unauthorized_client" })],
] satisfies [string, (exchange: Exchange) => unknown][];

for (const [how, refuse] of REFUSALS) {
  test(`a client that the server refuses ${how} registers anew the next time, once`, async ({ page, scripted, authorization }) => {
    await page.evaluate(() => void (kept.storage = memory()));
    authorization.on("POST /token", refuse);
    expect((await visitKept(page, scripted.url)).error).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
    authorization.on("POST /token", (exchange) => authorization.lawful(exchange));
    for (const _ of ["registers", "is registered"]) expect(await visitKept(page, scripted.url)).toMatchObject({ value: "at once" });
    expect(authorization.sent("POST /register")).toHaveLength(2);
    expect(asked(authorization)).toHaveLength(2);
  });
}

test("a client that is not known any more when it refreshes registers anew, and asks the user", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.tokens.expire();
  let isFirst = true;
  authorization.on("POST /token", (exchange) => {
    if (!isFirst) return authorization.lawful(exchange);
    isFirst = false;
    return exchange.json(401, { error: "invalid_client" });
  });
  expect(await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())))).not.toHaveProperty("error");
  const [first, second, ...more] = authorization.sent("GET /authorize").map(({ params }) => params.get("client_id"));
  expect(second).not.toBe(first);
  expect(more).toEqual([]);
  expect(authorization.sent("POST /register")).toHaveLength(2);
});

test("a client of which the server has told the user, and not us, that it is not known registers anew", async ({ page, scripted, authorization }) => {
  const { user } = authorization;
  await page.evaluate(() => void (kept.storage = memory()));
  await visitKept(page, scripted.url);
  await change(page, TOKENS, "undefined");
  await putAhead(page, 11 * 60_000);
  authorization.user = (exchange) => exchange.page(400, "<title>Nobody is registered under this name</title>");
  const opening = page.waitForEvent("popup");
  const ending = visitKept(page, scripted.url);
  const popup = await opening;
  await popup.waitForLoadState();
  await popup.close();
  expect((await ending).error).toMatchObject({ code: "unauthorized", data: { reason: "popup_closed" } });
  authorization.user = user;
  expect(await visitKept(page, scripted.url)).toMatchObject({ value: "at once" });
  expect(authorization.sent("POST /register")).toHaveLength(2);
});

const UNUSABLE = [{ token_endpoint_auth_method: "client_secret_basic" }, { token_endpoint_auth_method: "private_key_jwt" }, { token_endpoint_auth_method: "tls_client_auth", client_secret: "x" }];

test("a registration for what a page cannot do is an error at once, and not kept", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => void (kept.storage = memory()));
  for (const answer of UNUSABLE) {
    authorization.on("POST /register", (exchange) => exchange.json(201, { client_id: "unusable", ...answer }));
    expect.soft((await visitKept(page, scripted.url)).error, answer.token_endpoint_auth_method).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
  }
  authorization.on("POST /register", (exchange) => authorization.lawful(exchange));
  expect(await visitKept(page, scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(1);
});

test("a storage that fails is as none", async ({ page, pair }) => {
  for (const act of ["() => { throw new Error('full') }", "() => Promise.reject(new Error('full'))", "() => ({ accessToken: 7 })"]) {
    const { scripted, authorization } = await pair();
    const ended = await page.evaluate(
      ({ url, act }) => {
        const method = made<() => undefined>(act);
        return visit(url, { storage: { get: method, set: method, delete: method } });
      },
      { url: scripted.url, act },
    );
    expect.soft(ended, act).toMatchObject({ value: "at once" });
    expect.soft(asked(authorization), act).toHaveLength(1);
  }
});

test.describe("in localStorage", () => {
  test.use({ keeps: true });

  test("what is no JSON is as if there were nothing", async ({ page, scripted, authorization }) => {
    const visited = () => page.evaluate((url) => visit(url, { storage: "localstorage" }), scripted.url);
    await visited();
    await page.evaluate(() => Object.keys(localStorage).forEach((key) => (localStorage[key] = '{"accessToken":')));
    for (const _ of ["signs in", "is signed in"]) expect(await visited()).toMatchObject({ value: "at once" });
    expect(asked(authorization)).toHaveLength(2);
    expect(authorization.sent("POST /register")).toHaveLength(2);
  });

  test("a token whose key it could not hold is never sent without", async ({ page, scripted, authorization }) => {
    for (const _ of ["signs in", "signs in again"]) {
      expect(await page.evaluate((url) => visit(url, { storage: "localstorage", dpop: true }), scripted.url)).toMatchObject({ value: "at once" });
    }
    expect(asked(authorization)).toHaveLength(2);
    expect([...scripted.requests, ...authorization.refused].filter(({ headers }) => headers.authorization?.startsWith("Bearer "))).toEqual([]);
  });
});

test("attempts in the session storage that are none are in nobody's way", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => {
    const junk = ["", "{", "null", "7", "[]", "{}", '{"endpoint":7,"attempt":{},"at":1}', '{"endpoint":"x","attempt":null,"at":1}', '{"returnTo":"javascript:alert(1)"}'];
    junk.forEach((text, nth) => sessionStorage.setItem(`mcp-tasks:sign-in:${nth}`, text));
  });
  await leaveAndReturn(page, scripted.url);
  expect(await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(1);
});
