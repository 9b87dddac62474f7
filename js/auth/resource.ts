import { failure } from "./failure.js";
import { firstOf, noMetadata, texts, trusted, type Web } from "./http.js";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** What a server says of itself as a resource (RFC 9728). */
export interface Resource {
  /** Its identifier, as the server writes it: it is sent and compared so. */
  id: string;
  /** The issuers of the authorization servers that it trusts; at least one. */
  issuers: [string, ...string[]];
  /** The scopes that its plainest use takes. */
  scopes: string[] | undefined;
  /** It takes no tokens but such as are bound to a key. */
  dpop: boolean;
}

/**
 * The metadata of the server at this endpoint: where the challenge says, or else at the two well-known places.
 * @throws `McpError`: `network`, or `unauthorized` with reason `discovery`
 */
export async function findResource(web: Web, endpoint: URL, told: string | undefined): Promise<Resource> {
  const found = await firstOf(web, told === undefined ? wellKnown(endpoint) : [place(web, told)]);
  if ("hidden" in found) {
    const hint = told === undefined ? "; where the server names their place, it must send Access-Control-Expose-Headers: WWW-Authenticate" : "";
    throw noMetadata("the server", found, hint);
  }
  const { document, url } = found;
  const id = document.resource;
  if (typeof id !== "string" || !identifies(id, endpoint, url)) {
    throw failure("discovery", "the server's OAuth metadata are those of another resource");
  }
  const [issuer, ...others] = texts(document.authorization_servers) ?? [];
  if (issuer === undefined) throw failure("discovery", "the server's OAuth metadata name no authorization server");
  return { id, issuers: [issuer, ...others], scopes: texts(document.scopes_supported), dpop: document.dpop_bound_access_tokens_required === true };
}

function place(web: Web, told: string): URL {
  const url = trusted(told, web);
  if (!url) throw failure("discovery", "the place that the server names for its OAuth metadata is not to be trusted");
  return url;
}

/** The metadata of a path, and those of the whole origin. */
function wellKnown({ origin, pathname, search }: URL): URL[] {
  const paths = pathname === "/" ? [""] : [pathname.replace(/\/$/, "") + search, ""];
  return paths.map((path) => new URL(origin + WELL_KNOWN + path));
}

/**
 * Is that the resource at this endpoint? It is when it is the endpoint's URL, to the byte; or when it is what the place of the metadata
 * stands for (RFC 9728, 3.3), and the endpoint is part of that.
 */
function identifies(id: string, endpoint: URL, place: URL): boolean {
  const { origin, pathname, search } = endpoint;
  const own = [origin + pathname + search, origin + pathname, ...(pathname === "/" ? [origin] : [])];
  if (own.includes(id)) return true;
  const path = place.pathname.startsWith(WELL_KNOWN) ? place.pathname.slice(WELL_KNOWN.length) : undefined;
  const isPart = path !== undefined && (pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`));
  return place.origin === origin && isPart && (id === origin + path || (path === "" && id === `${origin}/`));
}
