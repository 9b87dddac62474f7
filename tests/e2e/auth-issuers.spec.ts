import type { Page } from "@playwright/test";
import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { asked } from "./support/asked.ts";
import { expect, test as base } from "./support/sign-in.ts";

/** A second authorization server. */
const test = base.extend<{ second: ScriptedAuthorization }>({
  second: async ({}, use) => {
    const second = await ScriptedAuthorization.start();
    await use(second);
    await second.close();
  },
});

const visitKept = (page: Page, url: string, options = {}) => page.evaluate(({ url, options }) => visit(url, { ...options, storage: kept.storage }), { url, options });
const CLIENT = { client_id: "the-app", client_secret: "of-the-app", token_endpoint_auth_method: "client_secret_post" } as const;

/** All that a server was told. */
const told = ({ requests }: ScriptedAuthorization) => requests.map(({ request, body, headers }) => `${request.url} ${body} ${JSON.stringify(headers)}`).join();

test.beforeEach(({ page, site, authorization, second }) => {
  for (const each of [authorization, second]) each.acquaint({ clientId: CLIENT.client_id, name: "The app", redirectUris: [`${site}/dist/callback.html`] });
  return page.evaluate(() => void (kept.storage = memory()));
});

test("an app is one client at each authorization server, and stays that", async ({ page, pair }) => {
  const pairs = [await pair(), await pair()];
  for (const _ of ["signs in", "signs in again"]) {
    for (const { scripted, authorization } of pairs) {
      expect(await visitKept(page, scripted.url)).toMatchObject({ value: "at once" });
      authorization.forget();
    }
  }
  const ids = pairs.map(({ authorization }) => authorization.sent("GET /authorize").map(({ params }) => params.get("client_id")!));
  expect(ids.map(({ length }) => length)).toEqual([2, 2]);
  expect(told(pairs[0]!.authorization)).not.toContain(ids[1]![0]);
  expect(told(pairs[1]!.authorization)).not.toContain(ids[0]![0]);
  expect(pairs.map(({ authorization }) => authorization.sent("POST /register").length)).toEqual([1, 1]);
});

test("the tokens of a server that is not the resource's any more are gone, though nobody signs in at the new one", async ({ page, scripted, authorization, second }) => {
  await visitKept(page, scripted.url);
  second.protect(scripted);
  second.user = (exchange, request) => second.sendBack(exchange, request, { error: "access_denied" });
  expect((await visitKept(page, scripted.url)).error).toMatchObject({ code: "unauthorized", data: { reason: "denied" } });
  const [{ access, refresh } = { access: "", refresh: "" }] = authorization.issued;
  const stored = await page.evaluate(() => JSON.stringify([...kept.storage.entries]));
  for (const secret of [access, refresh!]) expect(stored).not.toContain(secret);
  expect(told(second)).not.toContain(refresh);
});

test("a client that was agreed upon with one server is nobody at another, which is told nothing of it", async ({ page, scripted, authorization, second }) => {
  await page.evaluate(
    async ({ url, client }) => void (kept.client = await signedIn(url, { client })),
    { url: scripted.url, client: CLIENT },
  );
  second.protect(scripted);
  const ended = await page.evaluate(() => settle(kept.client.callTool("work")));
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
  for (const secret of Object.values(CLIENT).slice(0, 2)) expect(told(second)).not.toContain(secret);
  expect(asked(authorization)).toHaveLength(1);
  expect(asked(second)).toEqual([]);
  await page.evaluate(() => kept.client.close());
});

test("a client whose server is said is nobody at any other, from the first", async ({ page, scripted, authorization, second }) => {
  const ended = await visitKept(page, scripted.url, { client: { ...CLIENT, issuer: second.issuer } });
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
  expect(told(authorization)).not.toContain(CLIENT.client_secret);
  expect(asked(authorization)).toEqual([]);
});

test("of several authorization servers the client's own is taken, else the one that is known, else the first", async ({ page, pair, second }) => {
  for (const [why, client, expected] of [
    ["the client's own", { ...CLIENT, issuer: second.issuer }, [0, 2]],
    ["the first, and then that one", undefined, [2, 0]],
  ] as const) {
    await page.evaluate(() => kept.storage.entries.clear());
    const { scripted, authorization } = await pair();
    // Tokens of both are taken.
    second.resources.set(scripted.url, ["demo"]);
    const find = authorization.tokens.find.bind(authorization.tokens);
    authorization.tokens.find = (token) => find(token) ?? second.tokens.find(token);
    const issuers = [authorization.issuer, second.issuer];
    const before = asked(second).length;
    for (const named of [issuers, issuers.toReversed()]) {
      authorization.protect(scripted, { says: { authorization_servers: named } });
      expect.soft(await visitKept(page, scripted.url, { client }), why).toMatchObject({ value: "at once" });
      // Of neither a token is good any more: with whom does one sign in again?
      authorization.forget();
      second.forget();
    }
    expect.soft([asked(authorization).length, asked(second).length - before], why).toEqual(expected);
  }
});

test("tokens that were given to another client of the same origin are not used", async ({ page, scripted, authorization, site }) => {
  authorization.acquaint({ clientId: "another", name: "Another app", redirectUris: [`${site}/dist/callback.html`] });
  for (const client of [CLIENT, { client_id: "another" }]) expect(await visitKept(page, scripted.url, { client })).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize").map(({ params }) => params.get("client_id"))).toEqual([CLIENT.client_id, "another"]);
});

test("tokens of the same client at another server than is said now are not used", async ({ page, scripted, authorization, second }) => {
  expect(await visitKept(page, scripted.url, { client: CLIENT })).toMatchObject({ value: "at once" });
  const ended = await visitKept(page, scripted.url, { client: { ...CLIENT, issuer: second.issuer } });
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
  expect(asked(authorization)).toHaveLength(1);
});
