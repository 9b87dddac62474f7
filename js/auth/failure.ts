import { McpError, type SignInFailure } from "../error.js";

/**
 * A sign-in that failed. `error` is the OAuth error code that the server gave for it: all that is repeated of what servers say. `missing` is
 * the header that it lacks.
 */
export function failure(
  reason: SignInFailure,
  message: string,
  { error, missing, cause }: { error?: string; missing?: string; cause?: unknown } = {},
): McpError<"unauthorized"> {
  const data = { status: 401, reason, ...(error !== undefined && { error }), ...(missing !== undefined && { missing }) };
  return new McpError("unauthorized", message, { data, cause });
}

/** The authorization server did not answer, or is in trouble: the sign-in may succeed later. */
export function unreachable(message: string, cause?: unknown): McpError<"network"> {
  return new McpError("network", message, { cause });
}

/** An OAuth error code, where it is one (RFC 6749, 5.2): nothing else of a server's is shown as one. */
export function errorCode(said: unknown): string | undefined {
  return typeof said === "string" && /^[\x20\x21\x23-\x5B\x5D-\x7E]{1,100}$/.test(said) ? said : undefined;
}
