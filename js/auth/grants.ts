import { McpError } from "../error.js";
import { failure } from "./failure.js";
import { trusted, type Web } from "./http.js";
import { genericTokenEndpointRequest } from "./library.js";
import type { Grant, GrantContext, TokenSource } from "./options.js";
import { proofOf } from "./proof.js";
import { findServer } from "./server.js";
import { type Answer, type Parties, trade } from "./tokens.js";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";

/**
 * A token that is had without a user. What the server refuses is not tried again, nor in another way.
 * @throws `McpError`: `network`, or `unauthorized` with reason `token`, `discovery` or `registration`
 */
export async function obtain(web: Web, grant: Grant, parties: Parties, resource: string, scopes: string[]): Promise<Answer> {
  const context: GrantContext = { issuer: parties.server.issuer, resource, ...(web.signal && { signal: web.signal }) };
  const more = { resource, ...(scopes.length > 0 && { scope: scopes.join(" ") }) };
  switch (grant.type) {
    case "client_credentials":
      return request(web, parties, grant.type, more);
    case "jwt_bearer":
      return request(web, parties, JWT_BEARER, { ...more, assertion: await tokenFrom(grant.assertion, context) });
    case "token_exchange": {
      const assertion = await exchanged(web, grant, context, more);
      return request(web, parties, JWT_BEARER, { ...more, assertion });
    }
  }
}

function request(web: Web, parties: Parties, type: string, parameters: Record<string, string>): Promise<Answer> {
  const { server, client, proof } = parties;
  return trade(web, parties, (options) => genericTokenEndpointRequest(server, client, proof, type, parameters, options));
}

/** The user's token at the identity provider becomes an assertion for the authorization server. */
async function exchanged(
  web: Web,
  { identityProvider: provider, subjectToken, subjectTokenType = ID_TOKEN }: Extract<Grant, { type: "token_exchange" }>,
  context: GrantContext,
  more: Record<string, string>,
): Promise<string> {
  const { issuer, token_endpoint: endpoint, client_id } = provider;
  if (endpoint !== undefined && !trusted(endpoint, web)) throw new McpError("invalid_argument", "the identity provider's token_endpoint must be https");
  const server = endpoint === undefined ? await findServer(web, issuer) : { issuer, token_endpoint: endpoint };
  const answer = await request(web, { server, client: { client_id }, proof: await proofOf(server, provider) }, TOKEN_EXCHANGE, {
    ...more,
    audience: context.issuer,
    requested_token_type: ID_JAG,
    subject_token: await tokenFrom(subjectToken, context),
    subject_token_type: subjectTokenType,
  });
  if (answer.issuedTokenType !== ID_JAG) throw failure("token", "the identity provider gives something else than an assertion for the server");
  return answer.accessToken;
}

async function tokenFrom(source: TokenSource, context: GrantContext): Promise<string> {
  const token: unknown = typeof source === "function" ? await source(context) : source;
  if (typeof token !== "string" || token === "") throw new McpError("invalid_argument", "the assertion must be a text");
  return token;
}
