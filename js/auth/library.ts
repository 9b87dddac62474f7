/**
 * What we use of `oauth4webapi`, the certified client: it is the only file that names the library, and goes into the package with it.
 *
 * Its errors hold what they complain of, tokens and codes among it: none of them may reach a caller, as a cause neither.
 */
export {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  customFetch,
  DPoP,
  generateKeyPair,
  generateRandomCodeVerifier,
  generateRandomState,
  genericTokenEndpointRequest,
  isDPoPNonceError,
  None,
  PrivateKeyJwt,
  processGenericTokenEndpointResponse,
  protectedResourceRequest,
  refreshTokenGrantRequest,
  ResponseBodyError,
  revocationRequest,
  validateAuthResponse,
  WWWAuthenticateChallengeError,
} from "oauth4webapi";
export type { AuthorizationServer, Client, ClientAuth, DPoPHandle, TokenEndpointResponse } from "oauth4webapi";
