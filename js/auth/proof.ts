import { McpError } from "../error.js";
import { failure } from "./failure.js";
import { texts } from "./http.js";
import { type AuthorizationServer, type ClientAuth, ClientSecretPost, None, PrivateKeyJwt } from "./library.js";
import type { Grant, OAuthClient } from "./options.js";

/** The keys of signature algorithms, as WebCrypto has them. */
export const ALGORITHMS: Record<string, AlgorithmIdentifier | RsaHashedImportParams | EcKeyImportParams> = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  ES512: { name: "ECDSA", namedCurve: "P-521" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  RS512: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  PS384: { name: "RSA-PSS", hash: "SHA-384" },
  PS512: { name: "RSA-PSS", hash: "SHA-512" },
  EdDSA: { name: "Ed25519" },
};

/** How a client shows at the token endpoint that it is that (RFC 6749, 2.3): as was agreed, or else as the server supports. */
export async function proofOf(server: AuthorizationServer, client: OAuthClient, grant?: Grant): Promise<ClientAuth> {
  const { client_secret: secret } = client;
  const key = grant?.type === "client_credentials" ? grant.privateKey : undefined;
  const method = client.token_endpoint_auth_method ?? (key !== undefined ? "private_key_jwt" : secret === undefined ? "none" : methodFor(server));
  if (method === "none") return None();
  if (method === "client_secret_basic" && secret !== undefined) return basic(secret);
  if (method === "client_secret_post" && secret !== undefined) return ClientSecretPost(secret);
  if (method === "private_key_jwt" && key !== undefined && grant?.type === "client_credentials") {
    return PrivateKeyJwt({ key: await imported(key, grant.alg ?? "ES256"), ...(grant.keyId !== undefined && { kid: grant.keyId }) });
  }
  throw failure("registration", "the client cannot show itself to the token endpoint in the way that it is registered for");
}

/**
 * RFC 6749, 2.3.1. The library escapes whatever form encoding lets it, and there are servers that only undo what form encoding must escape.
 */
function basic(secret: string): ClientAuth {
  const encoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
  return (_server, { client_id }, _body, headers) => headers.set("authorization", `Basic ${btoa(`${encoded(client_id)}:${encoded(secret)}`)}`);
}

/** For a client with a secret: the first is what servers support that say nothing (RFC 8414, 2). */
function methodFor(server: AuthorizationServer): "client_secret_basic" | "client_secret_post" {
  const supported = texts(server.token_endpoint_auth_methods_supported) ?? [];
  return (["client_secret_basic", "client_secret_post"] as const).find((method) => supported.includes(method)) ?? "client_secret_basic";
}

async function imported(key: CryptoKey | string, alg: string): Promise<CryptoKey> {
  if (typeof key !== "string") return key;
  const algorithm = ALGORITHMS[alg];
  try {
    const base64 = /-----BEGIN PRIVATE KEY-----([\s\S]+)-----END PRIVATE KEY-----/.exec(key)![1]!.replace(/\s/g, "");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return await crypto.subtle.importKey("pkcs8", bytes, algorithm!, false, ["sign"]);
  } catch {
    // What is thrown may tell of the key.
    throw new McpError("invalid_argument", "privateKey must be a CryptoKey, or PKCS#8 in PEM for the algorithm alg");
  }
}
