import { ATTEMPT, type Departure } from "./answer.js";
import type { Attempt } from "./authorization.js";
import { failure } from "./failure.js";
import { parsed } from "./http.js";
import { isRegistration } from "./registration.js";

/** An attempt that has left the page. */
export interface Departed extends Departure {
  endpoint: string;
  attempt: Attempt;
  /** When, in milliseconds since the epoch. */
  at: number;
}

/** After so long nobody comes back to it, in milliseconds. */
const FORGOTTEN = 30 * 60_000;
/**
 * Who has left so often within that time, in milliseconds, is not sent away again: of servers that are never content, and of sign-ins that take
 * each other's place, a page that connects when it is loaded would never come to rest.
 */
const MOST = 3;
const WHILE = 60_000;
/** Where a tab keeps when it left. */
const LEFT = "mcp-tasks left for a sign-in";
/** A page that is still here after so long was not left. */
const STAYED = 30_000;

/**
 * Leaves the page for the authorization server. What the attempt needs when the user comes back waits in this tab's session storage, its
 * PKCE verifier among it: worth nothing without the code, and gone with the tab.
 */
export function leave(url: URL, endpoint: URL, attempt: Attempt, signal: AbortSignal): Promise<never> {
  try {
    forgetOld();
    const at = Date.now();
    const told: unknown = kept(LEFT);
    const left = (Array.isArray(told) ? (told as unknown[]) : []).filter((before) => typeof before === "number" && before + WHILE > at);
    if (left.length >= MOST) return Promise.reject(failure("interaction", `the page has left for the sign-in ${MOST} times within a minute`));
    globalThis.sessionStorage.setItem(LEFT, JSON.stringify([...left, at]));
    const departed: Departed = { endpoint: endpoint.href, attempt, at, returnTo: globalThis.location.href };
    globalThis.sessionStorage.setItem(ATTEMPT + attempt.state, JSON.stringify(departed));
  } catch (cause) {
    return Promise.reject(failure("interaction", "the sign-in cannot leave the page: there is no session storage", { cause }));
  }
  return new Promise<never>((_, reject) => {
    const give = (reason: unknown): void => {
      clearTimeout(timer);
      globalThis.removeEventListener("pageshow", back);
      signal.removeEventListener("abort", abort);
      reject(reason);
    };
    const end = (reason: unknown): void => {
      globalThis.sessionStorage.removeItem(ATTEMPT + attempt.state);
      give(reason);
    };
    // Who comes back finds the page as it was; when it is first shown after it has begun to leave, nobody has been away.
    const back = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) end(failure("popup_closed", "the user came back before the sign-in was done"));
    };
    const abort = (): void => end(signal.reason);
    // The authorization server may only be slow: whoever comes back from it is still known.
    const timer = setTimeout(() => give(failure("interaction", "the page was not left for the sign-in")), STAYED);
    globalThis.addEventListener("pageshow", back);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else globalThis.location.assign(url.href);
  });
}

/** An attempt from which the user has come back, with the answer. It is there until it is `done`, for the page may be loaded anew before. */
export interface Return {
  attempt: Attempt;
  params: URLSearchParams;
  done: () => void;
}

/** The one for this endpoint. */
export function comeBack(endpoint: URL, redirectUri: string): Return | undefined {
  try {
    forgetOld();
    const here = globalThis.location;
    const mine = all().filter(([, departed]) => departed.endpoint === endpoint.href && departed.attempt.redirectUri === redirectUri);
    for (const [key, departed] of mine) {
      const { attempt, params } = departed;
      const target = parsed(redirectUri);
      const isHere = target?.origin === here.origin && target.pathname === here.pathname;
      const arrived = new URLSearchParams(here.search);
      const answer = params !== undefined ? new URLSearchParams(params) : isHere && arrived.get("state") === attempt.state ? arrived : undefined;
      if (!answer) continue;
      if (params === undefined) {
        // With the origin, for a path may look like one.
        globalThis.history.replaceState(globalThis.history.state, "", here.origin + here.pathname + (target?.search ?? ""));
        keepAnswer(key, { ...departed, params: answer.toString() });
      }
      return { attempt, params: answer, done: () => globalThis.sessionStorage.removeItem(key) };
    }
  } catch {
    // No storage, no way back.
  }
  return undefined;
}

/** For the page may be loaded anew before it goes on. Where there is no room, it goes on all the same. */
function keepAnswer(key: string, departed: Departed): void {
  try {
    globalThis.sessionStorage.setItem(key, JSON.stringify(departed));
  } catch {
    // Loaded anew, it begins anew.
  }
}

/** Nobody is to be signed in by the attempts that would come back to this page of the app. */
export function abandon(redirectUri: string): void {
  try {
    const mine = all().filter(([, { attempt }]) => attempt.redirectUri === redirectUri);
    mine.forEach(([key]) => globalThis.sessionStorage.removeItem(key));
    globalThis.sessionStorage.removeItem(LEFT);
  } catch {
    // No storage, no way back.
  }
}

/** Nobody comes back to those that left so long ago. */
function forgetOld(): void {
  all().forEach(([key, { at }]) => at + FORGOTTEN < Date.now() && globalThis.sessionStorage.removeItem(key));
}

function all(): [key: string, departed: Departed][] {
  const keys = Object.keys(globalThis.sessionStorage).filter((key) => key.startsWith(ATTEMPT));
  return keys.map((key): [string, unknown] => [key, kept(key)]).filter((entry): entry is [string, Departed] => isDeparted(entry[1]));
}

function kept(key: string): unknown {
  try {
    return JSON.parse(globalThis.sessionStorage.getItem(key) ?? "null");
  } catch {
    return undefined;
  }
}

function isDeparted(given: unknown): given is Departed {
  const { endpoint, attempt, at, params } = (typeof given === "object" && given !== null ? given : {}) as Partial<Departed>;
  if (typeof attempt !== "object" || attempt === null || typeof at !== "number" || typeof endpoint !== "string") return false;
  const { state, verifier, issuer, resource, redirectUri, registration, scopes } = attempt as Partial<Attempt>;
  const areTexts = [state, verifier, issuer, resource, redirectUri].every((text) => typeof text === "string");
  return areTexts && isRegistration(registration, issuer!) && Array.isArray(scopes) && ["string", "undefined"].includes(typeof params);
}
