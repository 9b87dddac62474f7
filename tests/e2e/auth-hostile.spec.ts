import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, test as base } from "./support/sign-in.ts";

/** Where nobody may be sent, nor anything: what goes there is kept here. */
const test = base.extend<{ elsewhere: string[] }>({
  elsewhere: async ({ context }, use) => {
    const sent: string[] = [];
    await context.route(/elsewhere\.example/, (route) => {
      sent.push(route.request().url());
      return route.abort();
    });
    await use(sent);
  },
});

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

const METADATA_OF_SERVERS = [
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
] satisfies [string, (authorization: ScriptedAuthorization) => unknown][];

test("metadata of an authorization server that are not in order end the sign-in before the user is asked", async ({ page, context, pair, elsewhere }) => {
  test.slow();
  for (const [why, arrange] of METADATA_OF_SERVERS) {
    const { scripted, authorization } = await pair();
    arrange(authorization);
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 500 }), scripted.url);
    expect.soft(ended.error?.code, why).toMatch(/^(unauthorized|network)$/);
    if (ended.error?.code === "unauthorized") expect.soft(ended.error.data.reason, why).toMatch(/^(discovery|registration)$/);
    expect.soft(ended.ms, why).toBeLessThan(SOON);
    expect.soft([...authorization.sent("GET /authorize"), ...authorization.sent("POST /token")], why).toEqual([]);
    // No more of the server's words than a person reads.
    expect.soft(JSON.stringify(ended.error).length, why).toBeLessThan(4_096);
  }
  expect(elsewhere).toEqual([]);
  expect(context.pages()).toHaveLength(1);
});

test("metadata that the browser shows no page, or a 404 that it does not show, are told as what the server must send", async ({ page, pair }) => {
  const pairs = [await pair({ refuse: ({ headers }) => delete headers["www-authenticate"] }), await pair(), await pair({ says: { authorization_servers: ["http://127.0.0.1:65009"] } })] as const;
  const [{ scripted: mute, ...first }, { authorization: wall }] = pairs;
  const { guard } = mute;
  mute.guard = (call) => {
    if (!call.request.url?.includes("/.well-known/")) return guard(call);
    call.response.removeHeader("access-control-allow-origin");
    call.response.writeHead(404).end();
    return false;
  };
  for (const kind of ["oauth-authorization-server", "openid-configuration"]) {
    wall.on(`GET /.well-known/${kind}`, ({ response }) => {
      response.removeHeader("access-control-allow-origin");
      response.writeHead(404).end();
    });
  }
  const ended = [];
  for (const { scripted } of pairs) ended.push((await page.evaluate((url) => visit(url), scripted.url)).error);
  const hidden = { code: "unauthorized", message: expect.stringMatching(/Access-Control-Allow-Origin/), data: { reason: "discovery", missing: "Access-Control-Allow-Origin" } };
  expect(ended).toMatchObject([hidden, hidden, { code: "network" }]);
  expect(ended[0]!.message).toContain("Access-Control-Expose-Headers: WWW-Authenticate");
  expect(first.authorization.requests).toEqual([]);
});

const METADATA_OF_RESOURCES = [
  ["another resource", { resource: "https://elsewhere.example/mcp" }],
  ["a resource that only looks like it", (url: string) => ({ resource: `${url}/` })],
  ["the resource in capitals", (url: string) => ({ resource: url.replace("http", "HTTP") })],
  ["no authorization server", { authorization_servers: [] }],
  ["an authorization server that is a script", { authorization_servers: ["javascript:alert(1)"] }],
  ["an authorization server over plain http", { authorization_servers: ["http://elsewhere.example"] }],
  ["an authorization server with a query", (_: string, issuer: string) => ({ authorization_servers: [`${issuer}?a=1`] })],
  ["authorization servers that are no list", (_: string, issuer: string) => ({ authorization_servers: issuer })],
] satisfies [string, object | ((url: string, issuer: string) => object)][];

test("metadata of a resource that are not in order end the sign-in before the user is asked", async ({ page, pair, elsewhere }) => {
  for (const [why, members] of METADATA_OF_RESOURCES) {
    const { scripted, authorization } = await pair();
    authorization.protect(scripted, { says: typeof members === "function" ? members(scripted.url, authorization.issuer) : members });
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 500 }), scripted.url);
    expect.soft(ended.error, why).toMatchObject({ code: "unauthorized", data: { reason: "discovery" } });
    expect.soft(authorization.sent("GET /authorize"), why).toEqual([]);
  }
  expect(elsewhere).toEqual([]);
});

const CHALLENGES = [
  ["a script", 'Bearer resource_metadata="javascript:alert(1)"'],
  ["no URL", 'Bearer resource_metadata="%%%"'],
  ["plain http elsewhere", 'Bearer resource_metadata="http://elsewhere.example/.well-known/oauth-protected-resource"'],
  ["nothing that can be read", 'Bearer resource_metadata="'],
  ["a megabyte of scopes", `Bearer scope="${"s ".repeat(4_000)}"`],
] as const;

test("a challenge that is not in order breaks nothing and leads nowhere", async ({ page, pair, elsewhere }) => {
  for (const [why, header] of CHALLENGES) {
    const { scripted } = await pair({ refuse: (refusal) => (refusal.headers["www-authenticate"] = header) });
    const ended = await page.evaluate((url) => visit(url, { timeoutMs: 500 }), scripted.url);
    // Signed in by the well-known place, or told that it cannot be.
    if (ended.error) expect.soft(ended.error, why).toMatchObject({ code: "unauthorized" });
    expect.soft(ended.ms, why).toBeLessThan(SOON);
  }
  expect(elsewhere).toEqual([]);
});

const REDIRECTS = [302, 307, 308];

test("a token endpoint that redirects is not followed: code and verifier stay here", async ({ page, pair }) => {
  const thief = await ScriptedAuthorization.start();
  for (const status of REDIRECTS) {
    const { scripted, authorization } = await pair();
    authorization.on("POST /token", ({ response }) => void response.writeHead(status, { location: `${thief.issuer}/token` }).end());
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect.soft(ended.error, `${status}`).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
  }
  expect(thief.requests).toEqual([]);
  await thief.close();
});

test("an MCP endpoint that redirects once one is signed in takes no token along", async ({ page, pair }) => {
  const thief = await ScriptedServer.start();
  for (const status of REDIRECTS) {
    const { scripted } = await pair();
    await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
    scripted.on("tools/call", (call) => call.http(status, { location: thief.url }));
    expect.soft(await page.evaluate(() => settle(kept.client.callTool("work"))), `${status}`).toHaveProperty("error");
    await page.evaluate(() => kept.client.close());
  }
  expect(thief.requests.filter(({ headers }) => headers.authorization)).toEqual([]);
  await thief.close();
});

const good = { access_token: "aaaa", token_type: "Bearer", expires_in: 60 };
const TOKENS = [
  ["no token", (exchange) => exchange.json(200, { ...good, access_token: undefined })],
  ["a number for a token", (exchange) => exchange.json(200, { ...good, access_token: 7 })],
  ["a line break in the token", (exchange) => exchange.json(200, { ...good, access_token: "a\r\nx-evil: 1" })],
  ["a token of a kind that nobody knows", (exchange) => exchange.json(200, { ...good, token_type: "mac" })],
  ["a DPoP token that nobody asked for", (exchange) => exchange.json(200, { ...good, token_type: "DPoP" })],
  ["a page", (exchange) => exchange.page(200, "<h1>Welcome</h1>")],
  ["nothing", (exchange) => void exchange.response.writeHead(200).end()],
  ["an error with a page in its words", (exchange) => exchange.json(400, { error: "invalid_grant", error_description: "<img src=x onerror=alert(1)>" })],
  ["an error that is no word", (exchange) => exchange.json(400, { error: { code: 7 } })],
] satisfies [string, (exchange: Exchange) => unknown][];

test("a token endpoint whose answer is not in order is an error, and nothing of it is sent", async ({ page, pair }) => {
  for (const [why, answer] of TOKENS) {
    const { scripted, authorization } = await pair();
    authorization.on("POST /token", answer);
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect.soft(ended.error, why).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
    expect.soft(ended.error?.message, why).not.toContain("<");
    expect.soft(scripted.requests, why).toEqual([]);
    expect.soft(authorization.sent("GET /authorize"), why).toHaveLength(1);
  }
});

const REGISTRATIONS = [
  ["no id", (exchange) => exchange.json(201, { client_name: "x" })],
  ["an id that is no word", (exchange) => exchange.json(201, { client_id: ["x"] })],
  ["a refusal", (exchange) => exchange.json(400, { error: "invalid_client_metadata" })],
  ["a page", (exchange) => exchange.page(200, "<h1>Welcome</h1>")],
  ["a redirect", (exchange) => exchange.redirect("https://elsewhere.example/register")],
] satisfies [string, (exchange: Exchange) => unknown][];

test("a registration whose answer is not in order is an error", async ({ page, pair, elsewhere }) => {
  for (const [why, answer] of REGISTRATIONS) {
    const { scripted, authorization } = await pair();
    authorization.on("POST /register", answer);
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect.soft(ended.error, why).toMatchObject({ code: "unauthorized", data: { reason: "registration" } });
    expect.soft(authorization.sent("GET /authorize"), why).toEqual([]);
  }
  expect(elsewhere).toEqual([]);
});
