import type { Page } from "@playwright/test";
import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { ScriptedServer } from "../peers/scripted.mjs";
import { asked } from "./support/asked.ts";
import { expect, test } from "./support/sign-in.ts";

const SCOPES = ["demo", "reports", "deletions"];
const scopeOf = (message: { params?: { arguments?: { needs?: string } } } | undefined): string => message?.params?.arguments?.needs ?? "demo";

/** The user's first answer after the sign-in, and what the app is told of it. */
const FAILURES = [
  ["whose user says no", (authorization) => (authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "access_denied" })), "denied"],
  ["whose server fails", (authorization) => (authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "server_error" })), "denied"],
  ["whose code is not taken", (authorization) => authorization.on("POST /token", (exchange) => exchange.json(400, { error: "invalid_grant" })), "token"],
  ["whose token endpoint is down", (authorization) => authorization.on("POST /token", (exchange) => exchange.json(503, {})), "token"],
  ["whose answer is another server's", (authorization) => (authorization.forge = (query) => query.set("iss", "https://elsewhere.example")), "callback"],
] satisfies [string, (authorization: ScriptedAuthorization) => unknown, string][];

const call = (page: Page, args = {}) => page.evaluate((args) => settle(kept.client.callTool("work", args)), args);
const keyOf = (proof: unknown): unknown => JSON.parse(Buffer.from(String(proof).split(".")[0]!, "base64url").toString()).jwk;

test.use({ protection: { scopes: SCOPES, scopeOf } });

test("a step-up that fails leaves the tokens and their key as they were", async ({ page, pair }) => {
  for (const [why, fail, reason] of FAILURES) {
    const { scripted, authorization } = await pair({ scopes: SCOPES, scopeOf });
    await page.evaluate(async (url) => void (kept.client = await signedIn(url, { dpop: true })), scripted.url);
    // By now it binds no more tokens to keys: those that are bound stay so.
    authorization.says = { dpop_signing_alg_values_supported: undefined };
    fail(authorization);
    expect.soft((await call(page, { needs: "reports" })).error, why).toMatchObject({ code: "unauthorized", data: { status: 403, reason } });
    expect.soft(await call(page), why).not.toHaveProperty("error");
    expect.soft(new Set(scripted.requests.map(({ headers }) => JSON.stringify([headers.authorization, keyOf(headers.dpop)]))).size, why).toBe(1);
    expect.soft(asked(authorization), why).toHaveLength(2);
    await page.evaluate(() => kept.client.close());
  }
});

test("an app is registered for all scopes that a server may ask for, and asks the user for those that it needs", async ({ page, scripted, authorization }) => {
  await page.evaluate((url) => visit(url), scripted.url);
  const [{ body } = { body: "{}" }] = authorization.sent("POST /register");
  expect((JSON.parse(body) as { scope: string }).scope.split(" ").sort()).toEqual([...SCOPES, "offline_access"].sort());
  expect(asked(authorization)).toEqual(["demo offline_access"]);
});

test("what was asked for at one authorization server is not asked for at another", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  expect(await call(page, { needs: "reports" })).not.toHaveProperty("error");
  const second = (await ScriptedAuthorization.start()).protect(scripted, { scopes: ["demo"] });
  second.says = { scopes_supported: ["demo"] };
  expect(await call(page)).not.toHaveProperty("error");
  expect(asked(authorization)).toEqual(["demo offline_access", "demo reports offline_access"]);
  expect(asked(second)).toEqual(["demo"]);
  await page.evaluate(() => kept.client.close());
  await second.close();
});

test("what was asked for at one endpoint is not asked for at another", async ({ page, wire, scripted, authorization }) => {
  const other = await ScriptedServer.start();
  wire.isMcp = (url) => [scripted.url, other.url].includes(url);
  authorization.protect(other, { scopes: SCOPES, scopeOf });
  const failed = await page.evaluate(
    async ([url, other]) => {
      const auth = oauth({ redirectUri });
      const client = await connect(url!, { auth });
      const first = await settle(client.callTool("work", { needs: "reports" }));
      const second = await connect(other!, { auth });
      await Promise.all([client.close(), second.close()]);
      return first.error;
    },
    [scripted.url, other.url],
  );
  expect(failed).toBeUndefined();
  expect(asked(authorization)).toEqual(["demo offline_access", "demo reports offline_access", "demo offline_access"]);
  await other.close();
});

test("offline_access is not asked for any more of a server that has ceased to know it", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  authorization.says = { scopes_supported: SCOPES };
  expect(await call(page, { needs: "reports" })).not.toHaveProperty("error");
  expect(asked(authorization)).toEqual(["demo offline_access", "demo reports"]);
  await page.evaluate(() => kept.client.close());
});

test("scopes_supported that is no list is as none", async ({ page, scripted, authorization }) => {
  authorization.says = { scopes_supported: "demo offline_access" };
  expect(await page.evaluate((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toEqual(["demo"]);
});

test("a server that wants ever more scopes for one call asks the user a bounded number of times", async ({ page, scripted, authorization }) => {
  const more = Array.from({ length: 20 }, (_, nth) => `more-${nth}`);
  let wanted = 0;
  authorization.protect(scripted, { scopes: ["demo", ...more], scopeOf: (message) => (message?.method === "tools/call" ? more[wanted++]! : "demo") });
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  expect((await call(page)).error).toMatchObject({ code: "unauthorized", data: { status: 403 } });
  expect(asked(authorization)).toHaveLength(4);
  expect(scripted.sent("tools/call")).toEqual([]);
  await page.evaluate(() => kept.client.close());
});

for (const [how, length, reason] of [
  ["more scopes than a URL can hold", 6_000, "scope"],
  ["a challenge that takes long to read", 100_000, undefined],
] as const) {
  test(`${how}: nobody is asked for those`, async ({ page, scripted, authorization }) => {
    const scopes = Array.from({ length: length / 10 }, (_, nth) => `scope-${String(nth).padStart(3, "0").slice(-3)}`).join(" ");
    authorization.protect(scripted, { refuse: ({ headers }) => (headers["www-authenticate"] = headers["www-authenticate"]!.replace(/scope="[^"]*"/, `scope="${scopes}"`)) });
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    if (reason) expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 401, reason } });
    else expect(ended).toMatchObject({ value: "at once" });
    expect(asked(authorization)).toEqual(reason ? [] : ["demo offline_access"]);
    expect(ended.ms).toBeLessThan(4_000);
  });
}

