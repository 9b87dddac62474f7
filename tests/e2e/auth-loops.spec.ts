import { asked } from "./support/asked.ts";
import { leaveAndReturn } from "./support/redirect.ts";
import { expect, test } from "./support/sign-in.ts";

const REDIRECT = { mode: "redirect" } as const;

for (const [where, options] of [
  ["in memory", {}],
  ["in a storage", { storage: "indexeddb" }],
] as const) {
  test.describe(`tokens ${where}`, () => {
    test.use({ keeps: where === "in a storage" });

    test("who comes back to a server that refuses the new token is told so, and not sent away again", async ({ page, scripted, authorization }) => {
      authorization.protect(scripted, { scopeOf: () => "never", refuse: (refusal) => (refusal.status = 401) });
      await leaveAndReturn(page, scripted.url, {}, options);
      const again = () => page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options: { ...REDIRECT, ...options } });
      expect((await again()).error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token" } });
      if (where === "in a storage") {
        await page.reload();
        await page.waitForFunction("'signedIn' in globalThis");
        expect((await again()).error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token" } });
      }
      expect(asked(authorization)).toHaveLength(1);
    });
  });
}

test("who comes back to a server that is not content with the scopes it wanted is not sent away a third time", async ({ page, scripted, authorization }) => {
  authorization.protect(scripted, { scopes: ["demo", "never"], scopeOf: () => "never" });
  authorization.user = (exchange, request) => authorization.allow(exchange, { ...request, scopes: ["demo"] });
  // For the first sign-in the server asks for less.
  await leaveAndReturn(page, scripted.url);
  await leaveAndReturn(page, scripted.url);
  const ended = await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 403, reason: "scope" } });
  expect(asked(authorization)).toHaveLength(2);
});

test("a poll leaves the page for nobody: whoever wants something does", async ({ page, scripted, authorization }) => {
  authorization.says = { scopes_supported: ["demo"] };
  await leaveAndReturn(page, scripted.url);
  scripted.task({ polls: Array<string>(20).fill("working") });
  await page.evaluate(async (url) => {
    kept.client = await signedIn(url, { mode: "redirect" });
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.changes = changesOf(kept.task);
  }, scripted.url);
  const turned = authorization.refused.length;
  authorization.tokens.expire();
  await expect.poll(() => authorization.refused.length).toBeGreaterThan(turned);
  // By then the page would be left.
  await page.waitForTimeout(400);
  const told = await page.evaluate(() => settle(kept.client.close()));
  expect(told).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(1);
});

test("a page that is first shown after it has begun to leave for the sign-in is known to whoever comes back", async ({ page, scripted, authorization }) => {
  const { user } = authorization;
  authorization.user = async (exchange, request) => {
    // By now the page has been shown.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return user(exchange, request);
  };
  // A slow page does it once, at a time that no test can choose.
  await page.evaluate(() => void setInterval(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false })), 10));
  await leaveAndReturn(page, scripted.url);
  expect(await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(1);
});

test("who comes back to a server that opens its door to anybody, and refuses the new token behind it, is not sent away again", async ({ page, scripted, authorization }) => {
  // Without a refresh token.
  authorization.says = { scopes_supported: ["demo"] };
  const { guard } = scripted;
  scripted.guard = (call) => {
    if (call.message === undefined) return guard(call);
    if (call.name !== "tools/list") return true;
    call.http(401, { "www-authenticate": "Bearer" });
    return false;
  };
  const listing = (url: string) => settle(connect(url, { auth: oauth({ redirectUri, mode: "redirect" }) }).then((client) => client.listTools()));
  await page.evaluate((url) => {
    Object.assign(globalThis, { before: true });
    void settle(connect(url, { auth: oauth({ redirectUri, mode: "redirect" }) }).then((client) => client.listTools()));
  }, scripted.url);
  await page.waitForFunction("'signedIn' in globalThis && !('before' in globalThis)");
  const ended = await page.evaluate(listing, scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token" } });
  expect(asked(authorization)).toHaveLength(1);
});

test("a server that wants another scope of each page that comes back does not send it away for ever", async ({ page, scripted, authorization }) => {
  let wanted = 0;
  const scopes = Array.from({ length: 20 }, (_, nth) => `s${nth}`);
  authorization.protect(scripted, { scopes, scopeOf: () => scopes[wanted++]! });
  for (let leaves = 0; leaves < 3; leaves++) await leaveAndReturn(page, scripted.url);
  const ended = await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 403, reason: "interaction" } });
  expect(asked(authorization)).toHaveLength(3);
});
