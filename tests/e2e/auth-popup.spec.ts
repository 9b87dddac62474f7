import type { Page } from "@playwright/test";
import { expect, test } from "./support/sign-in.ts";
import { thinking } from "./support/user.ts";

/** The page of an authorization server that waits for its user. */
const WAITING = "<!doctype html><title>Who are you?</title>";

/** What opens next, which is what the page opens. */
const popupOf = (page: Page): Promise<Page> => page.waitForEvent("popup");

test("a popup asks the user once, for all that is needed, and is gone", async ({ page, context, scripted, authorization, site }) => {
  const visited = await page.evaluate((url) => visit(url), scripted.url);
  expect(visited).toMatchObject({ value: "at once" });
  const [asked, ...more] = authorization.sent("GET /authorize");
  expect(more).toEqual([]);
  expect(Object.fromEntries(asked!.params)).toMatchObject({
    response_type: "code",
    redirect_uri: `${site}/dist/callback.html`,
    resource: scripted.url,
    scope: "demo offline_access",
    code_challenge_method: "S256",
  });
  expect(asked!.params.get("state")!.length).toBeGreaterThanOrEqual(20);
  expect(authorization.sent("POST /token").map(({ params }) => [params.get("grant_type"), params.get("resource")])).toEqual([["authorization_code", scripted.url]]);
  await expect.poll(() => context.pages().length).toBe(1);
});

test("the client is registered as what it is", async ({ page, scripted, authorization, site }) => {
  await page.evaluate((url) => visit(url), scripted.url);
  const [{ body } = { body: "{}" }] = authorization.sent("POST /register");
  expect(JSON.parse(body)).toMatchObject({
    client_name: "The tests",
    redirect_uris: [`${site}/dist/callback.html`],
    token_endpoint_auth_method: "none",
    // To OpenID servers, as whose web applications are on https.
    application_type: "native",
    response_types: ["code"],
  });
});

test("everything that is refused at once, of two clients with one provider, is one sign-in", async ({ page, scripted, authorization }) => {
  const texts = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    const clients = await Promise.all([connect(url, { auth: provider }), connect(url, { auth: provider })]);
    const called = await Promise.all(clients.flatMap((client) => Array.from({ length: 4 }, () => client.callTool("work"))));
    await Promise.all(clients.map((client) => client.close()));
    return called.length;
  }, scripted.url);
  expect(texts).toBe(8);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  expect(authorization.sent("POST /register")).toHaveLength(1);
});

test("a popup that the browser blocks is an error that says so, and nothing hangs", async ({ page, scripted }) => {
  const ended = await page.evaluate((url) => {
    window.open = () => null;
    return visit(url);
  }, scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "popup_blocked" } });
  expect(scripted.sent("tools/call")).toEqual([]);
});

test("a popup that is closed is an error soon, and the next call asks again", async ({ page, scripted, authorization }) => {
  const { user } = authorization;
  authorization.user = (exchange) => exchange.page(200, WAITING);
  const opening = popupOf(page);
  const ending = page.evaluate((url) => visit(url), scripted.url);
  const popup = await opening;
  await popup.waitForLoadState();
  await popup.close();
  expect((await ending).error).toMatchObject({ code: "unauthorized", data: { reason: "popup_closed" } });
  authorization.user = user;
  expect(await page.evaluate((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
});

test("a user who says no is an error with the server's word for it", async ({ page, scripted, authorization }) => {
  authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "access_denied", error_description: "<b>no</b>" });
  const ended = await page.evaluate((url) => visit(url), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "denied", error: "access_denied" } });
});

test("the signal of the connecting ends the wait with its reason, and what the user then does has no effect", async ({ page, scripted, authorization }) => {
  const user = thinking(authorization);
  const ending = page.evaluate((url) => {
    kept.controller = new AbortController();
    return settle(signedIn(url, {}, { signal: kept.controller.signal }));
  }, scripted.url);
  await user.asked();
  await page.evaluate(() => kept.controller.abort(new DOMException("enough", "AbortError")));
  expect((await ending).error).toMatchObject({ mcp: false, name: "AbortError", message: "enough" });
  user.agree();
  await page.waitForTimeout(300);
  expect(authorization.sent("POST /token")).toEqual([]);
});

test("the signal of a call ends its wait, and not the sign-in of the others", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  const user = thinking(authorization);
  authorization.forget();
  const ending = page.evaluate(async () => {
    kept.controller = new AbortController();
    const other = settle(kept.client.callTool("work").then(({ content }) => content));
    const aborted = await settle(kept.client.callTool("work", {}, { signal: kept.controller.signal }));
    return { aborted, other: await other };
  });
  await user.asked();
  await page.evaluate(() => kept.controller.abort(new DOMException("enough", "AbortError")));
  user.agree();
  const { aborted, other } = await ending;
  expect(aborted.error).toMatchObject({ mcp: false, name: "AbortError", message: "enough" });
  expect(other).toMatchObject({ value: [{ text: "at once" }] });
  expect(scripted.sent("tools/call")).toHaveLength(1);
  await page.evaluate(() => kept.client.close());
});

test("a sign-in that is not wanted any more opens no window", async ({ page, context }) => {
  const opening: unknown[] = [];
  context.on("page", (opened) => opening.push(opened));
  const ended = await page.evaluate(() => settle(auth.popup(new URL("https://as.example/?state=s"), { signal: AbortSignal.abort(new DOMException("enough", "AbortError")) })));
  expect(ended.error).toMatchObject({ mcp: false, name: "AbortError", message: "enough" });
  await page.waitForTimeout(200);
  expect(opening).toEqual([]);
});

test("a sign-in that is given up while its window opens closes it", async ({ page, context }) => {
  const ended = await page.evaluate(() => {
    const giving = new AbortController();
    const opening = globalThis.open;
    globalThis.open = (...how) => {
      const opened = opening.call(globalThis, ...how);
      giving.abort(new DOMException("enough", "AbortError"));
      return opened;
    };
    return settle(auth.popup(new URL("https://as.example/?state=s"), { signal: giving.signal }));
  });
  expect(ended.error).toMatchObject({ name: "AbortError" });
  await expect.poll(() => context.pages().length).toBe(1);
});

test("a callback page to which nobody was sent stays, and says nothing", async ({ page, site }) => {
  await page.evaluate(() => {
    kept.heard = [];
    new BroadcastChannel("mcp-tasks:sign-in").onmessage = ({ data }) => kept.heard.push(data);
  });
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.evaluate((url) => void window.open(url), `${site}/dist/callback.html?lang=en`)]);
  await popup.waitForLoadState();
  await page.waitForTimeout(300);
  expect(popup.isClosed()).toBe(false);
  expect(popup.url()).toContain("?lang=en");
  expect(await page.evaluate(() => kept.heard)).toEqual([]);
});

test("who closes the client does not wait for the user", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  const user = thinking(authorization);
  authorization.forget();
  const ending = page.evaluate(() => settle(kept.client.callTool("work")));
  await user.asked();
  const closed = await page.evaluate(() => settle(kept.client.close()));
  expect((await ending).error).toMatchObject({ code: "closed" });
  expect(closed.ms).toBeLessThan(2_000);
  user.agree();
  await page.waitForTimeout(300);
  expect(authorization.issued).toHaveLength(1);
});

test("an authorization page that breaks with who opened it is no popup that was closed", async ({ page, scripted, authorization }) => {
  let waiting: unknown;
  authorization.user = (exchange, request) => {
    waiting = request;
    exchange.page(200, `${WAITING}<a href="/go">Go on</a>`, { "cross-origin-opener-policy": "same-origin" });
  };
  authorization.on("GET /go", (exchange) => authorization.allow(exchange, waiting));
  const opening = page.context().waitForEvent("page");
  const ending = page.evaluate((url) => {
    // The popup has it, as long as the user is there; Playwright tells every page that it has.
    document.hasFocus = () => false;
    return visit(url);
  }, scripted.url);
  const popup = await opening;
  await popup.getByText("Go on").waitFor();
  await page.waitForTimeout(1_000);
  await popup.getByText("Go on").click();
  expect(await ending).toMatchObject({ value: "at once" });
});

const FORGED = [
  // Another tab's, perhaps: it is passed over, and then the popup is gone.
  { why: "the state of another attempt", forge: (query) => query.set("state", "of-another-attempt"), reason: "popup_closed" },
  { why: "no state", forge: (query) => query.delete("state"), reason: "popup_closed" },
  { why: "the answer of another issuer", forge: (query) => query.set("iss", "https://elsewhere.example"), reason: "callback" },
  { why: "an issuer that only looks like it", forge: (query) => query.set("iss", `${query.get("iss")}/`), reason: "callback" },
  { why: "no issuer, where one was promised", forge: (query) => query.delete("iss"), reason: "callback" },
  { why: "no code", forge: (query) => query.delete("code"), reason: "callback" },
  { why: "two codes", forge: (query) => query.append("code", "another"), reason: "token" },
] satisfies { why: string; forge: (query: URLSearchParams) => void; reason: string }[];

test("a callback that is not the answer to this attempt is refused before its code is shown to anybody", async ({ page, pair }) => {
  for (const { why, forge, reason } of FORGED) {
    const { scripted, authorization } = await pair();
    authorization.forge = forge;
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect.soft(ended.error, why).toMatchObject({ code: "unauthorized", data: { reason } });
    expect.soft(authorization.sent("POST /token"), why).toEqual([]);
  }
});

test("an issuer is not asked of a server that promises none", async ({ page, scripted, authorization }) => {
  authorization.says = { authorization_response_iss_parameter_supported: undefined };
  authorization.forge = (query) => query.delete("iss");
  expect(await page.evaluate((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
});

test("what another origin posts to the page is no callback, even with the right state", async ({ page, scripted, authorization }) => {
  const user = thinking(authorization);
  authorization.on("GET /forger", (exchange) => {
    const params = new URLSearchParams({ code: "forged", state: exchange.need("state"), iss: authorization.issuer }).toString();
    const page = `<script>parent.postMessage({ "mcp-tasks": "sign-in", params: "${params}" }, "*");</script>`;
    exchange.response.writeHead(200, { "content-type": "text/html" }).end(page);
  });
  const ending = page.evaluate((url) => visit(url), scripted.url);
  await user.asked();
  const state = authorization.sent("GET /authorize")[0]!.params.get("state")!;
  await page.evaluate((src) => {
    const forged = new Promise((resolve) => addEventListener("message", resolve, { once: true }));
    document.body.append(Object.assign(document.createElement("iframe"), { src }));
    return forged.then(() => {});
  }, `${authorization.issuer}/forger?state=${state}`);
  user.agree();
  expect(await ending).toMatchObject({ value: "at once" });
  expect(authorization.sent("POST /token").map(({ params }) => params.get("code"))).not.toContain("forged");
});

test("the callback page tells its own origin alone", async ({ page, site, authorization }) => {
  const callback = `${site}/dist/callback.html?code=of-the-user&state=any`;
  authorization.on("GET /thief", (exchange) =>
    exchange.page(200, `<script>heard = []; onmessage = ({ data }) => heard.push(data); popup = open(${JSON.stringify(callback)})</script>`),
  );
  await page.goto(`${authorization.issuer}/thief`);
  await page.waitForTimeout(500);
  expect(await page.evaluate("heard")).toEqual([]);
});
