import { leaveAndReturn } from "./support/redirect.ts";
import { expect, test } from "./support/sign-in.ts";

test("the page leaves for the sign-in, comes back, and goes on where it connects again", async ({ page, scripted, authorization }) => {
  await page.evaluate(() => history.replaceState({}, "", `${location.href}?shelf=7#top`));
  const here = page.url();
  await leaveAndReturn(page, scripted.url);
  expect(page.url()).toBe(here);
  const [visited, left] = await page.evaluate(async (url) => [await visit(url, { mode: "redirect" }), Object.keys(sessionStorage)] as const, scripted.url);
  expect(visited).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  expect(authorization.sent("POST /token")).toHaveLength(1);
  expect(authorization.sent("POST /register")).toHaveLength(1);
  expect(left).toEqual(["mcp-tasks left for a sign-in"]);
});

test("the app's own page may be the callback", async ({ page, scripted, authorization, site }) => {
  const options = { mode: "redirect", redirectUri: `${site}/auth.html` } as const;
  await leaveAndReturn(page, scripted.url, {}, options);
  expect(await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  // Neither in the address bar nor in what the next click sends as its referrer.
  expect(page.url()).not.toContain("code=");
});

for (const where of ["the callback page", "the app's own page"] as const) {
  test(`a page that came back by ${where}, and is loaded anew before it has gone on, is signed in all the same`, async ({ page, scripted, authorization, site }) => {
    const redirectUri = where === "the callback page" ? `${site}/dist/callback.html` : `${site}/auth.html`;
    const options = { mode: "redirect", redirectUri } as const;
    await leaveAndReturn(page, scripted.url, {}, options);
    const metadata = "GET /.well-known/oauth-authorization-server";
    const before = authorization.sent(metadata).length;
    authorization.on(metadata, () => {});
    await page.evaluate(({ url, options }) => void visit(url, options), { url: scripted.url, options });
    await expect.poll(() => authorization.sent(metadata).length).toBe(before + 1);
    authorization.on(metadata, (exchange) => authorization.lawful(exchange));
    await page.reload();
    await page.waitForFunction("'signedIn' in globalThis");
    expect(await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
    expect(authorization.sent("GET /authorize")).toHaveLength(1);
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual(["mcp-tasks left for a sign-in"]);
  });
}

test("who comes back after an hour has to sign in anew", async ({ page, scripted, authorization }) => {
  await leaveAndReturn(page, scripted.url);
  await page.evaluate(() => {
    for (const [key, value] of Object.entries(sessionStorage)) {
      const departed = JSON.parse(value as string) as { at: number };
      sessionStorage.setItem(key, JSON.stringify({ ...departed, at: departed.at - 3_600_000 }));
    }
  });
  await leaveAndReturn(page, scripted.url);
  expect(await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url)).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
});

for (const path of ["//auth.html", "//dist/callback.html"]) {
  test(`a path that looks like another origin is one: ${path}`, async ({ page, scripted, authorization, site }) => {
    const options = { mode: "redirect", redirectUri: site + path } as const;
    await leaveAndReturn(page, scripted.url, {}, options);
    expect(await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
    expect(authorization.sent("GET /authorize")).toHaveLength(1);
    expect(page.url()).not.toContain("code=");
  });
}

test("an answer that the callback page has no room for is an error that says so", async ({ page, context, scripted }) => {
  const told: string[] = [];
  await context.addInitScript(() => {
    if (!location.pathname.endsWith("/callback.html")) return;
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    onerror = (_, __, ___, ____, error) => console.log(String(error));
    addEventListener("error", (event) => event.preventDefault());
  });
  page.on("console", (message) => told.push(message.text()));
  await page.evaluate((url) => void signedIn(url, { mode: "redirect" }).catch(() => {}), scripted.url);
  await expect.poll(() => told.join()).toContain("no room in the session storage");
  expect(page.url()).not.toContain("code=");
});

test("a user who says no comes back to an error, and is not sent away again by it", async ({ page, scripted, authorization }) => {
  authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "access_denied" });
  await leaveAndReturn(page, scripted.url);
  const ended = await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "denied", error: "access_denied" } });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

for (const [why, forge] of [
  ["the issuer of another server", (query) => query.set("iss", "https://elsewhere.example")],
  ["no issuer", (query) => query.delete("iss")],
] satisfies [string, (query: URLSearchParams) => void][]) {
  test(`who comes back with ${why} is not signed in, and the code is shown to nobody`, async ({ page, scripted, authorization }) => {
    authorization.forge = forge;
    await leaveAndReturn(page, scripted.url);
    const ended = await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url);
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "callback" } });
    expect(authorization.sent("POST /token")).toEqual([]);
  });
}

test("a callback that nobody began leads nowhere, and is taken up by nobody", async ({ page, scripted, authorization, site }) => {
  await page.goto(`${site}/dist/callback.html?code=forged&state=of-a-stranger&iss=${encodeURIComponent(authorization.issuer)}`);
  await page.waitForTimeout(300);
  expect(new URL(page.url()).pathname).toBe("/dist/callback.html");
  // What a person sees who got here, in words.
  expect((await page.locator("body").innerText()).trim()).not.toBe("");
  await page.goto(`${site}/auth.html`);
  await page.waitForFunction("'signedIn' in globalThis");
  await leaveAndReturn(page, scripted.url);
  expect(await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url)).toMatchObject({ value: "at once" });
  expect(authorization.sent("POST /token").map(({ params }) => params.get("code"))).not.toContain("forged");
});

test("who went away and did not come back by the callback may try again", async ({ page, scripted, authorization }) => {
  const { user } = authorization;
  authorization.user = (exchange) => exchange.page(200, "<title>Who are you?</title>");
  const here = page.url();
  await page.evaluate((url) => void signedIn(url, { mode: "redirect" }).catch(() => {}), scripted.url);
  await page.waitForURL(/\/authorize/);
  authorization.user = user;
  await page.goto(here);
  await page.waitForFunction("'signedIn' in globalThis");
  await leaveAndReturn(page, scripted.url);
  expect(await page.evaluate((url) => visit(url, { mode: "redirect" }), scripted.url)).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
});

test("who signs out while the code is traded stays signed out", async ({ page, scripted, authorization }) => {
  await leaveAndReturn(page, scripted.url);
  let trade = (): void => {};
  const trading = new Promise<void>((resolve) => {
    authorization.on("POST /token", async (exchange) => {
      resolve();
      await new Promise<void>((go) => (trade = go));
      return authorization.lawful(exchange);
    });
  });
  const ending = page.evaluate(async (url) => {
    const provider = Object.assign(globalThis, { provider: oauth({ redirectUri, mode: "redirect" }) }).provider;
    const visited = await visit(url, {}, { auth: provider });
    const request = { url: new URL(url), method: "POST", signal: new AbortController().signal };
    return { visited, credentials: (await provider.token(request)) ?? "none" };
  }, scripted.url);
  await trading;
  await page.evaluate(() => (globalThis as unknown as { provider: { signOut: () => Promise<void> } }).provider.signOut());
  trade();
  expect(await ending).toMatchObject({ visited: { error: { code: "unauthorized", data: { reason: "interaction" } } }, credentials: "none" });
});

test("who signs out on the page that came back is not signed in by what they had begun", async ({ page, scripted, authorization }) => {
  await leaveAndReturn(page, scripted.url);
  await page.evaluate(() => oauth({ redirectUri, mode: "redirect" }).signOut());
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
  await leaveAndReturn(page, scripted.url);
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
});

test("a task that was remembered goes on after the way to the sign-in and back", async ({ page, scripted, authorization }) => {
  authorization.says = { scopes_supported: ["demo"] };
  scripted.task({ polls: [...Array<string>(3).fill("working"), "completed"] });
  await page.evaluate(async (url) => {
    kept.client = await signedIn(url, {}, { store: "indexeddb" });
    kept.task = await kept.client.callTool("work", {}, { task: true });
  }, scripted.url);
  await page.reload();
  await page.waitForFunction("'signedIn' in globalThis");
  await leaveAndReturn(page, scripted.url, { store: "indexeddb" });
  const text = await page.evaluate(async (url) => {
    const client = await signedIn(url, { mode: "redirect" }, { store: "indexeddb" });
    const [task] = [...client.tasks.values()];
    const { content } = (await task!.result()) as CallToolResult;
    await client.close();
    return content;
  }, scripted.url);
  expect(text).toMatchObject([{ text: "done" }]);
  expect(scripted.sent("tools/call")).toHaveLength(1);
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
});

test("who leaves while they come back from the sign-in does not take the code along", async ({ page, scripted, authorization }) => {
  let isSlow = true;
  authorization.on("POST /token", async (exchange) => {
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 500));
    return authorization.lawful(exchange);
  });
  await leaveAndReturn(page, scripted.url);
  const ended = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri, mode: "redirect" });
    const first = await settle(connect(url, { auth: provider, signal: AbortSignal.timeout(200) }));
    return [first.error?.name, await visit(url, {}, { auth: provider })] as const;
  }, scripted.url);
  isSlow = false;
  expect(ended).toMatchObject(["TimeoutError", { value: "at once" }]);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("who comes back where there is no more room in the session storage is signed in all the same", async ({ page, scripted, authorization, site }) => {
  const options = { mode: "redirect", redirectUri: `${site}/auth.html` } as const;
  await leaveAndReturn(page, scripted.url, {}, options);
  const ended = await page.evaluate(
    ({ url, options }) => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
      return visit(url, options);
    },
    { url: scripted.url, options },
  );
  expect(ended).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});
