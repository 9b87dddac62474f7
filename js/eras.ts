import { type Limits, within } from "./limits.js";

/** Which generation of the protocol a server speaks: with sessions, or without. */
export type Era = "legacy" | "modern";

/** What an origin's server was found to speak, believed until then (milliseconds since the epoch). */
interface Verdict {
  era: Era;
  until: number;
}

const HOUR = 3_600_000;
/** A server is asked again which era it speaks after this: it may have been renewed. */
const BELIEVED = 24 * HOUR;
const STORED_AS = "mcp-tasks:eras";
/** So many origins are remembered across reloads. */
const MOST = 100;

/** What this page found out by itself: for where there is no storage. */
const found = new Map<string, Verdict>();

/** Where somebody is finding it out now: the end of that. */
const underWay = new Map<string, Promise<unknown>>();

/** The era of a protocol version. */
export const eraOf = (version: string): Era => (version < "2026" ? "legacy" : "modern");

/** The era that the origin's server spoke when it was last met. */
export function recall(origin: string): Era | undefined {
  const { era, until } = found.get(origin) ?? stored().get(origin) ?? {};
  // Nothing is believed for longer than we would have written: anybody on the page may write there.
  const now = Date.now();
  return until !== undefined && until > now && until <= now + BELIEVED ? era : undefined;
}

/** `tentative` is what may have been a moment's trouble: it is not believed for long. */
export function remember(origin: string, era: Era, tentative = false): void {
  if (recall(origin) === era) return;
  const verdict = { era, until: Date.now() + (tentative ? HOUR : BELIEVED) };
  found.set(origin, verdict);
  store((verdicts) => verdicts.set(origin, verdict));
}

/** Finds out what an origin's server speaks, one at a time: who comes meanwhile waits, and has it from `recall`. */
export async function inTurn<T>(origin: string, limits: Limits, findOut: () => Promise<T>): Promise<T> {
  for (let other; (other = underWay.get(origin)) && recall(origin) === undefined; ) await within(other, limits);
  const found = findOut();
  const over: Promise<unknown> = found.catch(() => {}).then(() => {
    if (underWay.get(origin) === over) underWay.delete(origin);
  });
  underWay.set(origin, over);
  return found;
}

/** It was wrong. */
export function forget(origin: string): void {
  found.delete(origin);
  store((verdicts) => verdicts.delete(origin));
}

/** Storage may be absent, blocked or full, and anybody may have written to it. */
function stored(): Map<string, Verdict> {
  try {
    const entries = "document" in globalThis ? (JSON.parse(globalThis.localStorage.getItem(STORED_AS) ?? "[]") as [string, Verdict][]) : [];
    return new Map(entries.filter(([, { era, until }]) => ["legacy", "modern"].includes(era) && typeof until === "number"));
  } catch {
    return new Map();
  }
}

function store(change: (verdicts: Map<string, Verdict>) => void): void {
  const verdicts = stored();
  const before = verdicts.size;
  change(verdicts);
  if (!("document" in globalThis) || (before === 0 && verdicts.size === 0)) return;
  try {
    globalThis.localStorage.setItem(STORED_AS, JSON.stringify([...verdicts].slice(-MOST)));
  } catch {
    // Then the page remembers alone.
  }
}
