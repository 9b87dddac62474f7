import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, test } from "./support/sign-in.ts";

const SCOPES = ["demo", "reports", "deletions"];
const scopeOf = (message: { method?: string; params?: { arguments?: { needs?: string } } } | undefined): string => message?.params?.arguments?.needs ?? "demo";
const asked = (authorization: ScriptedAuthorization) => authorization.sent("GET /authorize").map(({ params }) => params.get("scope"));

test.use({ protection: { scopes: SCOPES, scopeOf } });

test("what needs more asks the user for all that there was and what is needed, and runs once", async ({ page, scripted, authorization }) => {
  const called = await page.evaluate(async (url) => {
    const client = await signedIn(url, { scope: "demo" });
    const ended = [await settle(client.callTool("work", { needs: "reports" })), await settle(client.callTool("work", { needs: "deletions" }))];
    await client.close();
    return ended.map(({ error }) => error?.message);
  }, scripted.url);
  expect(called).toEqual([undefined, undefined]);
  const sets = asked(authorization).map((scope) => new Set(scope?.split(" ").filter((each) => each !== "offline_access")));
  expect(sets).toEqual([new Set(["demo"]), new Set(["demo", "reports"]), new Set(SCOPES)]);
  expect(scripted.sent("tools/call")).toHaveLength(2);
});

test("a user who grants no more than before is asked a bounded number of times", async ({ page, scripted, authorization }) => {
  authorization.user = (exchange, request) => authorization.allow(exchange, { ...request, scopes: ["demo"] });
  const ended = await page.evaluate(async (url) => {
    const client = await signedIn(url);
    const called = await settle(client.callTool("work", { needs: "reports" }));
    const other = await settle(client.callTool("work"));
    await client.close();
    return { called, other };
  }, scripted.url);
  expect(ended.called.error).toMatchObject({ code: "unauthorized", data: { status: 403 } });
  expect(ended.other).not.toHaveProperty("error");
  expect(asked(authorization).length).toBeLessThanOrEqual(4);
  expect(scripted.sent("tools/call")).toHaveLength(1);
});

test("a user who grants no more ends nothing but that call: tokens are refreshed for tasks that nobody waits for in vain", async ({ page, scripted, authorization }) => {
  scripted.task({ polls: [...Array<string>(4).fill("working"), "completed"] });
  await page.evaluate(async (url) => {
    kept.client = await signedIn(url);
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.ended = settle(kept.task.result().then(({ content }) => content));
  }, scripted.url);
  authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "access_denied" });
  const refused = await page.evaluate(() => settle(kept.client.callTool("work", { needs: "reports" })));
  expect(refused.error).toMatchObject({ code: "unauthorized", data: { status: 403, reason: "denied" } });
  authorization.tokens.expire();
  expect(await page.evaluate(() => kept.ended)).toMatchObject({ value: [{ text: "done" }] });
  expect(authorization.sent("POST /token", { grant_type: "refresh_token" })).toHaveLength(1);
  await page.evaluate(() => kept.client.close());
});

test("a 403 that is not about scopes asks nobody", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  scripted.on("tools/call", (call) => call.http(403, { "www-authenticate": 'Bearer error="invalid_request"' }));
  const ended = await page.evaluate(() => settle(kept.client.callTool("work")));
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 403 } });
  expect(asked(authorization)).toHaveLength(1);
  expect(scripted.sent("tools/call")).toHaveLength(1);
  await page.evaluate(() => kept.client.close());
});

test("a token that is refused however often one signs in is given up", async ({ page, scripted, authorization }) => {
  authorization.protect(scripted, { scopes: SCOPES, scopeOf: () => "never", refuse: (refusal) => (refusal.status = 401) });
  const ended = await page.evaluate((url) => visit(url), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
  expect(ended.ms).toBeLessThan(5_000);
  expect(asked(authorization).length).toBeLessThanOrEqual(4);
});

const silent = ({ headers }: { headers: Record<string, string> }) => void (headers["www-authenticate"] = headers["www-authenticate"]!.replace(/scope="[^"]*", /, ""));

test("the scopes that are asked for are the challenge's, else the metadata's, else none", async ({ page, pair }) => {
  for (const [why, protection, scope] of [
    ["the challenge", {}, "demo"],
    ["the metadata of the resource", { refuse: silent }, "demo reports deletions"],
    ["nobody", { says: { scopes_supported: undefined }, refuse: silent }, null],
  ] as const) {
    const { scripted, authorization } = await pair({ scopes: SCOPES, ...protection });
    authorization.says = { scopes_supported: SCOPES };
    expect(await page.evaluate((url) => visit(url), scripted.url), why).toMatchObject({ value: "at once" });
    expect(asked(authorization), why).toEqual([scope]);
  }
});

test("the way to the sign-in is found where WWW-Authenticate is hidden by the browser, or not there", async ({ page, pair }) => {
  const EXPOSE = "access-control-expose-headers";
  const [hidden, missing] = [await pair(), await pair({ refuse: ({ headers }) => delete headers["www-authenticate"] })];
  hidden.scripted.headers[EXPOSE] = hidden.scripted.headers[EXPOSE]!.replace("www-authenticate, ", "");
  for (const { scripted } of [hidden, missing]) expect(await page.evaluate((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
});

test("a change of authorization server starts over with the new one, and tells it nothing of the old", async ({ page, context, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  const second = (await ScriptedAuthorization.start()).protect(scripted, { scopes: SCOPES, scopeOf });
  expect(await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())))).not.toHaveProperty("error");
  expect(second.sent("POST /register")).toHaveLength(1);
  expect(second.sent("GET /authorize")).toHaveLength(1);
  const old = [...authorization.issued.flatMap(({ access, refresh = "" }) => [access, refresh]), authorization.sent("GET /authorize")[0]!.params.get("client_id")!];
  const told = second.requests.map(({ body, request, headers }) => `${request.url} ${body} ${JSON.stringify(headers)}`).join();
  for (const secret of old.filter(Boolean)) expect(told).not.toContain(secret);
  expect(context.pages()).toHaveLength(1);
  await second.close();
});

test("two servers with one provider get each its own tokens", async ({ page, wire, scripted, authorization }) => {
  const other = await ScriptedServer.start();
  wire.isMcp = (url) => [scripted.url, other.url].includes(url);
  authorization.protect(other, { scopes: SCOPES, scopeOf });
  const texts = await page.evaluate(
    async (urls) => {
      const provider = oauth({ redirectUri });
      const clients = [];
      for (const url of urls) clients.push(await connect(url, { auth: provider }));
      const ended = await Promise.all(clients.map((client) => settle(client.callTool("work"))));
      await Promise.all(clients.map((client) => client.close()));
      return ended.filter(({ error }) => error).length;
    },
    [scripted.url, other.url],
  );
  expect(texts).toBe(0);
  expect(authorization.issued.map(({ resource }) => resource)).toEqual([scripted.url, other.url]);
  await other.close();
});
