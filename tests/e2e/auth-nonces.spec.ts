import type { Page } from "@playwright/test";
import { Proofs } from "../../www/server/proofs.mjs";
import { asked } from "./support/asked.ts";
import { Gate } from "./support/gate.ts";
import { expect, test, type ScriptedAuthorization, type ScriptedServer } from "./support/sign-in.ts";

/** The nonces in the proofs of these requests. */
const noncesIn = (requests: { headers: Record<string, unknown> }[]): unknown[] =>
  requests.map(({ headers }) => JSON.parse(Buffer.from(String(headers.dpop).split(".")[1]!, "base64url").toString()).nonce);

const call = (page: Page, args = {}) => page.evaluate((args) => settle(kept.client.callTool("work", args)), args);
const close = (page: Page) => page.evaluate(() => kept.client.close());

const signIn = (page: Page, url: string) => page.evaluate(async (url) => void (kept.client = await signedIn(url, { dpop: true })), url);

/** Has the server tell the nonce of the next request with every answer. */
const tell = (scripted: ScriptedServer, nonce: string) => void (scripted.headers["dpop-nonce"] = nonce);

/** Gives the authorization server a nonce of its own: by itself it shares that of the resource. */
function withOwnNonce(authorization: ScriptedAuthorization, nonce: string): Proofs {
  const own = Object.assign(new Proofs(), { nonce });
  authorization.keyOf = (exchange) => own.check(exchange.headers.dpop, { method: "POST", url: `${authorization.issuer}/token` });
  return own;
}

test("each server is shown its own nonce, and never the other's", async ({ page, scripted, authorization }) => {
  withOwnNonce(authorization, "of-the-issuer");
  authorization.proofs.nonce = "of-the-resource";
  await signIn(page, scripted.url);
  authorization.tokens.expire();
  expect(await call(page)).not.toHaveProperty("error");
  await close(page);
  // Each says once that it wants one.
  expect(noncesIn(authorization.sent("POST /token"))).toEqual([undefined, "of-the-issuer", "of-the-issuer"]);
  expect(new Set(noncesIn(scripted.requests))).toEqual(new Set(["of-the-resource"]));
  expect(noncesIn(authorization.refused.filter(({ headers }) => headers.dpop)).filter((nonce) => nonce === "of-the-issuer")).toEqual([]);
  expect(asked(authorization)).toHaveLength(1);
});

test("a nonce that has changed costs one request more, at either server", async ({ page, scripted, authorization }) => {
  const own = withOwnNonce(authorization, "first");
  authorization.proofs.nonce = "first";
  await signIn(page, scripted.url);
  await call(page);
  const [turned, traded] = [authorization.refused.length, authorization.sent("POST /token").length];
  authorization.proofs.nonce = "second";
  expect(await call(page)).not.toHaveProperty("error");
  expect(authorization.refused.length - turned).toBe(1);
  own.nonce = "second";
  authorization.tokens.expire();
  expect(await call(page)).not.toHaveProperty("error");
  expect(authorization.sent("POST /token").length - traded).toBe(2);
  expect(scripted.sent("tools/call")).toHaveLength(3);
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("a nonce that comes with an answer is shown with the next request", async ({ page, scripted, authorization }) => {
  await signIn(page, scripted.url);
  tell(scripted, "second");
  await call(page);
  authorization.proofs.nonce = "second";
  const turned = authorization.refused.length;
  expect(await call(page)).not.toHaveProperty("error");
  expect(authorization.refused).toHaveLength(turned);
  await close(page);
});

test("what is refused for a nonce that another answer has told meanwhile is sent again", async ({ page, scripted, authorization }) => {
  authorization.proofs.nonce = "first";
  await page.evaluate(async (url) => {
    const auth = oauth({ redirectUri, dpop: true });
    kept.clients = [await connect(url, { auth }), await connect(url, { auth })];
  }, scripted.url);
  const [gate, { guard }] = [new Gate(), scripted];
  scripted.guard = async (request) => {
    if (request.params.arguments?.held) await gate.wait();
    return guard(request);
  };
  const held = page.evaluate(() => settle(kept.clients[0]!.callTool("work", { held: true })));
  await gate.reached;
  tell(scripted, "second");
  expect(await page.evaluate(() => settle(kept.clients[1]!.callTool("work")))).not.toHaveProperty("error");
  authorization.proofs.nonce = "second";
  gate.open();
  expect(await held).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(1);
  await page.evaluate(() => Promise.all(kept.clients.map((client) => client.close())));
});

test("a resource that repeats a nonce and takes it from nobody is asked twice, and is no reason to sign in", async ({ page, scripted, authorization }) => {
  await signIn(page, scripted.url);
  const { guard } = scripted;
  const tried: unknown[] = [];
  scripted.guard = (request) => {
    if (request.name !== "tools/call") return guard(request);
    tried.push(...noncesIn([request]));
    return void request.http(401, { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "again" }) as never;
  };
  expect((await call(page)).error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
  expect(tried).toEqual([undefined, "again"]);
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("a nonce that the browser hides is an error that says which header is missing", async ({ page, scripted, authorization }) => {
  await signIn(page, scripted.url);
  const EXPOSE = "access-control-expose-headers";
  scripted.headers[EXPOSE] = scripted.headers[EXPOSE]!.replace(", dpop-nonce", "");
  authorization.proofs.nonce = "hidden";
  expect((await call(page)).error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token", missing: "DPoP-Nonce" } });
  expect(asked(authorization)).toHaveLength(1);
  await close(page);
});

test("an authorization server whose list of algorithms is no list, or has none of ours, gives ordinary tokens", async ({ page, pair }) => {
  for (const supported of ["ES256", ["none", "HS256"], [], { alg: "ES256" }]) {
    const { scripted, authorization } = await pair();
    authorization.says = { dpop_signing_alg_values_supported: supported };
    expect.soft(await page.evaluate((url) => visit(url, { dpop: true }), scripted.url), JSON.stringify(supported)).toMatchObject({ value: "at once" });
    expect.soft(scripted.requests.every(({ headers }) => headers.authorization?.startsWith("Bearer ")), JSON.stringify(supported)).toBe(true);
  }
});
