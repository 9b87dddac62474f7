import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { expect, test } from "./support/sign-in.ts";

type Exchange = Parameters<Parameters<ScriptedAuthorization["on"]>[1]>[0];

const METADATA = "GET /.well-known/oauth-authorization-server";
const SOON = 4_000;

/** Words of the server of 1 MB. */
const LONG = "x".repeat(1 << 20);

/** Writes for as long as somebody reads. */
function endlessly({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "application/json" });
  const write = (): void => {
    while (!response.destroyed && response.write(LONG));
    if (!response.destroyed) response.once("drain", write);
  };
  response.write('{"issuer":"');
  write();
}

const says = (members: Record<string, unknown>) => (authorization: ScriptedAuthorization) => void (authorization.says = members);
const answers = (answer: (exchange: Exchange) => unknown) => (authorization: ScriptedAuthorization) => void authorization.on(METADATA, answer);

for (const [why, arrange] of [
  ["is of another issuer", says({ issuer: "https://elsewhere.example" })],
  ["is of an issuer that only looks like it", (authorization) => (authorization.says = { issuer: `${authorization.issuer}/` })],
  ["has no issuer", says({ issuer: undefined })],
  ["sends the user to a script", says({ authorization_endpoint: "javascript:alert(document.domain)" })],
  ["sends the user to data", says({ authorization_endpoint: "data:text/html,<script>alert(1)</script>" })],
  ["sends the user over plain http", says({ authorization_endpoint: "http://elsewhere.example/authorize" })],
  ["sends the user nowhere", says({ authorization_endpoint: undefined })],
  ["sends the user to no URL", says({ authorization_endpoint: { href: "https://elsewhere.example" } })],
  ["takes the code over plain http", says({ token_endpoint: "http://elsewhere.example/token" })],
  ["takes the code nowhere", says({ token_endpoint: undefined })],
  ["takes the code by a script", says({ token_endpoint: "javascript:alert(1)" })],
  ["registers over plain http", says({ registration_endpoint: "http://elsewhere.example/register", client_id_metadata_document_supported: false })],
  ["knows no PKCE", says({ code_challenge_methods_supported: undefined })],
  ["knows only the plain PKCE", says({ code_challenge_methods_supported: ["plain"] })],
  ["is no JSON", answers((exchange) => exchange.page(200, "<h1>Welcome</h1>"))],
  ["is a list", answers((exchange) => exchange.json(200, []))],
  ["is null", answers((exchange) => exchange.json(200, null))],
  ["is huge", answers((exchange) => exchange.json(200, { padding: LONG.repeat(8) }))],
  ["never ends", answers(endlessly)],
  ["never begins", answers(() => {})],
  ["is somewhere else", (authorization) => authorization.on(METADATA, (exchange) => exchange.redirect(`${authorization.issuer}/elsewhere`)).on("GET /elsewhere", (exchange) => exchange.json(200, authorization.metadata()))],
] satisfies [string, (authorization: ScriptedAuthorization) => unknown][]) {
  test(`metadata of an authorization server that ${why} ends the sign-in before the user is asked`, async ({ page, context, scripted, authorization }) => {
    const foreign: string[] = [];
    await context.route(/elsewhere\.example/, (route) => {
      foreign.push(route.request().url());
      return route.abort();
    });
    arrange(authorization);
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 1_000 }), scripted.url);
    expect(ended.error?.mcp).toBe(true);
    expect(ended.error?.code).toMatch(/^(unauthorized|network)$/);
    if (ended.error?.code === "unauthorized") expect(ended.error.data.reason).toMatch(/^(discovery|registration)$/);
    expect(ended.ms).toBeLessThan(SOON);
    expect(authorization.sent("GET /authorize")).toEqual([]);
    expect(authorization.sent("POST /token")).toEqual([]);
    expect(foreign).toEqual([]);
    expect(context.pages()).toHaveLength(1);
    // The same would be said of every next call: nothing is left that hangs.
    expect(JSON.stringify(ended.error).length).toBeLessThan(4_096);
  });
}

for (const [why, members] of [
  ["another resource", { resource: "https://elsewhere.example/mcp" }],
  ["a resource that only looks like it", (url: string) => ({ resource: `${url}/` })],
  ["the resource in capitals", (url: string) => ({ resource: url.replace("http", "HTTP") })],
  ["no authorization server", { authorization_servers: [] }],
  ["an authorization server that is a script", { authorization_servers: ["javascript:alert(1)"] }],
  ["an authorization server over plain http", { authorization_servers: ["http://elsewhere.example"] }],
  ["an authorization server with a query", (_: string, issuer: string) => ({ authorization_servers: [`${issuer}?a=1`] })],
  ["authorization servers that are no list", (_: string, issuer: string) => ({ authorization_servers: issuer })],
] satisfies [string, object | ((url: string, issuer: string) => object)][]) {
  test(`metadata of a resource that names ${why} ends the sign-in before the user is asked`, async ({ page, context, scripted, authorization }) => {
    const foreign: string[] = [];
    await context.route(/elsewhere\.example/, (route) => {
      foreign.push(route.request().url());
      return route.abort();
    });
    const says = typeof members === "function" ? members(scripted.url, authorization.issuer) : members;
    authorization.protect(scripted, { says });
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 1_000 }), scripted.url);
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "discovery" } });
    expect(authorization.sent("GET /authorize")).toEqual([]);
    expect(foreign).toEqual([]);
  });
}

for (const [why, header] of [
  ["a script", 'Bearer resource_metadata="javascript:alert(1)"'],
  ["no URL", 'Bearer resource_metadata="%%%"'],
  ["plain http elsewhere", 'Bearer resource_metadata="http://elsewhere.example/.well-known/oauth-protected-resource"'],
  ["nothing that can be read", 'Bearer resource_metadata="'],
  ["a megabyte of scopes", `Bearer scope="${"s ".repeat(4_000)}"`],
] as const) {
  test(`a challenge that points to ${why} breaks nothing and goes nowhere`, async ({ page, context, scripted, authorization }) => {
    const foreign: string[] = [];
    await context.route(/elsewhere\.example/, (route) => {
      foreign.push(route.request().url());
      return route.abort();
    });
    authorization.protect(scripted, { refuse: (refusal) => (refusal.headers["www-authenticate"] = header) });
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 1_000 }), scripted.url);
    // Signed in by the well-known place, or told that it cannot be.
    if (ended.error) expect(ended.error).toMatchObject({ code: "unauthorized" });
    expect(foreign).toEqual([]);
    expect(ended.ms).toBeLessThan(SOON);
  });
}

for (const status of [302, 307, 308]) {
  test(`a token endpoint that redirects (${status}) is not followed: code and verifier stay here`, async ({ page, scripted, authorization }) => {
    const thief = await ScriptedAuthorization.start();
    authorization.on("POST /token", ({ response }) => void response.writeHead(status, { location: `${thief.issuer}/token` }).end());
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
    expect(thief.requests).toEqual([]);
    await thief.close();
  });

  test(`an MCP endpoint that redirects (${status}) once one is signed in takes no token along`, async ({ page, scripted, authorization }) => {
    const thief = await ScriptedAuthorization.start();
    await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
    scripted.on("tools/call", (call) => call.http(status, { location: `${thief.issuer}/mcp` }));
    const ended = await page.evaluate(() => settle(kept.client.callTool("work")));
    expect(ended.error?.mcp).toBe(true);
    expect(thief.requests.filter(({ headers }) => headers.authorization)).toEqual([]);
    await page.evaluate(() => kept.client.close());
    await thief.close();
    expect(authorization.issued).toHaveLength(1);
  });
}

const good = { access_token: "aaaa", token_type: "Bearer", expires_in: 60 };
for (const [why, answer] of [
  ["no token", (exchange) => exchange.json(200, { ...good, access_token: undefined })],
  ["a number for a token", (exchange) => exchange.json(200, { ...good, access_token: 7 })],
  ["a line break in the token", (exchange) => exchange.json(200, { ...good, access_token: "a\r\nx-evil: 1" })],
  ["a token of a kind that nobody knows", (exchange) => exchange.json(200, { ...good, token_type: "mac" })],
  ["a DPoP token that nobody asked for", (exchange) => exchange.json(200, { ...good, token_type: "DPoP" })],
  ["a page", (exchange) => exchange.page(200, "<h1>Welcome</h1>")],
  ["nothing", (exchange) => void exchange.response.writeHead(200).end()],
  ["an error with a page in its words", (exchange) => exchange.json(400, { error: "invalid_grant", error_description: "<img src=x onerror=alert(1)>" })],
  ["an error that is no word", (exchange) => exchange.json(400, { error: { code: 7 } })],
] satisfies [string, (exchange: Exchange) => unknown][]) {
  test(`a token endpoint that answers with ${why} is an error, and nothing of it is sent`, async ({ page, scripted, authorization }) => {
    authorization.on("POST /token", answer);
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
    expect(scripted.requests).toEqual([]);
    expect(authorization.sent("GET /authorize")).toHaveLength(1);
  });
}

for (const [why, answer] of [
  ["no id", (exchange) => exchange.json(201, { client_name: "x" })],
  ["an id that is no word", (exchange) => exchange.json(201, { client_id: ["x"] })],
  ["a refusal", (exchange) => exchange.json(400, { error: "invalid_client_metadata" })],
  ["a page", (exchange) => exchange.page(200, "<h1>Welcome</h1>")],
  ["a redirect", (exchange) => exchange.redirect("https://elsewhere.example/register")],
] satisfies [string, (exchange: Exchange) => unknown][]) {
  test(`a registration that answers with ${why} is an error`, async ({ page, scripted, authorization }) => {
    authorization.on("POST /register", answer);
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
    expect(authorization.sent("GET /authorize")).toEqual([]);
  });
}
