import type { Challenge } from "mcp-tasks";
import { expect, test } from "./support/sign-in.ts";

/** An app with a sign-in of its own. */
test("an app's own sign-in is a provider of five lines", async ({ page, scripted, authorization }) => {
  const token = (): string => authorization.tokens.issue({ clientId: "app", resource: scripted.url, scopes: ["demo"] }).access_token;
  await page.exposeFunction("signInOfTheApp", token);
  scripted.task({ polls: ["working", "completed"] });
  await page.evaluate(async (url) => {
    const { signInOfTheApp } = globalThis as unknown as { signInOfTheApp: () => Promise<string> };
    let token: string | undefined;
    kept.client = await connect(url, {
      auth: {
        token: () => token,
        onUnauthorized: async () => {
          token = await signInOfTheApp();
        },
      },
    });
    kept.task = await kept.client.callTool("work", {}, { task: true });
  }, scripted.url);
  authorization.tokens.expire();
  const text = await page.evaluate(async () => {
    const { content } = await kept.task.result();
    await kept.client.close();
    return content;
  });
  expect(text).toMatchObject([{ text: "done" }]);
  expect(authorization.issued).toHaveLength(2);
  expect(authorization.requests).toEqual([]);
});

test("a provider is told what was asked and answered", async ({ page, scripted }) => {
  const told = await page.evaluate(async (url) => {
    const heard: unknown[] = [];
    const auth = {
      token: () => "not-good",
      onUnauthorized({ status, url, method, wwwAuthenticate, headers, credentials }: Challenge) {
        heard.push({ status, url: url.href, method, wwwAuthenticate, headers: headers.get("www-authenticate") !== null, credentials });
        return false;
      },
    };
    return { ended: await settle(connect(url, { auth })), heard };
  }, scripted.url);
  expect(told.ended.error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
  expect(told.heard).toEqual([{ status: 401, url: scripted.url, method: "POST", wwwAuthenticate: expect.stringContaining("resource_metadata="), headers: true, credentials: "not-good" }]);
});

for (const why of ["rejects", "throws", "says that the refusal stands"] as const) {
  test(`a provider whose onUnauthorized ${why} ends the call, and nothing is asked twice`, async ({ page, scripted, authorization }) => {
    const ended = await page.evaluate(
      ({ url, why }) => {
        const onUnauthorized = (): boolean | Promise<boolean> => {
          if (why === "throws") throw new Error("nobody is there");
          return why === "rejects" ? Promise.reject(new Error("nobody is there")) : false;
        };
        return settle(connect(url, { auth: { token: () => undefined, onUnauthorized } }));
      },
      { url: scripted.url, why },
    );
    expect(ended.error).toMatchObject({ mcp: true, code: "unauthorized" });
    expect(authorization.refused).toHaveLength(1);
  });
}

test("a provider that throws at once is asked anew by the next call", async ({ page, scripted, authorization }) => {
  const token = authorization.tokens.issue({ clientId: "app", resource: scripted.url, scopes: ["demo"] }).access_token;
  await page.evaluate(
    async ({ url, token }) => {
      let asked = 0;
      const onUnauthorized = (): never => {
        asked += 1;
        throw new Error(`log in first, said ${asked}`);
      };
      kept.client = await connect(url, { auth: { token: () => token, onUnauthorized } });
    },
    { url: scripted.url, token },
  );
  authorization.tokens.expire();
  const messages = await page.evaluate(async () => {
    const ended = [await settle(kept.client.callTool("work")), await settle(kept.client.callTool("work"))];
    await kept.client.close();
    return ended.map(({ error }) => error?.message);
  });
  expect(messages).toEqual(["the sign-in failed: log in first, said 1", "the sign-in failed: log in first, said 2"]);
});

test("a caller who is refused while the clock's sign-in is under way, which may ask nobody, has one of their own", async ({ page, scripted, authorization }) => {
  const issue = (): string => authorization.tokens.issue({ clientId: "app", resource: scripted.url, scopes: ["demo"] }).access_token;
  await page.exposeFunction("signInOfTheApp", issue);
  scripted.task({ polls: [...Array<string>(20).fill("working"), "completed"] });
  await page.evaluate(
    async ({ url, first }) => {
      const { signInOfTheApp } = globalThis as unknown as { signInOfTheApp: () => Promise<string> };
      let token = first;
      kept.asked = [];
      const auth = {
        token: () => token,
        async onUnauthorized({ background }: Challenge) {
          kept.asked.push(background);
          if (background) {
            await new Promise<void>((resolve) => (kept.leave = resolve));
            throw new Error("not while the user is busy");
          }
          token = await signInOfTheApp();
        },
      };
      kept.client = await connect(url, { auth, notifications: false });
      kept.task = await kept.client.callTool("work", {}, { task: true });
      kept.ended = settle(kept.task.result());
    },
    { url: scripted.url, first: issue() },
  );
  // The calls are on their way before anybody is refused, and are answered after that.
  const refusals: (() => void)[] = [];
  scripted.on("tools/call", (call) => void refusals.push(() => call.http(401, { "www-authenticate": "Bearer" })));
  await page.evaluate(() => void (kept.waiting = Promise.all([1, 2].map(() => settle(kept.client.callTool("work").then(({ content }) => content)))) as never));
  await scripted.received("tools/call", 3);
  authorization.tokens.expire();
  await page.waitForFunction(() => kept.asked.length > 0);
  scripted.on("tools/call", (call) => scripted.lawful(call));
  refusals.forEach((refuse) => refuse());
  await page.waitForTimeout(300);
  await page.evaluate(() => kept.leave());
  expect(await page.evaluate(() => kept.waiting)).toMatchObject([{ value: [{ text: "at once" }] }, { value: [{ text: "at once" }] }]);
  expect(await page.evaluate(() => kept.asked)).toEqual([true, false]);
  await page.evaluate(() => kept.client.close());
});

test("a provider whose token cannot be had ends the call before anything is sent", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate(
    (url) => settle(connect(url, { auth: { token: () => Promise.reject(new Error("locked")), onUnauthorized: () => {} } })),
    scripted.url,
  );
  expect(ended.error?.mcp).toBe(true);
  expect([...scripted.requests, ...authorization.refused]).toEqual([]);
});

test("a token that no header can hold is refused without being told", async ({ page, scripted, authorization }) => {
  const ended = await page.evaluate((url) => settle(connect(url, { auth: { token: () => "line\r\nbreak-secret", onUnauthorized: () => {} } })), scripted.url);
  expect(ended.error?.mcp).toBe(true);
  expect(JSON.stringify(ended)).not.toContain("secret");
  expect([...scripted.requests, ...authorization.refused]).toEqual([]);
});

test("an auth that is no provider is refused at once", async ({ page, scripted }) => {
  const codes = await page.evaluate(
    async (url) => {
      const given = ["yes", { token: "x" }, { token: () => undefined, onUnauthorized: true }, null];
      const ended = await Promise.all(given.map((auth) => settle(connect(url, { auth: auth as never }))));
      return ended.map(({ error }) => error?.code);
    },
    scripted.url,
  );
  expect(codes).toEqual(Array(4).fill("invalid_argument"));
});

const NO_OPTIONS: [string, object][] = [
  ["without a redirectUri and without a grant", {}],
  ["with a redirectUri that is no URL", { redirectUri: "http://" }],
  ["with a redirectUri of another origin, in a popup", { redirectUri: "https://elsewhere.example/callback.html" }],
  ["with a redirectUri that has a fragment", { redirectUri: "callback.html#top" }],
  ["with a clientMetadataUrl over plain http", { redirectUri: "callback.html", clientMetadataUrl: "http://elsewhere.example/client.json" }],
  ["with a clientMetadataUrl without a path", { redirectUri: "callback.html", clientMetadataUrl: "https://elsewhere.example" }],
  ["with a client without an id", { redirectUri: "callback.html", client: { client_secret: "x" } }],
  ["with a mode that there is none of", { redirectUri: "callback.html", mode: "window" }],
  ["with a redirectUri on this machine that is no page", { redirectUri: "ftp://127.0.0.1/callback.html", client: { client_id: "x" }, grant: { type: "client_credentials" } }],
  ["with a scope that is none", { redirectUri: "callback.html", scope: 'files "read"' }],
  ["with scopes in a list", { redirectUri: "callback.html", scope: ["files"] }],
  ["with a client that is none", { redirectUri: "callback.html", client: null }],
  ["with a client that shows itself in no known way", { redirectUri: "callback.html", client: { client_id: "x", token_endpoint_auth_method: "tls_client_auth" } }],
  ["with a client of no URL", { redirectUri: "callback.html", client: { client_id: "x", issuer: "elsewhere" } }],
  ["with a client's name that is no text", { redirectUri: "callback.html", clientName: 7 }],
  ["with a dpop that is neither true nor false", { redirectUri: "callback.html", dpop: "yes" }],
  ["with a fetch that is none", { redirectUri: "callback.html", fetch: "fast" }],
  ["with a grant that is none", { client: { client_id: "x" }, grant: "client_credentials" }],
  ["with a grant that vouches with nothing", { client: { client_id: "x" }, grant: { type: "jwt_bearer" } }],
  ["with a grant that signs with no known algorithm", { client: { client_id: "x" }, grant: { type: "client_credentials", privateKey: "pem", alg: "none" } }],
  ["with a grant that exchanges with nobody", { client: { client_id: "x", issuer: "https://as.example" }, grant: { type: "token_exchange", subjectToken: "t" } }],
  ["with a storage that there is none of", { redirectUri: "callback.html", storage: "cookies" }],
  ["with a grant that there is none of", { client: { client_id: "x" }, grant: { type: "password" } }],
  ["with a time-out that is none", { redirectUri: "callback.html", timeoutMs: "soon" }],
];

test("options that mean nothing are refused at once", async ({ page }) => {
  const codes = await page.evaluate((table) => {
    return table.map(([why, options]) => {
      try {
        oauth(options);
        return `${why}: taken`;
      } catch (error) {
        return `${why}: ${(error as McpError).code}`;
      }
    });
  }, NO_OPTIONS);
  expect(codes).toEqual(NO_OPTIONS.map(([why]) => `${why}: invalid_argument`));
});

const STATIC: [string, object][] = [
  ["a secret", { client: { client_id: "x", client_secret: "s" }, grant: { type: "client_credentials" } }],
  ["an assertion that is there already", { client: { client_id: "x" }, grant: { type: "jwt_bearer", assertion: "a.b.c" } }],
  ["the same of a client that is a document", { clientMetadataUrl: "https://app.example/client.json", grant: { type: "jwt_bearer", assertion: "a.b.c" } }],
  [
    "an exchanged token",
    { client: { client_id: "x" }, grant: { type: "token_exchange", identityProvider: { issuer: "https://id.example", client_id: "y" }, subjectToken: "t" } },
  ],
];

test("what is one authorization server's is not for whichever an MCP server names: a grant without a user says whose it is", async ({ page }) => {
  const told = await page.evaluate((table) => {
    const outcome = (options: object): string => {
      try {
        oauth(options);
        return "taken";
      } catch (error) {
        return `${(error as McpError).code}: ${/^client\.issuer/.exec((error as McpError).message)?.[0]}`;
      }
    };
    return table.map(([, options]) => [outcome(options), outcome({ ...options, client: { client_id: "x", ...(options as { client?: object }).client, issuer: "https://as.example" } })]);
  }, STATIC);
  expect(told).toEqual(STATIC.map(() => ["invalid_argument: client.issuer", "taken"]));
});

test("a page is told with what the user is signed in, and no token", async ({ page, scripted, authorization }) => {
  const seen = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    const states = [await provider.session(url)];
    await visit(url, {}, { auth: provider });
    states.push(await provider.session(`${url}#here`), await provider.session(new URL("/other", url)));
    await provider.signOut();
    states.push(await provider.session(url));
    return { states, wrong: (await settle(provider.session("https://"))).error?.code };
  }, scripted.url);
  const { issuer } = authorization;
  expect(seen).toEqual({ states: [undefined, { issuer, resource: scripted.url, scopes: ["demo", "offline_access"] }, undefined, undefined], wrong: "invalid_argument" });
});

test("where nothing refreshes the tokens, a page is told when the sign-in ends, and that it has", async ({ page, scripted, authorization }) => {
  authorization.says = { scopes_supported: ["demo"] };
  authorization.tokens.lifetimeMs = 2_000;
  const [now, then] = await page.evaluate(async (url) => {
    const provider = oauth({ redirectUri });
    await visit(url, {}, { auth: provider });
    const { until = Infinity, ...state } = (await provider.session(url)) ?? {};
    await sleep(until - Date.now() + 50);
    return [{ ...state, isSoon: until < Date.now() }, (await provider.session(url)) ?? "none"];
  }, scripted.url);
  expect([now, then]).toEqual([{ issuer: authorization.issuer, resource: scripted.url, scopes: ["demo"], isSoon: true }, "none"]);
});

test("an authorize of the app's own takes the place of the popup", async ({ page, scripted, authorization }) => {
  const seen = await page.evaluate(async (url) => {
    const asked: URL[] = [];
    const visited = await visit(url, {
      authorize(address, { signal }) {
        asked.push(address);
        return auth.popup(address, { signal });
      },
    });
    return { visited, asked: asked.map(({ origin, pathname }) => origin + pathname) };
  }, scripted.url);
  expect(seen).toMatchObject({ visited: { value: "at once" }, asked: [`${authorization.issuer}/authorize`] });
});

test("an authorize of the app's own that fails ends the sign-in", async ({ page, scripted }) => {
  const ended = await page.evaluate((url) => visit(url, { authorize: () => Promise.reject(new Error("the user has no hands")) }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { status: 401 } });
});

for (const [how, client] of [
  ["by its own name, where it was registered before", { client_id: "the-app" }],
  ["as a document, where the server reads such", undefined],
] as const) {
  test(`the app is known ${how}`, async ({ page, scripted, authorization, site }) => {
    const document = "https://app.example/client.json";
    const known = client?.client_id ?? document;
    authorization.documents.set(known, { client_id: known, client_name: "The app", redirect_uris: [`${site}/dist/callback.html`] });
    authorization.acquaint({ clientId: "the-app", name: "The app", redirectUris: [`${site}/dist/callback.html`] });
    const options = client ? { client } : { clientMetadataUrl: document };
    expect(await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
    expect(authorization.sent("POST /register")).toEqual([]);
    expect(authorization.sent("GET /authorize")[0]?.params.get("client_id")).toBe(known);
  });
}
