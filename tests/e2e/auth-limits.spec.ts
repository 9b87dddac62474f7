import { asked, shown } from "./support/asked.ts";
import { putAhead } from "./support/clock.ts";
import { Gate } from "./support/gate.ts";
import { expect, test } from "./support/sign-in.ts";

const TOKENS = [
  ["a line break", "a\nb"],
  ["a NUL", "a\0b"],
  ["a space", "a b"],
  ["a letter that is not ASCII", "tökén"],
  ["nothing in it", ""],
  ["a length that no server reads", "x".repeat(100_000)],
] as const;

test("an access token that no header can hold is refused, and not shown to anybody", async ({ page, pair }) => {
  for (const [why, token] of TOKENS) {
    const { scripted, authorization } = await pair();
    authorization.on("POST /token", (exchange) => exchange.json(200, { access_token: token, token_type: "Bearer" }));
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    expect.soft(ended.error, why).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token" } });
    if (token) expect.soft(JSON.stringify(ended.error), why).not.toContain(JSON.stringify(token).slice(1, -1));
    expect.soft(scripted.requests, why).toEqual([]);
    expect.soft(asked(authorization), why).toHaveLength(1);
  }
});

const BAD_LIFETIMES = ["-1", '"soon"', "1e400", "{}"];
const GOOD_LIFETIMES = ["0", '"3600"', "0.5e10", "1e300", undefined];

test("a lifetime that is none is an error, and one that has no end is none that has ended", async ({ page, pair }) => {
  for (const lifetime of [...BAD_LIFETIMES, ...GOOD_LIFETIMES]) {
    const { scripted, authorization } = await pair();
    authorization.on("POST /token", (exchange) => {
      const { expires_in: _, ...tokens } = authorization.tokens.issue({ clientId: exchange.need("client_id"), resource: scripted.url, scopes: ["demo", "offline_access"] });
      const body = JSON.stringify({ ...tokens, expires_in: "LIFETIME" }).replace('"LIFETIME"', lifetime ?? "60");
      exchange.response.writeHead(200, { "content-type": "application/json" }).end(lifetime === undefined ? JSON.stringify(tokens) : body);
    });
    const ended = await page.evaluate((url) => visit(url), scripted.url);
    if (BAD_LIFETIMES.includes(lifetime!)) {
      expect.soft(ended.error, lifetime).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "token" } });
      expect.soft(scripted.requests, lifetime).toEqual([]);
    } else {
      expect.soft(ended, lifetime).toMatchObject({ value: "at once" });
      // One that is good for no time at all is tried before it is replaced.
      if (lifetime === "0") expect.soft(shown(authorization).length, lifetime).toBeLessThan(scripted.requests.length);
      else expect.soft(shown(authorization), lifetime).toEqual([]);
    }
    expect.soft(asked(authorization), lifetime).toHaveLength(1);
  }
});

test("a time-out that no timer can hold is none", async ({ page, pair }) => {
  for (const timeoutMs of [2 ** 31, 1e15, Infinity]) {
    const { scripted } = await pair();
    expect.soft(await page.evaluate(({ url, timeoutMs }) => visit(url, { timeoutMs }), { url: scripted.url, timeoutMs }), `${timeoutMs}`).toMatchObject({ value: "at once" });
  }
});

test("who waits for another's refresh does so as long as no timer can hold", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    for (const _ of ["signs in", "has them from the storage"]) await visit(url, { storage: kept.storage });
  }, scripted.url);
  const gate = new Gate();
  authorization.on("POST /token", async (exchange) => {
    await gate.wait();
    return authorization.lawful(exchange);
  });
  await putAhead(page, 6 * 60_000);
  const waiting = page.evaluate((url) => {
    const providers = Array.from({ length: 2 }, () => oauth({ redirectUri, storage: kept.storage, timeoutMs: 2 ** 30 }));
    const request = { url: new URL(url), method: "POST", signal: new AbortController().signal };
    return Promise.all(providers.map((provider) => settle(Promise.resolve(provider.token(request)).then((token) => typeof token))));
  }, scripted.url);
  await gate.reached;
  // The other waits: a timer that fires at once would have ended that.
  await page.waitForFunction(async () => (await navigator.locks.query()).pending?.length === 1);
  gate.open();
  expect(await waiting).toMatchObject([{ value: "string" }, { value: "string" }]);
  expect(shown(authorization)).toHaveLength(1);
});
