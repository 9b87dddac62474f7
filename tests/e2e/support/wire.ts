import type { Page, Request } from "@playwright/test";
import { isStateless, statelessViolations } from "./stateless.ts";
import { sessionViolations } from "./sessions.ts";

/* eslint-disable @typescript-eslint/no-explicit-any -- what is on the wire has any shape: to judge it is the tests' work */
export interface Sent {
  /** The JSON-RPC method, `response` for an answer to the server, or the HTTP method of a request without a body. */
  name: string;
  url: string;
  method: string;
  headers: Record<string, string>;
  message: any;
  params: any;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Everything that a test's pages send to MCP servers, seen from outside the package. */
export class Wire {
  readonly requests: Sent[] = [];
  /** The version that requests after `initialize` must name, or none. */
  version: string | undefined = "2025-11-25";
  /** How often a server with sessions may be asked for the newer protocol: a test that makes its page forget says so. */
  probes = 1;

  /** Which requests are judged, where a page speaks with others than MCP servers. */
  isMcp: (url: string) => boolean = () => true;
  /** What was turned away with 401 or 403: it is sent again, as it was. */
  readonly refused = new Set<Sent>();

  /** How often a page that saw nothing of its server looked whether somebody is there. */
  knocks = 0;

  constructor(page: Page, site: string) {
    page.context().on("request", (request) => {
      // The second half of a redirect is the browser's own.
      if (request.url().startsWith(site) || request.redirectedFrom() || !this.isMcp(request.url())) return;
      if (request.method() === "HEAD") this.knocks++;
      else this.#sent(request);
    });
  }

  #sent(request: Request): void {
    const sent = describe(request);
    this.requests.push(sent);
    void request.response().then((response) => void ([401, 403].includes(response?.status() ?? 0) && this.refused.add(sent)), () => {});
  }

  /** The requests of one method. */
  sent(name: string): Sent[] {
    return this.requests.filter((request) => request.name === name);
  }

  /** The names of all requests that begin so. */
  names(prefix = ""): string[] {
    return this.requests.map((request) => request.name).filter((name) => name.startsWith(prefix));
  }

  /** What was sent against the rules of the protocol, whatever the test was about. */
  violations(): string[] {
    const heard = this.requests.filter((request) => !this.refused.has(request));
    const sessions = heard.filter((request) => !isStateless(request));
    return [
      ...sessionViolations(sessions, this.version),
      ...statelessViolations(heard.filter(isStateless)),
      ...this.#mixed(heard),
    ];
  }

  /** What was sent in the words of one era to a server that speaks the other. */
  #mixed(requests: Sent[]): string[] {
    const found: string[] = [];
    const opened = new Set<string>();
    const stateless = new Set<string>();
    const probes = new Map<string, number>();
    for (const request of requests) {
      const { name, url } = request;
      const origin = new URL(url).origin;
      if (name === "server/discover") probes.set(origin, (probes.get(origin) ?? 0) + 1);
      else if (isStateless(request)) stateless.add(url);
      else if (stateless.has(url)) found.push(`${name}: sent to a server that is known to have no sessions`);
      else if (name === "initialize") opened.add(origin);
      else if (!opened.has(origin)) found.push(`${name}: sent before any session was opened`);
    }
    for (const origin of opened) {
      if ((probes.get(origin) ?? 0) > this.probes) found.push(`server/discover: a server with sessions was asked ${probes.get(origin)} times`);
    }
    return found;
  }
}

function describe(request: Request): Sent {
  const message = request.postData() === null ? undefined : request.postDataJSON();
  return {
    name: message === undefined ? request.method() : (message.method ?? "response"),
    url: request.url(),
    method: request.method(),
    headers: request.headers(),
    message,
    params: message?.params ?? {},
  };
}
