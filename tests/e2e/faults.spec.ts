import type { Page } from "@playwright/test";
import { cut, FaultProxy, reset, stall, status, stripped, unanswered } from "../peers/fault-proxy.mjs";
import { expect, startOwnPeer, test, type PeerName } from "./fixtures.ts";

/** How long the work takes, in milliseconds, and how long a request may. */
const WORK = 1_500;
const PATIENCE = 2_000;
/** So many pages at a time. */
const AT_ONCE = 5;

const ERAS = { fastmcp: "2025-11-25", sdkShared: "2025-11-25", fastmcp4: "2026-07-28", sdk2026: "2026-07-28" } as const satisfies Partial<Record<PeerName, string>>;
type Server = keyof typeof ERAS;
const SERVERS = Object.keys(ERAS) as Server[];
/** Those with sessions. */
const SESSIONS = ["fastmcp", "sdkShared"] as const satisfies Server[];
const isStateless = (server: Server) => ERAS[server] === "2026-07-28";

interface Row {
  fault: string;
  /** Without pushes, so that all depends on polls. */
  polled?: boolean;
  /** What is done before the page comes, and once it has its task. */
  before?: (proxy: FaultProxy, server: Server) => void;
  during?: (proxy: FaultProxy) => unknown;
  /** Of a server of its own: it is killed, and another one started in its place, which knows of nothing. */
  restarts?: boolean;
  /** How it ends, where not with the result. */
  ends?: (server: Server) => string | undefined;
  /** How often the server has run the tool, where not once. */
  runs?: number;
  servers?: readonly Server[];
}

const twice = { times: 2 };

/** No response to the first request that has this header: a browser does not tell whether it was that. */
const UNTOLD = (server: Server) => (isStateless(server) ? "cors" : "network");

/** What a page must live through. A call whose answer is lost is not repeated: it ends with an error, and the tool has run once. */
const ROWS: Row[] = [
  { fault: "create: broken before it arrives", before: (proxy) => proxy.fault("tools/call", reset), ends: UNTOLD, runs: 0 },
  { fault: "create: no answer", before: (proxy) => proxy.fault("tools/call", unanswered), ends: UNTOLD },
  { fault: "create: answer cut after 20 bytes", before: (proxy) => proxy.fault("tools/call", cut(20)), ends: () => "network" },
  { fault: "create: stalled", before: (proxy) => proxy.fault("tools/call", stall), ends: () => "timeout" },
  { fault: "create: 503", before: (proxy) => proxy.fault("tools/call", status(503)), ends: () => "http", runs: 0 },
  { fault: "create: 503, Retry-After: 1", before: (proxy) => proxy.fault("tools/call", status(503, { "retry-after": "1" })) },
  { fault: "create: 429", before: (proxy) => proxy.fault("tools/call", status(429)) },
  { fault: "poll: reset twice", polled: true, before: (proxy) => proxy.fault("tasks/get", reset, twice) },
  { fault: "poll: cut after 20 bytes, twice", polled: true, before: (proxy) => proxy.fault("tasks/get", cut(20), twice) },
  { fault: "poll: stalled", polled: true, before: (proxy) => proxy.fault("tasks/get", stall) },
  { fault: "poll: 503 twice", polled: true, before: (proxy) => proxy.fault("tasks/get", status(503), twice) },
  { fault: "poll: 503, Retry-After: 1", polled: true, before: (proxy) => proxy.fault("tasks/get", status(503, { "retry-after": "1" })) },
  { fault: "poll: 429, Retry-After: 1", polled: true, before: (proxy) => proxy.fault("tasks/get", status(429, { "retry-after": "1" })) },
  { fault: "poll: CORS headers stripped, twice", polled: true, before: (proxy) => proxy.fault("tasks/get", stripped("access-control-allow-origin"), twice) },
  { fault: "poll: Content-Type stripped", polled: true, before: (proxy) => proxy.fault("tasks/get", stripped("content-type")) },
  { fault: "result: cut after 20 bytes, twice", before: (proxy) => proxy.fault("tasks/result", cut(20), twice), servers: SESSIONS },
  { fault: "every connection broken, in the middle", during: (proxy) => proxy.hangUp() },
  { fault: "session forgotten: 404", during: (proxy) => proxy.forgetSessions(404), servers: SESSIONS },
  { fault: "session forgotten: 400", during: (proxy) => proxy.forgetSessions(400), servers: SESSIONS },
  { fault: "server killed and restarted", restarts: true, ends: () => "task_not_found", runs: 0 },
  { fault: "nobody there for 2 s, in the middle", during: (proxy) => away(proxy, 2_000) },
];

async function away(proxy: FaultProxy, ms: number): Promise<void> {
  proxy.isDown = true;
  proxy.hangUp();
  await new Promise((over) => setTimeout(over, ms));
  proxy.isDown = false;
}

/** What became of it. */
interface Outcome {
  fault: string;
  ended: string;
  /** How often the server has run the tool. */
  runs: number;
  /** The next call of the same client. */
  next: string;
  requests: number;
  seconds: number;
}

/** The page starts a task; resolves once there is one, or will be none. */
const begin = (page: Page, url: string, work: Record<string, unknown>, polled: boolean) =>
  page.evaluate(
    async ({ url, work, polled, PATIENCE }) => {
      const client = (kept.client = await connect(url, { notifications: !polled, timeoutMs: PATIENCE }));
      const created = client.callTool("counted", work, { task: true });
      kept.ended = settle(created.then((task) => task.result()));
      await settle(created);
    },
    { url, work, polled, PATIENCE },
  );

const finish = (page: Page) =>
  page.evaluate(async () => {
    const ended = await kept.ended;
    const next = await settle(kept.client.callTool("quick", { value: 21 }));
    return [ended, next].map(({ error }) => error?.code ?? "completed") as [string, string];
  });

const runsOf = (page: Page, url: string, key: string) =>
  page.evaluate(
    async ({ url, key }) => {
      const { content } = await (await connect(url)).callTool("count", { key });
      return Number((content[0] as { text: string }).text);
    },
    { url, key },
  );

async function live(page: Page, server: Server, shared: string, row: Row): Promise<Outcome> {
  const own = row.restarts ? await startOwnPeer(server) : undefined;
  const proxy = await FaultProxy.start(own?.url ?? shared);
  row.before?.(proxy, server);
  const key = crypto.randomUUID();
  const begun = performance.now();
  await begin(page, proxy.url, server.startsWith("fastmcp") ? { key, seconds: WORK / 1_000 } : { key, ms: WORK }, row.polled ?? false);
  await row.during?.(proxy);
  const next = own && (await restart(server, own, proxy));
  const [ended, then] = await finish(page);
  const seconds = (performance.now() - begun) / 1_000;
  const requests = proxy.requests.length;
  // What came too late would count as well.
  await new Promise((over) => setTimeout(over, 300));
  const runs = await runsOf(page, next?.url ?? shared, key);
  await proxy.close();
  await next?.stop();
  return { fault: row.fault, ended, runs, next: then, requests, seconds };
}

async function restart(server: Server, own: Awaited<ReturnType<typeof startOwnPeer>>, proxy: FaultProxy) {
  await own.stop();
  const next = await startOwnPeer(server);
  proxy.leadTo(next.url);
  return next;
}

function print(server: Server, outcomes: Outcome[]): void {
  const usual = (fault: string) => outcomes.find((each) => each.fault === (ROWS.find((row) => row.fault === fault)?.polled ? POLLED : NONE).fault)!;
  const lines = outcomes.map(({ fault, ended, runs, requests, seconds }) => {
    const extra = [requests - usual(fault).requests, (seconds - usual(fault).seconds).toFixed(1)];
    return `| ${[ERAS[server], server, fault, ended, runs, ...(ended === "completed" ? extra : ["", ""])].join(" | ")} |`;
  });
  console.log(["", "| era | server | fault | outcome | runs | extra requests | seconds to recover |", "|---|---|---|---|---|---|---|", ...lines].join("\n"));
}

const NONE: Row = { fault: "none" };
const POLLED: Row = { fault: "none, polled", polled: true };

for (const server of SERVERS) {
  test.describe(server, () => {
    test.use({ server });

    test("no task is lost and none doubled, whatever the network does", async ({ newPage, url, wire }) => {
      test.setTimeout(120_000);
      wire.probes = Infinity;
      const rows = [NONE, POLLED, ...ROWS.filter(({ servers = SERVERS }) => servers.includes(server))];
      const outcomes: Outcome[] = [];
      const left = rows.entries();
      const work = async () => {
        const page = await newPage();
        for (const [at, row] of left) {
          await page.reload();
          outcomes[at] = await live(page, server, url, row);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      print(server, outcomes);
      const seen = outcomes.map(({ fault, ended, runs, next }) => ({ fault, ended, runs, next }));
      expect(seen).toEqual(rows.map(({ fault, ends, runs = 1 }) => ({ fault, ended: ends?.(server) ?? "completed", runs, next: "completed" })));
    });
  });
}
