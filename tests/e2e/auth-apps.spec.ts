import type { Page } from "@playwright/test";
import { asked } from "./support/asked.ts";
import { Gate } from "./support/gate.ts";
import { expect, test, type ScriptedAuthorization, type ScriptedServer } from "./support/sign-in.ts";

/** A token as an app has them that signs its users in by itself. */
const tokenFor = (authorization: ScriptedAuthorization, scripted: ScriptedServer): string =>
  authorization.tokens.issue({ clientId: "app", resource: scripted.url, scopes: ["demo"] }).access_token;

/** Connects with an app's own provider, which has a good token at first, and counts how often it is asked to sign in. */
const connectApp = (page: Page, url: string, token: string, onUnauthorized: string) =>
  page.evaluate(
    async ({ url, token, onUnauthorized }) => {
      kept.asked = [];
      const answer = made<(challenge: unknown) => boolean>(onUnauthorized);
      const auth = {
        token: () => token,
        onUnauthorized(challenge: unknown) {
          kept.asked.push(challenge);
          return answer(challenge);
        },
      };
      kept.client = await connect(url, { auth });
    },
    { url, token, onUnauthorized },
  );
const timesAsked = (page: Page) => page.evaluate(() => kept.asked.length);
const call = (page: Page) => page.evaluate(() => settle(kept.client.callTool("work")));

const TOKENS = [
  ["throws", "() => { throw new Error('locked') }", "the credentials could not be had: locked"],
  ["throws nothing", "() => { throw undefined }", "the credentials could not be had"],
  ["rejects", "() => Promise.reject(new Error('locked'))", "the credentials could not be had: locked"],
  ["rejects with nothing", "() => Promise.reject()", "the credentials could not be had"],
  ["gives a number", "() => 7", "token() gives a token, or headers"],
  ["gives a promise of a function", "async () => () => 'token'", "token() gives a token, or headers"],
] as const;

test("a provider whose token() is not in order ends the call with what it said, and nothing is sent", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate(
    ({ url, given }) => {
      const providers = given.map((token) => ({ token: made<() => string>(token), onUnauthorized: () => false }));
      return Promise.all(providers.map((auth) => settle(connect(url, { auth }))));
    },
    { url: scripted.url, given: TOKENS.map(([, token]) => token) },
  );
  for (const [nth, [why, , message]] of TOKENS.entries()) expect.soft(ended[nth]?.error, why).toMatchObject({ mcp: true, code: "unauthorized", message });
  expect([...scripted.requests, ...authorization.refused]).toEqual([]);
});

/** How calls end that have a time-out, a signal that is aborted, and a client that is closed. */
const ENDED = [{ error: { code: "timeout" } }, { error: { name: "AbortError", message: "enough" } }, { error: { code: "closed" } }];

test("a provider whose token() never comes keeps nobody waiting: neither a time-out, nor a signal, nor who closes", async ({ page, scripted, authorization }) => {
  const token = tokenFor(authorization, scripted);
  const ended = await page.evaluate(
    async ({ url, token }) => {
      let given: string | Promise<never> = token;
      const client = await connect(url, { auth: { token: () => given, onUnauthorized: () => false } });
      given = new Promise<never>(() => {});
      const controller = new AbortController();
      const called = [
        settle(client.callTool("work", {}, { timeoutMs: 200 })),
        settle(client.callTool("work", {}, { signal: controller.signal })),
        settle(client.callTool("work")),
      ];
      controller.abort(new DOMException("enough", "AbortError"));
      await called[0];
      // The farewell waits for a token, too, and not for ever.
      void client.close();
      return Promise.all(called);
    },
    { url: scripted.url, token },
  );
  expect(ended).toMatchObject(ENDED);
});

test("whatever onUnauthorized gives, but false, is other credentials", async ({ page, scripted, authorization }) => {
  const token = tokenFor(authorization, scripted);
  const ended = await page.evaluate(
    ({ url, token }) => {
      const connected = [undefined, null, true, 0, "", "no", {}, Promise.resolve(undefined)].map((answer) => {
        let given = "old";
        const onUnauthorized = (): never => {
          given = token;
          return answer as never;
        };
        return settle(connect(url, { auth: { token: () => given, onUnauthorized } }).then((client) => client.close()));
      });
      return Promise.all(connected);
    },
    { url: scripted.url, token },
  );
  expect(ended.map(({ error }) => error)).toEqual(Array(8).fill(undefined));
  expect(authorization.refused).toHaveLength(8);
});

test("a provider that always has others, of which none is taken, is asked three times for a call", async ({ page, scripted, authorization }) => {
  await connectApp(page, scripted.url, tokenFor(authorization, scripted), "() => true");
  authorization.tokens.expire();
  expect((await call(page)).error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
  expect(await timesAsked(page)).toBe(3);
  expect(authorization.refused).toHaveLength(4);
  await page.evaluate(() => kept.client.close());
});

for (const [why, onUnauthorized, most] of [
  ["always has others, of which none is taken,", "() => true", 3],
  ["cannot sign in", "() => { throw new Error('nobody is there') }", 1],
] as const) {
  test(`a provider that ${why} is left in peace by polls soon, and asked again by who wants something`, async ({ page, scripted, authorization }) => {
    for (const pollInterval of [50, 150, 250]) scripted.task({ polls: Array<string>(100).fill("working"), pollInterval });
    await connectApp(page, scripted.url, tokenFor(authorization, scripted), onUnauthorized);
    await page.evaluate(async () => {
      for (let nth = 0; nth < 3; nth++) kept.changes = changesOf(await kept.client.callTool("work", {}, { task: true }));
    });
    await scripted.received("tasks/get", 3);
    authorization.tokens.expire();
    await expect.poll(() => timesAsked(page)).toBe(most);
    // Several more polls would have come by then.
    await page.waitForTimeout(500);
    expect(await timesAsked(page)).toBe(most);
    expect((await call(page)).error).toMatchObject({ code: "unauthorized" });
    expect(await timesAsked(page)).toBeGreaterThan(most);
    await page.evaluate(() => kept.client.close());
  });
}

test("a provider whose onUnauthorized never comes keeps nobody waiting: neither a time-out, nor a signal, nor who closes", async ({ page, scripted, authorization }) => {
  await connectApp(page, scripted.url, tokenFor(authorization, scripted), "() => new Promise(() => {})");
  authorization.tokens.expire();
  const ended = await page.evaluate(async () => {
    const controller = new AbortController();
    const called = [
      settle(kept.client.callTool("work", {}, { timeoutMs: 200 })),
      settle(kept.client.callTool("work", {}, { signal: controller.signal })),
      settle(kept.client.callTool("work")),
    ];
    controller.abort(new DOMException("enough", "AbortError"));
    await called[0];
    return { closed: await settle(kept.client.close()), called: await Promise.all(called) };
  });
  expect(ended.called.map(({ error }) => error?.code ?? error?.message)).toMatchObject(["timeout", 20, "closed"]);
  expect(ended.closed.ms).toBeLessThan(2_000);
  expect(await timesAsked(page)).toBe(1);
  const { aborted } = await page.evaluate(() => ({ aborted: (kept.asked[0] as { signal: AbortSignal }).signal.aborted }));
  expect(aborted).toBe(true);
});

test("a provider that asks its own client for something meanwhile waits for itself, and no longer than it says", async ({ page, scripted, authorization }) => {
  const token = tokenFor(authorization, scripted);
  const fresh = () => tokenFor(authorization, scripted);
  await page.exposeFunction("fresh", fresh);
  await page.evaluate(
    async ({ url, token }) => {
      const { fresh } = globalThis as unknown as { fresh: () => Promise<string> };
      let given = token;
      kept.heard = [];
      const onUnauthorized = async (): Promise<void> => {
        kept.heard.push((await settle(kept.client.callTool("work", {}, { timeoutMs: 100 }))).error?.code);
        given = await fresh();
      };
      kept.client = await connect(url, { auth: { token: () => given, onUnauthorized } });
    },
    { url: scripted.url, token },
  );
  authorization.tokens.expire();
  expect(await call(page)).not.toHaveProperty("error");
  expect(await page.evaluate(() => kept.heard)).toEqual(["timeout"]);
  expect(scripted.sent("tools/call")).toHaveLength(1);
  await page.evaluate(() => kept.client.close());
});

test("a provider whose onResponse throws is not heard", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate(
    ({ url, token }) => {
      const onResponse = (): never => {
        throw new Error("not now");
      };
      return settle(connect(url, { auth: { token: () => token, onUnauthorized: () => false, onResponse } }).then((client) => client.close()));
    },
    { url: scripted.url, token: tokenFor(authorization, scripted) },
  );
  expect(ended).not.toHaveProperty("error");
});

const ANSWERS = ["undefined", "null", "'code=1'", "{ code: '1' }", "new URLSearchParams()", "new URLSearchParams('code=1')", "new URLSearchParams('code=1&state=of-another')"];

test("an authorize of the app's own that gives no answer of the authorization server's is an error", async ({ page, scripted, authorization }) => {
  for (const answer of ANSWERS) {
    const ended = await page.evaluate(
      ({ url, answer }) => visit(url, { authorize: made<() => URLSearchParams>(`() => (${answer})`) }),
      { url: scripted.url, answer },
    );
    expect.soft(ended.error, answer).toMatchObject({ code: "unauthorized", data: { status: 401, reason: "callback" } });
  }
  const thrown = await page.evaluate((url) => visit(url, { authorize: () => { throw new Error("no hands"); } }), scripted.url);
  expect(thrown.error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
  expect(authorization.sent("POST /token")).toEqual([]);
});

test("an authorize of the app's own that does not heed its signal keeps nobody: the next client signs in", async ({ page, scripted, authorization }) => {
  const { first, second } = await page.evaluate(async (url) => {
    let isFirst = true;
    let ask = (): void => {};
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => (ask = resolve));
    const late = new Promise<void>((resolve) => (answer = resolve));
    const authorize = async (address: URL, context: { signal: AbortSignal }): Promise<URLSearchParams> => {
      if (!isFirst) return auth.popup(address, context);
      isFirst = false;
      ask();
      const params = await auth.popup(address, { signal: new AbortController().signal });
      await late;
      return params;
    };
    const provider = oauth({ redirectUri, authorize });
    const controller = new AbortController();
    const ending = settle(connect(url, { auth: provider, signal: controller.signal }));
    await asked;
    controller.abort(new DOMException("enough", "AbortError"));
    const first = await ending;
    const client = await connect(url, { auth: provider });
    answer();
    return { first, second: await settle(client.callTool("work").then(() => client.close())) };
  }, scripted.url);
  expect(first.error).toMatchObject({ name: "AbortError", message: "enough" });
  expect(second).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(2);
  // What the first one came by in the end is worth nothing any more.
  expect(authorization.sent("POST /token")).toHaveLength(1);
});

test("a client that is closed takes its own wait for the user along, and nobody else's", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => {
    const auth = oauth({ redirectUri });
    kept.clients = [await connect(url, { auth }), await connect(url, { auth })];
  }, scripted.url);
  const [gate, { user }, turned] = [new Gate(), authorization, authorization.refused.length];
  authorization.user = () => gate.wait();
  authorization.forget();
  const first = page.evaluate(() => settle(kept.clients[0]!.callTool("work")));
  await gate.reached;
  const second = page.evaluate(() => settle(kept.clients[1]!.callTool("work").then(() => kept.clients[1]!.close())));
  await expect.poll(() => authorization.refused.length - turned).toBe(2);
  authorization.user = user;
  await page.evaluate(() => kept.clients[0]!.close());
  expect((await first).error).toMatchObject({ code: "closed" });
  expect(await second).not.toHaveProperty("error");
  expect(asked(authorization)).toHaveLength(3);
});
