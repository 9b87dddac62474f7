import { expect, test, type ScriptedAuthorization, type ScriptedServer } from "./support/sign-in.ts";

/** What a proof says; that it is good has been checked by the server. */
const claims = (proof: unknown) => JSON.parse(Buffer.from(String(proof).split(".")[1]!, "base64url").toString()) as Record<string, unknown>;

const schemes = (scripted: ScriptedServer) => new Set(scripted.requests.map(({ headers }) => headers.authorization?.split(" ")[0]));
const asked = (authorization: ScriptedAuthorization) => authorization.sent("GET /authorize").length;

test("tokens are bound to a key, and every request proves that it has it", async ({ page, scripted, authorization }) => {
  expect(await page.evaluate((url) => visit(url, { dpop: true }), scripted.url)).toMatchObject({ value: "at once" });
  expect(schemes(scripted)).toEqual(new Set(["DPoP"]));
  const proofs = scripted.requests.map(({ headers }) => claims(headers.dpop));
  expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(scripted.requests.length);
  expect(new Set(proofs.map(({ htu }) => htu))).toEqual(new Set([scripted.url]));
  expect(asked(authorization)).toBe(1);
});

test("the key cannot be taken out of the page's hands", async ({ page, scripted }) => {
  const extractable = await page.evaluate(async (url) => {
    const made: boolean[] = [];
    const { subtle } = crypto;
    const generate = subtle.generateKey.bind(subtle);
    subtle.generateKey = async (...args: unknown[]) => {
      const pair = (await (generate as (...given: unknown[]) => Promise<CryptoKeyPair>)(...args));
      made.push(pair.privateKey.extractable);
      return pair as never;
    };
    await visit(url, { dpop: true });
    return made;
  }, scripted.url);
  expect(extractable.length).toBeGreaterThan(0);
  expect(extractable).not.toContain(true);
});

test("a nonce is taken up from both servers, and a new one too, without the user", async ({ page, scripted, authorization }) => {
  authorization.proofs.nonce = "first";
  await page.evaluate(async (url) => void (kept.client = await signedIn(url, { dpop: true })), scripted.url);
  authorization.proofs.nonce = "second";
  expect(await page.evaluate(() => settle(kept.client.callTool("work")))).not.toHaveProperty("error");
  authorization.tokens.expire();
  authorization.proofs.nonce = "third";
  expect(await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())))).not.toHaveProperty("error");
  expect(asked(authorization)).toBe(1);
  expect(scripted.sent("tools/call")).toHaveLength(2);
});

test("tasks are polled with proofs, and go on over a new nonce and a refresh", async ({ page, scripted, authorization }) => {
  authorization.proofs.nonce = "first";
  scripted.task({ polls: [...Array<string>(4).fill("working"), "completed"] });
  await page.evaluate(async (url) => {
    kept.client = await signedIn(url, { dpop: true });
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.ended = settle(kept.task.result().then(({ content }) => content));
  }, scripted.url);
  await scripted.received("tasks/get");
  authorization.proofs.nonce = "second";
  await scripted.received("tasks/get", 3);
  authorization.tokens.expire();
  expect(await page.evaluate(() => kept.ended)).toMatchObject({ value: [{ text: "done" }] });
  expect(asked(authorization)).toBe(1);
  await page.evaluate(() => kept.client.close());
});

test("a server that wants a new nonce every time, and never takes one, is given up", async ({ page, scripted, authorization }) => {
  let count = 0;
  authorization.on("POST /token", (exchange) => exchange.json(400, { error: "use_dpop_nonce" }, { "dpop-nonce": `nonce-${++count}` }));
  const ended = await page.evaluate((url) => visit(url, { dpop: true }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token" } });
  expect(authorization.sent("POST /token").length).toBeLessThanOrEqual(3);
});

test("a resource that never takes a nonce is given up", async ({ page, scripted, authorization }) => {
  let count = 0;
  const refuse = (refusal: { status: number; headers: Record<string, string> }) => {
    if (authorization.issued.length === 0) return;
    refusal.headers["www-authenticate"] = 'DPoP error="use_dpop_nonce"';
    refusal.headers["dpop-nonce"] = `nonce-${++count}`;
  };
  authorization.protect(scripted, { refuse, scopeOf: () => "never" });
  const ended = await page.evaluate((url) => visit(url, { dpop: true }), scripted.url);
  expect(ended.error).toMatchObject({ code: "unauthorized" });
  expect(authorization.refused.length).toBeLessThanOrEqual(8);
  expect(asked(authorization)).toBeLessThanOrEqual(3);
});

test("a server that does not bind tokens gives ordinary ones", async ({ page, scripted, authorization }) => {
  authorization.says = { dpop_signing_alg_values_supported: undefined };
  expect(await page.evaluate((url) => visit(url, { dpop: true }), scripted.url)).toMatchObject({ value: "at once" });
  expect(schemes(scripted)).toEqual(new Set(["Bearer"]));
});

test("who does not ask for it gets no bound tokens", async ({ page, scripted }) => {
  expect(await page.evaluate((url) => visit(url), scripted.url)).toMatchObject({ value: "at once" });
  expect(schemes(scripted)).toEqual(new Set(["Bearer"]));
  expect(scripted.requests.filter(({ headers }) => headers.dpop)).toEqual([]);
});

test.describe("kept in a storage", () => {
  test.use({ keeps: true });

  test("a reload goes on with the same key", async ({ page, scripted, authorization }) => {
    const options = { dpop: true, storage: "indexeddb" } as const;
    await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options });
    await page.reload();
    await page.waitForFunction("'signedIn' in globalThis");
    authorization.tokens.expire();
    expect(await page.evaluate(({ url, options }) => visit(url, options), { url: scripted.url, options })).toMatchObject({ value: "at once" });
    expect(asked(authorization)).toBe(1);
  });
});
