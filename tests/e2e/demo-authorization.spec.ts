import { createHash } from "node:crypto";
import { expect, test as base } from "@playwright/test";
import { startPeer } from "../peers/spawn.mjs";

/** Of the demo's authorization server, what no lawful client asks: no browser is needed to see that it says no. */

const CALLBACK = "http://127.0.0.1:9/callback.html";
const VERIFIER = "a-verifier-of-the-test-that-is-long-enough-for-pkce";

interface Served {
  guarded: string;
  issuer: string;
}

const test = base.extend<{ clientId: string }, { served: Served }>({
  served: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../../www/server/main.mjs`]);
      const guarded = new URL("/protected/mcp", peer.url).href;
      const metadata = await fetch(new URL("/.well-known/oauth-protected-resource/protected/mcp", peer.url));
      const { authorization_servers: servers } = (await metadata.json()) as { authorization_servers: [string] };
      await use({ guarded, issuer: servers[0] });
      await peer.stop();
    },
    { scope: "worker" },
  ],

  clientId: async ({ served }, use) => {
    const response = await fetch(`${served.issuer}/register`, { method: "POST", body: JSON.stringify({ redirect_uris: [CALLBACK], client_name: "<b>The test</b>" }) });
    await use(((await response.json()) as { client_id: string }).client_id);
  },
});

const asked = ({ guarded }: Served, clientId: string) => ({
  response_type: "code",
  client_id: clientId,
  redirect_uri: CALLBACK,
  resource: guarded,
  scope: "demo offline_access",
  state: "any",
  code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
  code_challenge_method: "S256",
});

const ask = ({ issuer }: Served, query: object) => fetch(`${issuer}/authorize?${new URLSearchParams({ ...query }).toString()}`, { redirect: "manual" });

/** What the user is sent back with, who presses a button of the page. */
async function press(served: Served, clientId: string, answer = "allow", origin = served.issuer): Promise<URLSearchParams | number> {
  const page = await (await ask(served, asked(served, clientId))).text();
  const [, request = ""] = /name="request" value="([^"]+)"/.exec(page) ?? [];
  const body = new URLSearchParams({ request, answer });
  const response = await fetch(`${served.issuer}/authorize`, { method: "POST", redirect: "manual", headers: { origin }, body });
  const location = response.headers.get("location");
  return location === null ? response.status : new URL(location).searchParams;
}

async function trade({ issuer, guarded }: Served, clientId: string, given: object): Promise<Record<string, string>> {
  const form = { grant_type: "authorization_code", client_id: clientId, redirect_uri: CALLBACK, code_verifier: VERIFIER, resource: guarded, ...given };
  return (await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(form) })).json() as Promise<Record<string, string>>;
}

async function codeOf(served: Served, clientId: string): Promise<string> {
  return ((await press(served, clientId)) as URLSearchParams).get("code")!;
}

test("who is not known, or whose callback is not, is shown a page and sent nowhere", async ({ served, clientId }) => {
  for (const change of [{ client_id: "nobody" }, { redirect_uri: `${CALLBACK}?more` }, { redirect_uri: "https://elsewhere.example/" }, { client_id: "https://127.0.0.1/client.json" }, { client_id: "https://localhost/client.json" }]) {
    const response = await ask(served, { ...asked(served, clientId), ...change });
    expect([response.status, response.headers.get("location")], JSON.stringify(change)).toEqual([400, null]);
  }
});

test("what cannot be granted goes back as an error, with who says so", async ({ served, clientId }) => {
  for (const [change, error] of [
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge: "" }, "invalid_request"],
    [{ resource: "https://elsewhere.example/mcp" }, "invalid_target"],
    [{ scope: "demo everything" }, "invalid_scope"],
    [{ response_type: "token" }, "unsupported_response_type"],
  ] as const) {
    const location = new URL((await ask(served, { ...asked(served, clientId), ...change })).headers.get("location")!);
    expect(Object.fromEntries(location.searchParams), JSON.stringify(change)).toMatchObject({ error, state: "any", iss: served.issuer });
  }
});

test("the page shows the client's words as text, in no frame, and only its own buttons count", async ({ served, clientId }) => {
  const response = await ask(served, asked(served, clientId));
  expect(await response.text()).not.toContain("<b>");
  expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(await press(served, clientId, "allow", "https://elsewhere.example")).toBe(403);
  expect(await press(served, clientId, "allow", "http://127.0.0.1:9")).toBe(400);
  expect(((await press(served, clientId, "deny")) as URLSearchParams).get("error")).toBe("access_denied");
});

test("a code is good for its own client, callback, verifier and resource; and once, or what came of it is taken back", async ({ served, clientId }) => {
  for (const [change, error] of [
    [{ redirect_uri: "http://127.0.0.1:9/other.html" }, "invalid_grant"],
    [{ code_verifier: VERIFIER.toUpperCase() }, "invalid_grant"],
    [{ resource: "https://elsewhere.example/mcp" }, "invalid_target"],
    [{ client_id: "nobody" }, "invalid_client"],
  ] as const) {
    expect(await trade(served, clientId, { code: await codeOf(served, clientId), ...change }), JSON.stringify(change)).toMatchObject({ error });
  }
  const code = await codeOf(served, clientId);
  const { access_token: token } = await trade(served, clientId, { code });
  const call = () => fetch(served.guarded, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: "{}" });
  expect((await call()).status).not.toBe(401);
  expect(await trade(served, clientId, { code })).toMatchObject({ error: "invalid_grant" });
  expect((await call()).status).toBe(401);
});

test("a refresh token is good once, or all that came of it is taken back", async ({ served, clientId }) => {
  const first = await trade(served, clientId, { code: await codeOf(served, clientId) });
  const again = { grant_type: "refresh_token", refresh_token: first.refresh_token };
  const second = await trade(served, clientId, again);
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(await trade(served, clientId, again)).toMatchObject({ error: "invalid_grant" });
  expect(await trade(served, clientId, { grant_type: "refresh_token", refresh_token: second.refresh_token })).toMatchObject({ error: "invalid_grant" });
});

test("a scope is needed for each of several messages that come at once", async ({ served, clientId }) => {
  const { access_token: token } = await trade(served, clientId, { code: await codeOf(served, clientId) });
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "write_report" } };
  for (const body of [message, [{ jsonrpc: "2.0", id: 0, method: "ping" }, message]]) {
    const response = await fetch(served.guarded, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  }
});

test("pages of other machines are let in nowhere", async ({ served }) => {
  for (const url of [served.guarded, `${served.issuer}/token`, `${served.issuer}/register`]) {
    const response = await fetch(url, { method: "POST", headers: { origin: "https://elsewhere.example" }, body: "{}" });
    expect([response.status, response.headers.get("access-control-allow-origin")], url).toEqual([403, null]);
  }
});
