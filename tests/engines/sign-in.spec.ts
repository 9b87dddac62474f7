import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, test as base } from "./fixtures.ts";
import type { Driver } from "./support/driver.ts";

interface Fixtures {
  scripted: ScriptedServer;
  /** The authorization server of `scripted`, whose user says yes at once. */
  authorization: ScriptedAuthorization;
  /** A page with the sign-in loaded; each call gives it anew. */
  signing: () => Promise<Driver>;
}

let visits = 0;

const test = base.extend<Fixtures>({
  scripted: async ({}, use) => {
    const server = await ScriptedServer.start();
    await use(server);
    await server.close();
  },
  authorization: async ({ scripted }, use) => {
    const authorization = (await ScriptedAuthorization.start()).protect(scripted);
    await use(authorization);
    await authorization.close();
  },
  signing: async ({ browserPage, site }, use) => {
    await use(async () => {
      await browserPage.goto(`${site}/auth.html?${++visits}`, "signedIn");
      return browserPage;
    });
  },
});

/** The user clicks, and is signed in. */
async function clickToSignIn(page: Driver, url: string): Promise<void> {
  await page.run((url) => {
    const button = Object.assign(document.createElement("button"), { textContent: "Sign in" });
    // What a script makes global stays its own, in some drivers.
    button.onclick = () => {
      const provider = oauth({ redirectUri });
      // Ahead of the first request: WebKit opens no window once one lies between it and the click.
      void provider.withWindow(() => visit(url, {}, { auth: provider })).then((ended) => (document.title = JSON.stringify(ended)));
    };
    document.body.append(button);
    return Promise.resolve();
  }, url);
  await page.click("button");
  await expect.poll(() => page.run(() => Promise.resolve(document.title), undefined), { timeout: 10_000 }).toContain("at once");
}

test("a popup that a click opens signs the user in", async ({ signing, scripted, authorization }) => {
  await clickToSignIn(await signing(), scripted.url);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("a popup whose page breaks with who opened it is not taken for closed, and its answer comes back", async ({ signing, scripted, authorization }) => {
  let waiting: unknown;
  authorization.user = (exchange, request) => {
    waiting = request;
    exchange.page(200, '<meta http-equiv="refresh" content="1;url=/go">', { "cross-origin-opener-policy": "same-origin" });
  };
  authorization.on("GET /go", (exchange) => authorization.allow(exchange, waiting));
  await clickToSignIn(await signing(), scripted.url);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("a task goes on through a new sign-in, with tokens that are bound to a key, and nonces", async ({ signing, scripted, authorization }) => {
  authorization.proofs.nonce = "first";
  scripted.task({ polls: [...Array<string>(4).fill("working"), "completed"] });
  const page = await signing();
  await page.run(async (url) => {
    // Not every browser that is driven opens windows: a frame is as good where nobody has to be asked.
    const authorize = (address: URL): Promise<URLSearchParams> => {
      const channel = new BroadcastChannel("mcp-tasks:sign-in");
      const answer = new Promise<string>((resolve) => (channel.onmessage = ({ data }) => resolve((data as { params: string }).params)));
      document.body.append(Object.assign(document.createElement("iframe"), { src: address.href }));
      return answer.then((params) => new URLSearchParams(params));
    };
    kept.client = await signedIn(url, { dpop: true, authorize });
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.ended = settle(kept.task.result().then(({ content }) => content));
  }, scripted.url);
  await scripted.received("tasks/get");
  authorization.proofs.nonce = "second";
  authorization.forget();
  expect(await page.run(() => kept.ended, undefined)).toMatchObject({ value: [{ text: "done" }] });
  expect(authorization.sent("GET /authorize")).toHaveLength(2);
  expect(scripted.sent("tools/call")).toHaveLength(1);
  expect(new Set(scripted.requests.map(({ headers }) => headers.authorization?.split(" ")[0]))).toEqual(new Set(["DPoP"]));
  await page.run(() => kept.client.close(), undefined);
});

test("the page leaves for the sign-in, comes back, and stays signed in over a reload, with the same key", async ({ signing, scripted, authorization, browserPage }) => {
  const options = { mode: "redirect", dpop: true, storage: "indexeddb" } as const;
  const page = await signing();
  await page.run(
    ({ url, options }) => {
      document.title = "before";
      void signedIn(url, options).catch(() => {});
      return Promise.resolve();
    },
    { url: scripted.url, options },
  );
  await expect.poll(() => browserPage.run(() => Promise.resolve("signedIn" in globalThis && document.title !== "before"), undefined).catch(() => false)).toBe(true);
  expect(await page.run(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
  await signing();
  authorization.tokens.expire();
  expect(await page.run(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});
