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

test("a popup signs the user in, and is gone", async ({ signing, scripted, authorization, engine }) => {
  test.skip(engine === "webkit", "WebKitGTK's MiniBrowser opens no window that a page asks for by itself");
  const page = await signing();
  expect(await page.run((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});

test("a task goes on through a new sign-in, with tokens that are bound to a key, and nonces", async ({ signing, scripted, authorization }) => {
  authorization.proofs.nonce = "first";
  scripted.task({ polls: [...Array<string>(4).fill("working"), "completed"] });
  const page = await signing();
  await page.run(async (url) => {
    // Not every browser that is driven opens windows: a frame is as good where nobody has to be asked.
    const authorize = async (address: URL): Promise<URLSearchParams> => {
      const frame = document.createElement("iframe");
      frame.src = address.href;
      document.body.append(frame);
      for (;;) {
        await sleep(20);
        try {
          const { search } = frame.contentWindow!.location;
          if (search.includes("code=")) return new URLSearchParams(search);
        } catch {
          // Still with the other origin.
        }
      }
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
      Object.assign(globalThis, { before: true });
      void signedIn(url, options).catch(() => {});
      return Promise.resolve();
    },
    { url: scripted.url, options },
  );
  await expect.poll(() => browserPage.run(() => Promise.resolve("signedIn" in globalThis && !("before" in globalThis)), undefined).catch(() => false)).toBe(true);
  expect(await page.run(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
  await signing();
  authorization.tokens.expire();
  expect(await page.run(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
});
