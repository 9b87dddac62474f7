import type { Page } from "@playwright/test";
import { ScriptedServer } from "../peers/scripted.mjs";
import { asked, shown } from "./support/asked.ts";
import { putAhead } from "./support/clock.ts";
import { Gate } from "./support/gate.ts";
import { leaveAndReturn } from "./support/redirect.ts";
import { expect, test, type ScriptedAuthorization } from "./support/sign-in.ts";
import { thinking } from "./support/user.ts";

/** The tokens that the server was told to forget. */
const revoked = (authorization: ScriptedAuthorization) => authorization.sent("POST /revoke").map(({ params }) => params.get("token"));
/** The refresh tokens that were issued. */
const issued = (authorization: ScriptedAuthorization) => authorization.issued.map(({ refresh }) => refresh);

const call = (page: Page) => page.evaluate(() => settle(kept.client.callTool("work")));
const close = (page: Page) => page.evaluate(() => kept.client.close());
/** The user signs out; whether that is over, is `kept.ended`. */
const beginSignOut = (page: Page) => page.evaluate(() => void (kept.ended = settle(kept.provider.signOut())));
/** How many sign-ins are in the storage. */
const stored = (page: Page) => page.evaluate(() => [...kept.storage.entries.values()].filter((value) => JSON.stringify(value).includes("accessToken")).length);

/** Holds back what the token endpoint answers. */
function holdTokens(authorization: ScriptedAuthorization): Gate {
  const gate = new Gate();
  authorization.on("POST /token", async (exchange) => {
    await gate.wait();
    return authorization.lawful(exchange);
  });
  return gate;
}

test.beforeEach(({ authorization }) => {
  authorization.says = { revocation_endpoint: `${authorization.issuer}/revoke` };
  authorization.on("POST /revoke", (exchange) => exchange.json(200, {}));
});

for (const [when, ahead, isShared] of [
  ["before the token's time is up", 4.75 * 60_000, true],
  ["after the token was refused", 0, true],
  ["where nothing is shared", 0, false],
] as const) {
  test(`who signs out during a refresh, ${when}, is signed out: what it brings is forgotten and revoked`, async ({ page, scripted, authorization }) => {
    await page.evaluate(
      async ({ url, isShared }) => {
        kept.storage = memory();
        kept.provider = oauth({ redirectUri, ...(isShared && { storage: kept.storage }) });
        kept.client = await connect(url, { auth: kept.provider });
      },
      { url: scripted.url, isShared },
    );
    const gate = holdTokens(authorization);
    // What is under way may ask for a sign-in after that: nobody is there.
    authorization.user = () => {};
    authorization.tokens.expire();
    await putAhead(page, ahead);
    const calling = call(page);
    await gate.reached;
    await beginSignOut(page);
    gate.open();
    expect(await page.evaluate(() => kept.ended)).not.toHaveProperty("error");
    expect(await stored(page)).toBe(0);
    expect(shown(authorization)).toEqual([issued(authorization)[0]]);
    expect(revoked(authorization)).toEqual([issued(authorization)[1]]);
    await close(page);
    await calling;
    expect(await stored(page)).toBe(0);
  });
}

test("who signs out while they sign in is signed out: what it brings is revoked, and not used", async ({ page, scripted, authorization }) => {
  const user = thinking(authorization);
  const connecting = page.evaluate((url) => {
    kept.storage = memory();
    kept.provider = oauth({ redirectUri, storage: kept.storage });
    return settle(connect(url, { auth: kept.provider }));
  }, scripted.url);
  await user.asked();
  await page.evaluate(() => kept.provider.signOut());
  user.agree();
  expect((await connecting).error).toMatchObject({ code: "unauthorized", data: { reason: "interaction" } });
  await expect.poll(() => revoked(authorization)).toEqual([issued(authorization)[0]]);
  expect(await stored(page)).toBe(0);
  expect(scripted.requests).toEqual([]);
});

test("who signs out while they come back from the sign-in is signed out", async ({ page, scripted, authorization }) => {
  const gate = holdTokens(authorization);
  await leaveAndReturn(page, scripted.url);
  const connecting = page.evaluate((url) => {
    kept.storage = memory();
    kept.provider = oauth({ redirectUri, mode: "redirect", storage: kept.storage });
    return settle(connect(url, { auth: kept.provider }));
  }, scripted.url);
  await gate.reached;
  await page.evaluate(() => kept.provider.signOut());
  gate.open();
  expect((await connecting).error).toMatchObject({ code: "unauthorized", data: { reason: "interaction" } });
  await expect.poll(() => revoked(authorization)).toEqual([issued(authorization)[0]]);
  expect(await stored(page)).toBe(0);
});

test.describe("in two tabs", () => {
  test.use({ keeps: true });

  const connected = async (tabs: Page[], url: string) => {
    for (const tab of tabs) {
      await tab.evaluate(async (url) => {
        kept.provider = oauth({ redirectUri, storage: "localstorage" });
        kept.client = await connect(url, { auth: kept.provider });
      }, url);
    }
  };
  const inStorage = (page: Page) => page.evaluate(() => Object.values(localStorage).filter((value) => value.includes("accessToken")).length);

  test("who signs out in one is asked again in the other: what that has is not refreshed", async ({ page, newPage, scripted, authorization }) => {
    const other = await newPage();
    await connected([page, other], scripted.url);
    await page.evaluate(() => kept.provider.signOut());
    authorization.tokens.expire();
    expect(await call(other)).not.toHaveProperty("error");
    expect(shown(authorization)).toEqual([]);
    expect(asked(authorization)).toHaveLength(2);
    await Promise.all([page, other].map(close));
  });

  test("who signs out in one while the other refreshes is signed out: nothing is written back", async ({ page, newPage, scripted, authorization }) => {
    const other = await newPage();
    await connected([page, other], scripted.url);
    const gate = holdTokens(authorization);
    authorization.tokens.expire();
    const calling = call(other);
    await gate.reached;
    await beginSignOut(page);
    gate.open();
    expect(await page.evaluate(() => kept.ended)).not.toHaveProperty("error");
    expect(await calling).not.toHaveProperty("error");
    expect(await inStorage(page)).toBe(0);
    expect(revoked(authorization)).toEqual([issued(authorization)[1]]);
    authorization.tokens.expire();
    expect(await call(other)).not.toHaveProperty("error");
    expect(shown(authorization)).toHaveLength(1);
    expect(asked(authorization)).toHaveLength(2);
    await Promise.all([page, other].map(close));
  });
});

test("a refresh that does not end keeps nobody from signing out", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    kept.client = await signedIn(url, { storage: kept.storage });
    kept.provider = oauth({ redirectUri, storage: kept.storage, timeoutMs: 200 });
  }, scripted.url);
  const gate = holdTokens(authorization);
  authorization.tokens.expire();
  const calling = call(page);
  await gate.reached;
  expect((await page.evaluate(() => settle(kept.provider.signOut()))).ms).toBeLessThan(3_000);
  expect(await stored(page)).toBe(0);
  await close(page);
  await calling;
});

test("tokens that somebody writes back after the sign-out are as if there were none", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    await visit(url, { storage: kept.storage });
    const before = [...kept.storage.entries];
    await oauth({ redirectUri, storage: kept.storage }).signOut();
    before.forEach(([key, value]) => kept.storage.entries.set(key, value));
  }, scripted.url);
  expect(await page.evaluate((url) => visit(url, { storage: kept.storage }), scripted.url)).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(2);
});

test("a sign-out in a future from which the clock was put back is none", async ({ page, wire, scripted, authorization }) => {
  // What was learnt of the server is of another day.
  wire.probes = 2;
  const visited = () => page.evaluate((url) => visit(url, { storage: kept.storage }), scripted.url);
  await page.evaluate(() => void (kept.storage = memory()));
  await putAhead(page, 60 * 60_000);
  expect(await visited()).toMatchObject({ value: "at once" });
  await page.evaluate(() => oauth({ redirectUri, storage: kept.storage }).signOut());
  await putAhead(page, -60 * 60_000);
  for (const _ of ["signs in", "is signed in"]) expect(await visited()).toMatchObject({ value: "at once" });
  expect(asked(authorization)).toHaveLength(2);
});

test("who signs out does so at all endpoints of earlier pages, however they were signed in at", async ({ page, wire, scripted, authorization }) => {
  const other = await ScriptedServer.start();
  wire.isMcp = (url) => [scripted.url, other.url].includes(url);
  authorization.protect(other);
  await page.evaluate(
    async (urls) => {
      kept.storage = memory();
      // One that takes its time: what is read is old by the time that it is there.
      const slow = async (key: string) => [kept.storage.get(key), await sleep(50)][0];
      const auth = oauth({ redirectUri, storage: { ...kept.storage, get: slow } });
      const clients = await Promise.all(urls.map((url) => connect(url, { auth })));
      await Promise.all(clients.map((client) => client.close()));
    },
    [scripted.url, other.url],
  );
  expect(await stored(page)).toBe(2);
  await page.evaluate(() => oauth({ redirectUri, storage: kept.storage }).signOut());
  expect(await stored(page)).toBe(0);
  expect(revoked(authorization).sort()).toEqual(issued(authorization).sort());
  await other.close();
});

test("apps that share an origin and a storage are signed in, and out, each by itself", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    for (const app of ["one", "two"]) await visit(url, { redirectUri: `${redirectUri}?app=${app}`, storage: kept.storage });
  }, scripted.url);
  expect(asked(authorization)).toHaveLength(2);
  for (const [nth, app] of ["one", "two"].entries()) {
    await page.evaluate((app) => oauth({ redirectUri: `${redirectUri}?app=${app}`, storage: kept.storage }).signOut(), app);
    expect(await stored(page)).toBe(1 - nth);
    expect(revoked(authorization)).toEqual(issued(authorization).slice(0, nth + 1));
  }
});

test("after a sign-out nobody is asked for what only the clock wants, and again for what the user wants", async ({ page, scripted, authorization }) => {
  scripted.task({ polls: Array<string>(20).fill("working") });
  await page.evaluate(async (url) => {
    kept.provider = oauth({ redirectUri });
    kept.client = await connect(url, { auth: kept.provider });
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.changes = changesOf(kept.task);
  }, scripted.url);
  const turned = authorization.refused.length;
  await page.evaluate(() => kept.provider.signOut());
  await expect.poll(() => authorization.refused.length).toBeGreaterThan(turned);
  await page.waitForTimeout(500);
  expect(asked(authorization)).toHaveLength(1);
  expect(await page.evaluate(() => settle(kept.client.callTool("work")))).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(2);
});

test("who signs in while the servers are still told of a sign-out can sign out of that on the next page", async ({ page, scripted, authorization }) => {
  const gate = new Gate();
  authorization.on("POST /revoke", async (exchange) => {
    await gate.wait();
    exchange.json(200, {});
  });
  await page.evaluate(async (url) => {
    kept.storage = memory();
    kept.provider = oauth({ redirectUri, storage: kept.storage });
    await connect(url, { auth: kept.provider });
  }, scripted.url);
  await beginSignOut(page);
  await gate.reached;
  await page.evaluate(async (url) => void (await connect(url, { auth: kept.provider })), scripted.url);
  gate.open();
  await page.evaluate(() => kept.ended);
  expect(await stored(page)).toBe(1);
  await page.evaluate(() => oauth({ redirectUri, storage: kept.storage }).signOut());
  expect(await stored(page)).toBe(0);
});

test("what was read before a sign-out brings nothing back", async ({ page, scripted }) => {
  const session = await page.evaluate(async (url) => {
    const { entries } = (kept.storage = memory());
    let arrive = (): void => {};
    let open = (): void => {};
    const [reached, opened] = [new Promise<void>((resolve) => (arrive = resolve)), new Promise<void>((resolve) => (open = resolve))];
    let isHeld = false;
    const storage = {
      ...kept.storage,
      async get(key: string) {
        const value = entries.get(key);
        if (isHeld && JSON.stringify(value)?.includes("accessToken")) {
          isHeld = false;
          arrive();
          await opened;
        }
        return value;
      },
    };
    const provider = oauth({ redirectUri, storage });
    await connect(url, { auth: provider });
    // Another tab has others, so that what is read is taken for news.
    for (const [key, value] of entries) {
      const tokens = value as { accessToken?: string; since: number };
      if (tokens.accessToken !== undefined) entries.set(key, { ...tokens, accessToken: "of another tab", since: tokens.since + 1 });
    }
    isHeld = true;
    const looking = provider.session(url);
    await reached;
    await provider.signOut();
    open();
    return [await looking, await provider.session(url)];
  }, scripted.url);
  expect(session).toEqual([undefined, undefined]);
});

test("a refresh that takes longer than who signs out waits for brings nothing back", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    kept.storage = memory();
    // Two tabs of one app, as far as either knows.
    kept.client = await connect(url, { auth: oauth({ redirectUri, storage: kept.storage }) });
    kept.provider = oauth({ redirectUri, storage: kept.storage, timeoutMs: 100 });
  }, scripted.url);
  const gate = holdTokens(authorization);
  authorization.user = () => {};
  authorization.tokens.expire();
  const calling = call(page);
  await gate.reached;
  await page.evaluate(() => settle(kept.provider.signOut()));
  expect(await stored(page)).toBe(0);
  gate.open();
  await expect.poll(() => authorization.issued.length).toBe(2);
  await page.waitForTimeout(200);
  expect(await stored(page)).toBe(0);
  await close(page);
  await calling;
});
