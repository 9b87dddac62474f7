import { randomUUID } from "node:crypto";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { scopesOf } from "../../www/server/authorization.mjs";
import { Refusal } from "../../www/server/refusal.mjs";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ALGORITHM = "ES256";

/** The key that an authorization server signs with. */
const keys = generateKeyPair(ALGORITHM);

/**
 * How tokens are come by without a user: client credentials (RFC 6749, section 4.4), an assertion (RFC 7523), and at an identity provider the
 * exchange of a token for such an assertion (RFC 8693, Identity Assertion Authorization Grant).
 *
 * @param {import("./authorization.mjs").ScriptedAuthorization} server
 */
export const machineGrants = (server) => ({
  async client_credentials(exchange) {
    const clientId = await authenticated(server, exchange);
    return grant(server, exchange, clientId);
  },

  async [JWT_BEARER](exchange) {
    const clientId = await authenticated(server, exchange);
    const { issuer, payload, protectedHeader } = await asserted(server, exchange.need("assertion"));
    if (protectedHeader.typ !== "oauth-id-jag+jwt" || payload.client_id !== clientId) throw new Refusal("invalid_grant", "The assertion is not this client’s");
    if (payload.resource !== server.resource(exchange)) throw new Refusal("invalid_target", `${issuer} asserts nothing for this resource`);
    return grant(server, exchange, clientId);
  },

  async [TOKEN_EXCHANGE](exchange) {
    const clientId = await authenticated(server, exchange);
    if (exchange.need("requested_token_type") !== ID_JAG) throw new Refusal("invalid_request", `Only ${ID_JAG}`);
    if (exchange.need("subject_token") !== "an-id-token") throw new Refusal("invalid_grant", "Nobody is signed in by this token");
    const assertion = await assertionOf(server, {
      clientId: server.aliases.get(clientId) ?? clientId,
      audience: exchange.need("audience"),
      resource: exchange.need("resource"),
    });
    return { access_token: assertion, issued_token_type: ID_JAG, token_type: "N_A", expires_in: 60 };
  },
});

/**
 * What an identity provider says of its user to another server.
 *
 * @param {import("./authorization.mjs").ScriptedAuthorization} server
 * @param {{ clientId: string, audience: string, resource: string }} said
 * @returns {Promise<string>}
 */
export async function assertionOf(server, { clientId, audience, resource }) {
  const { privateKey } = await keys;
  return new SignJWT({ client_id: clientId, resource })
    .setProtectedHeader({ alg: ALGORITHM, typ: "oauth-id-jag+jwt" })
    .setIssuer(server.issuer)
    .setAudience(audience)
    .setSubject("ada")
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime("60s")
    .sign(privateKey);
}

async function grant(server, exchange, clientId) {
  const thumbprint = await server.keyOf(exchange);
  const resource = server.resource(exchange);
  return server.tokens.issue({ clientId, resource, scopes: scopesOf(exchange) ?? server.resources.get(resource).slice(0, 1), thumbprint });
}

/** Who asks, by a secret in the header or the form, or by a JWT that was signed with its key (RFC 7523, section 2.2). */
async function authenticated(server, { headers, params }) {
  const [, basic] = /^Basic (\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (basic) {
    const [id, secret] = Buffer.from(basic, "base64").toString().split(":").map((part) => new URLSearchParams(`v=${part}`).get("v"));
    return known(server, id, (client) => client.secret === secret);
  }
  if (params.get("client_assertion_type") === ASSERTION_TYPE) {
    const assertion = params.get("client_assertion");
    const { sub } = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url").toString());
    const { jwk } = server.confidential.get(sub) ?? {};
    if (!jwk) throw new Refusal("invalid_client", "No key is known of this client", { status: 401 });
    await jwtVerify(assertion, createLocalJWKSet({ keys: [jwk] }), { issuer: sub, subject: sub, audience: server.issuer }).catch((error) => {
      throw new Refusal("invalid_client", error.message, { status: 401 });
    });
    return sub;
  }
  return known(server, params.get("client_id"), (client) => client.secret === params.get("client_secret"));
}

function known(server, id, isRight) {
  const client = server.confidential.get(id);
  if (!client?.secret || !isRight(client)) throw new Refusal("invalid_client", "Not this client, or not its secret", { status: 401 });
  return id;
}

async function asserted(server, assertion) {
  const { iss } = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url").toString());
  if (!server.trusted.has(iss)) throw new Refusal("invalid_grant", "Nobody is trusted who says this");
  const { publicKey } = await keys;
  const jwk = await exportJWK(publicKey);
  const options = { issuer: iss, audience: server.issuer };
  const verified = await jwtVerify(assertion, createLocalJWKSet({ keys: [jwk] }), options).catch((error) => {
    throw new Refusal("invalid_grant", error.message);
  });
  return { issuer: iss, ...verified };
}
