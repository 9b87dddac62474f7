import { expect, test } from "./support/sign-in.ts";
import { thinking } from "./support/user.ts";

// A browser that opens windows while a click is handled, and never after: each `opening` is such a click, and `opened` what came of it.
test.beforeEach(async ({ page }) => {
  await page.evaluate(() => {
    const open = window.open.bind(window);
    let isClicked = false;
    const opened: Window[] = [];
    window.open = (...given) => {
      const next = isClicked ? open(...given) : null;
      if (next) opened.push(next);
      return next;
    };
    const opening = <T>(act: () => T): T => {
      isClicked = true;
      try {
        return act();
      } finally {
        isClicked = false;
      }
    };
    Object.assign(globalThis, { opened, opening });
  });
});

declare global {
  const opened: Window[];
  function opening<T>(act: () => T): T;
}

test("a window that was opened ahead is the one to sign in in, whatever was asked before, and is gone", async ({ page, context, scripted, authorization }) => {
  const ended = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    return [await visit(url), await opening(() => provider.withWindow(() => visit(url, {}, { auth: provider }))), opened.length] as const;
  }, scripted.url);
  expect(ended).toMatchObject([{ error: { data: { reason: "popup_blocked" } } }, { value: "at once" }, 1]);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  await expect.poll(() => context.pages().length).toBe(1);
});

test("what the window was opened for has its value and its error as they are", async ({ page }) => {
  const ended = await page.evaluate(async () => {
    const { withWindow } = ((provider) => ({ withWindow: provider.withWindow.bind(provider) }))(oauth({ redirectUri }));
    const fail = (): never => {
      throw new RangeError("of the app");
    };
    return [await opening(() => withWindow(() => 7)), (await settle(opening(() => withWindow(fail)))).error?.message, opened.map(({ closed }) => closed)];
  });
  expect(ended).toEqual([7, "of the app", [true, true]]);
});

test("a window that nobody needs is closed as soon as that is known", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    await opening(() => provider.withWindow(() => visit(url, {}, { auth: provider })));
    const again = await opening(() => provider.withWindow(() => visit(url, {}, { auth: provider })));
    return { again, closed: opened.map(({ closed }) => closed) };
  }, scripted.url);
  expect(ended).toMatchObject({ again: { value: "at once" }, closed: [true, true] });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("a sign-in that fails before it comes to the user leaves no window", async ({ page, scripted, authorization }) => {
  authorization.says = { code_challenge_methods_supported: undefined };
  const ended = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    return { visited: await opening(() => provider.withWindow(() => visit(url, {}, { auth: provider }))), closed: opened.map(({ closed }) => closed) };
  }, scripted.url);
  expect(ended).toMatchObject({ visited: { error: { data: { reason: "discovery" } } }, closed: [true] });
});

test("who aborts has no window any more, before it was needed and after", async ({ page, scripted, authorization }) => {
  const user = thinking(authorization);
  await page.evaluate((url) => {
    const provider = oauth({ redirectUri });
    kept.controller = new AbortController();
    kept.ended = opening(() => provider.withWindow(() => settle(connect(url, { auth: provider, signal: kept.controller.signal }))));
  }, scripted.url);
  await user.asked();
  const ended = await page.evaluate(async () => {
    kept.controller.abort(new DOMException("enough", "AbortError"));
    return { error: (await kept.ended).error?.message, closed: opened.map(({ closed }) => closed) };
  });
  expect(ended).toEqual({ error: "enough", closed: [true] });
});

test("who signs out has no window any more, while it is still waited for what it is for", async ({ page }) => {
  const closed = await page.evaluate(async () => {
    const provider = oauth({ redirectUri });
    void opening(() => provider.withWindow(() => new Promise(() => {})));
    const before = opened.map(({ closed }) => closed);
    await provider.signOut();
    return [before, opened.map(({ closed }) => closed)];
  });
  expect(closed).toEqual([[false], [true]]);
});

test("a user who closes the window before there is anything in it has closed it", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate((url) => {
    const provider = oauth({ redirectUri });
    return opening(() =>
      provider.withWindow(() => {
        opened.forEach((each) => each.close());
        return visit(url, {}, { auth: provider });
      }),
    );
  }, scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "popup_closed" } });
  expect(authorization.sent("GET /authorize")).toEqual([]);
});

test("an authorize of the app's own is given the window, which is closed after it", async ({ page, scripted }) => {
  const ended = await page.evaluate(async (url) => {
    const given: boolean[] = [];
    const provider = oauth({
      redirectUri,
      authorize(_, { window }) {
        given.push(window === opened[0]);
        throw new Error("not today");
      },
    });
    await opening(() => provider.withWindow(() => visit(url, {}, { auth: provider })));
    return [given, opened.map(({ closed }) => closed)];
  }, scripted.url);
  expect(ended).toEqual([[true], [true]]);
});

test("no window is opened where none is needed", async ({ page }) => {
  const count = await page.evaluate(async () => {
    const providers = [oauth({ redirectUri, mode: "redirect" }), oauth({ client: { client_id: "job" }, grant: { type: "client_credentials" } })];
    for (const provider of providers) await opening(() => provider.withWindow(() => {}));
    return opened.length;
  });
  expect(count).toBe(0);
});

test("a window that was opened for what the user wants is not for what only the clock wants", async ({ page, scripted, authorization }) => {
  scripted.task({ polls: Array<string>(20).fill("working") });
  await page.evaluate(async (url) => {
    kept.provider = oauth({ redirectUri });
    kept.client = await opening(() => kept.provider.withWindow(() => connect(url, { auth: kept.provider })));
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.changes = changesOf(kept.task);
    void opening(() => kept.provider.withWindow(() => new Promise(() => {})));
  }, scripted.url);
  const turned = authorization.refused.length;
  authorization.forget();
  await expect.poll(() => authorization.refused.length).toBeGreaterThan(turned);
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => opened.map(({ closed }) => closed))).toEqual([true, false]);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  await page.evaluate(() => kept.provider.signOut());
});

test("an authorize of the app's own that heeds nothing keeps no window open", async ({ page, scripted }) => {
  const ended = await page.evaluate(async (url) => {
    const controller = new AbortController();
    const provider = oauth({ redirectUri, authorize: () => (setTimeout(() => controller.abort(new Error("enough")), 50), new Promise<never>(() => {})) });
    const { error } = await opening(() => provider.withWindow(() => settle(connect(url, { auth: provider, signal: controller.signal }))));
    return [error?.message, opened.map(({ closed }) => closed)];
  }, scripted.url);
  expect(ended).toEqual(["enough", [true]]);
});
