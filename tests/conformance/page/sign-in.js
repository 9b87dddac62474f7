import { oauth } from "mcp-tasks/auth";

// What a client does in the scenarios of sign-in. The user signs in in a window of its own, whose server says yes without being asked.

const redirectUri = new URL("/callback.html", location.href);

async function callEveryTool(connect, auth) {
  const client = await connect({ auth });
  for (const { name } of await client.listTools()) await client.callTool(name);
}

/** With these options, or what the suite's context makes of them. */
export const signedIn = (options) => async (connect, context) =>
  callEveryTool(connect, oauth({ redirectUri, clientName: "mcp-tasks", ...(typeof options === "function" ? await options(context) : options) }));

/** The client finds out that something is not as it must be, and does not go on. */
const refused = (reason) => async (connect) => {
  try {
    await signedIn({})(connect);
  } catch (error) {
    if (error.code === "unauthorized" && error.data.reason === reason) return;
    throw error;
  }
  throw new Error(`the sign-in should have been refused: ${reason}`);
};

/** As long as the server is at the same time that of the other authorization server: the second call signs in there. */
async function callTwice(connect) {
  const client = await connect({ auth: oauth({ redirectUri }) });
  await client.listTools();
  await client.callTool("test-tool");
}

const preRegistered = ({ client_id, client_secret, issuer }) => ({ client: { client_id, client_secret, issuer } });

/** The suite does not say whose its clients are, as an operator would: it is the one that the server names. */
async function issuerAt(url) {
  const { origin, pathname } = new URL(url);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { authorization_servers: [issuer] } = await response.json();
  return issuer;
}

const withoutUser = (grant) => async (context) => ({
  redirectUri: undefined,
  client: { client_id: context.client_id, issuer: await issuerAt(context.url), ...(context.client_secret && { client_secret: context.client_secret }) },
  grant: grant(context),
});

export const SIGN_IN = {
  "auth/basic-cimd": signedIn({ clientMetadataUrl: "https://conformance-test.local/client-metadata.json" }),
  "auth/pre-registration": signedIn(preRegistered),
  "auth/dpop": signedIn({ dpop: true }),
  "auth/dpop-nonce": signedIn({ dpop: true }),
  "auth/authorization-server-migration": callTwice,
  "auth/client-credentials-basic": signedIn(withoutUser(() => ({ type: "client_credentials" }))),
  "auth/client-credentials-jwt": signedIn(
    withoutUser(({ private_key_pem, signing_algorithm }) => ({ type: "client_credentials", privateKey: private_key_pem, alg: signing_algorithm })),
  ),
  "auth/wif-jwt-bearer": signedIn(withoutUser(({ valid_jwt }) => ({ type: "jwt_bearer", assertion: valid_jwt }))),
  "auth/enterprise-managed-authorization": signedIn(
    withoutUser(({ idp_client_id, idp_id_token, idp_issuer, idp_token_endpoint }) => ({
      type: "token_exchange",
      identityProvider: { issuer: idp_issuer, token_endpoint: idp_token_endpoint, client_id: idp_client_id },
      subjectToken: idp_id_token,
    })),
  ),
  "auth/scope-retry-limit": refused("scope"),
  "auth/resource-mismatch": refused("discovery"),
  "auth/metadata-issuer-mismatch": refused("discovery"),
  "auth/iss-supported-missing": refused("callback"),
  "auth/iss-wrong-issuer": refused("callback"),
  "auth/iss-unexpected": refused("callback"),
  "auth/iss-normalized": refused("callback"),
};
