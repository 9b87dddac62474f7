import { ScriptedAuthorization } from "../peers/authorization.mjs";
import { expect, test } from "./support/sign-in.ts";

const CLIENT = { client_id: "a robot:1", client_secret: "pass/wörd +%" };
/** The robot, as the authorization server has entered it. */
const clientOf = ({ issuer }: ScriptedAuthorization) => ({ ...CLIENT, issuer });
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

test.beforeEach(({ authorization }) => {
  authorization.confidential.set(CLIENT.client_id, { secret: CLIENT.client_secret });
  // Nobody is there to be asked.
  authorization.user = () => {
    throw new Error("a user was asked");
  };
});

test.afterEach(({ authorization }) => expect(authorization.sent("GET /authorize")).toEqual([]));

for (const [method, supported] of [
  ["client_secret_basic", ["client_secret_post", "client_secret_basic"]],
  ["client_secret_post", ["client_secret_post"]],
  ["client_secret_basic", undefined],
] as const) {
  test(`client credentials by ${method}, where the server says ${String(supported)}`, async ({ page, scripted, authorization }) => {
    authorization.says = { token_endpoint_auth_methods_supported: supported };
    const visited = await page.evaluate(({ url, client }) => visit(url, { client, grant: { type: "client_credentials" } }), { url: scripted.url, client: clientOf(authorization) });
    expect(visited).toMatchObject({ value: "at once" });
    const [{ headers, params } = { headers: {} as Record<string, string>, params: new URLSearchParams() }] = authorization.sent("POST /token");
    expect(/^Basic /.test(headers.authorization ?? "")).toBe(method === "client_secret_basic");
    expect(params.has("client_secret")).toBe(method === "client_secret_post");
    expect(params.get("resource")).toBe(scripted.url);
  });
}

test("a token that has ended is had anew, once for all who need it", async ({ page, scripted, authorization }) => {
  authorization.says = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
  await page.evaluate(
    async ({ url, client }) => void (kept.client = await signedIn(url, { client, grant: { type: "client_credentials" } })),
    { url: scripted.url, client: clientOf(authorization) },
  );
  authorization.tokens.expire();
  const failed = await page.evaluate(async () => {
    const ended = await Promise.all([1, 2, 3, 4].map(() => settle(kept.client.callTool("work"))));
    await kept.client.close();
    return ended.filter(({ error }) => error).length;
  });
  expect(failed).toBe(0);
  expect(authorization.sent("POST /token")).toHaveLength(2);
});

test("a wrong secret is an error with the server's word for it, and is not told again", async ({ page, scripted, authorization }) => {
  const client = { ...clientOf(authorization), client_secret: "wrong-secret" };
  const ended = await page.evaluate(({ url, client }) => visit(url, { client, grant: { type: "client_credentials" } }), { url: scripted.url, client });
  expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token", error: "invalid_client" } });
  expect(JSON.stringify(ended)).not.toContain("wrong-secret");
  expect(JSON.stringify(await page.evaluate(() => said))).not.toContain("wrong-secret");
});

for (const form of ["a key of the browser", "PKCS#8"] as const) {
  test(`private_key_jwt with ${form}`, async ({ page, scripted, authorization }) => {
    authorization.says = { token_endpoint_auth_methods_supported: ["private_key_jwt"], token_endpoint_auth_signing_alg_values_supported: ["ES256"] };
    const jwk = await page.evaluate(async (form) => {
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const pem = async (): Promise<string> => {
        const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
        return `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...bytes)).replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
      };
      Object.assign(globalThis, { privateKey: form === "PKCS#8" ? await pem() : privateKey });
      return crypto.subtle.exportKey("jwk", publicKey);
    }, form);
    authorization.confidential.set("signer", { jwk: { ...jwk, alg: "ES256" } });
    const visited = await page.evaluate((url) => {
      const { privateKey } = globalThis as unknown as { privateKey: CryptoKey | string };
      return visit(url, { client: { client_id: "signer" }, grant: { type: "client_credentials", privateKey } });
    }, scripted.url);
    expect(visited).toMatchObject({ value: "at once" });
    const [{ params } = { params: new URLSearchParams() }] = authorization.sent("POST /token");
    expect(params.get("client_assertion_type")).toBe(ASSERTION_TYPE);
    const [, payload = ""] = params.get("client_assertion")!.split(".");
    const { aud, jti, exp, iat } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { aud: string; jti: string; exp: number; iat: number };
    expect(aud).toBe(authorization.issuer);
    expect(jti.length).toBeGreaterThan(10);
    expect(exp - iat).toBeLessThanOrEqual(300);
  });
}

test("client credentials that are bound to a key", async ({ page, scripted, authorization }) => {
  authorization.says = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
  authorization.proofs.nonce = "first";
  const visited = await page.evaluate(({ url, client }) => visit(url, { client, dpop: true, grant: { type: "client_credentials" } }), { url: scripted.url, client: clientOf(authorization) });
  expect(visited).toMatchObject({ value: "at once" });
  expect(new Set(scripted.requests.map(({ headers }) => headers.authorization?.split(" ")[0]))).toEqual(new Set(["DPoP"]));
});

test.describe("an identity provider that vouches", () => {
  let provider: ScriptedAuthorization;

  test.beforeEach(async ({ authorization }) => {
    provider = await ScriptedAuthorization.start();
    provider.confidential.set("at-the-provider", { secret: "there" });
    provider.aliases.set("at-the-provider", CLIENT.client_id);
    authorization.trusted.add(provider.issuer);
    authorization.says = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
    provider.says = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
  });

  test.afterEach(() => provider.close());

  test("token exchange: a user's token there becomes one for the server", async ({ page, scripted, authorization }) => {
    const visited = await page.evaluate(
      ({ url, client, issuer }) =>
        visit(url, {
          client,
          grant: { type: "token_exchange", identityProvider: { issuer, client_id: "at-the-provider", client_secret: "there" }, subjectToken: () => "an-id-token" },
        }),
      { url: scripted.url, client: clientOf(authorization), issuer: provider.issuer },
    );
    expect(visited).toMatchObject({ value: "at once" });
    const [{ params } = { params: new URLSearchParams() }] = provider.sent("POST /token");
    expect(Object.fromEntries(params)).toMatchObject({
      requested_token_type: "urn:ietf:params:oauth:token-type:id-jag",
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      audience: authorization.issuer,
      resource: scripted.url,
    });
    // Each is shown what is its own.
    expect(authorization.requests.map(({ body }) => body).join()).not.toContain("an-id-token");
    expect(provider.requests.map(({ body, headers }) => body + headers.authorization).join()).not.toContain(CLIENT.client_id);
  });

  test("a subject token that the provider does not take is an error", async ({ page, scripted, authorization }) => {
    const ended = await page.evaluate(
      ({ url, client, issuer }) =>
        visit(url, { client, grant: { type: "token_exchange", identityProvider: { issuer, client_id: "at-the-provider", client_secret: "there" }, subjectToken: "of-nobody" } }),
      { url: scripted.url, client: clientOf(authorization), issuer: provider.issuer },
    );
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token", error: "invalid_grant" } });
    expect(authorization.sent("POST /token")).toEqual([]);
    expect(JSON.stringify(ended)).not.toContain("of-nobody");
  });

  test("an assertion that the app comes by itself is made for the server that asks", async ({ page, scripted, authorization }) => {
    const assertions: { issuer: string; resource: string }[] = [];
    await page.exposeFunction("assertionFor", (asked: { issuer: string; resource: string }) => {
      assertions.push(asked);
      return provider.assert({ clientId: CLIENT.client_id, audience: asked.issuer, resource: asked.resource });
    });
    const visited = await page.evaluate(
      ({ url, client }) => {
        const { assertionFor } = globalThis as unknown as { assertionFor: (asked: object) => Promise<string> };
        return visit(url, { client, grant: { type: "jwt_bearer", assertion: ({ issuer, resource }) => assertionFor({ issuer, resource }) } });
      },
      { url: scripted.url, client: clientOf(authorization) },
    );
    expect(visited).toMatchObject({ value: "at once" });
    expect(assertions).toEqual([{ issuer: authorization.issuer, resource: scripted.url }]);
  });

  test("an assertion that is not trusted is an error", async ({ page, scripted, authorization }) => {
    authorization.trusted.clear();
    const assertion = await provider.assert({ clientId: CLIENT.client_id, audience: authorization.issuer, resource: scripted.url });
    const ended = await page.evaluate(
      ({ url, client, assertion }) => visit(url, { client, grant: { type: "jwt_bearer", assertion } }),
      { url: scripted.url, client: clientOf(authorization), assertion },
    );
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { reason: "token", error: "invalid_grant" } });
    expect(JSON.stringify(ended)).not.toContain(assertion);
  });
});
