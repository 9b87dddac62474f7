import { test as base, type Page } from "@playwright/test";
import { ScriptedServer } from "../peers/scripted.mjs";
import { startPeer } from "../peers/spawn.mjs";
import { commandOf, PEERS, type PeerName } from "./support/peers.ts";
import { openSite } from "./support/site.ts";
import { Wire } from "./support/wire.ts";

export { expect } from "@playwright/test";
export { STATELESS, startOwnPeer, type PeerName } from "./support/peers.ts";
export type { ScriptedServer };

/** To start Python takes its time, in milliseconds, which is not the test's. */
const PATIENCE = 60_000;

interface WorkerFixtures {
  site: string;
  /** The URL of a real server, which the first test that asks starts for the whole worker; nothing without Python. */
  peer: (name: PeerName) => Promise<string | undefined>;
}

interface Fixtures extends Record<PeerName, string> {
  /** For tests that run against several: which server (`test.use({ server })`), and its URL. */
  server: PeerName;
  url: string;
  /** Another page like `page`, on the same origin. */
  newPage: () => Promise<Page>;
  wire: Wire;
  scripted: ScriptedServer;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  site: [
    async ({}, use) => {
      const site = await openSite();
      await use(site.origin);
      await site.close();
    },
    { scope: "worker" },
  ],

  peer: [
    async ({}, use) => {
      const running = new Map<PeerName, ReturnType<typeof startPeer>>();
      await use(async (name) => {
        const [command, args] = commandOf(name);
        if (command === undefined) return undefined;
        if (!running.has(name)) running.set(name, startPeer(command, args));
        return (await running.get(name))?.url;
      });
      for (const starting of running.values()) await (await starting).stop();
    },
    { scope: "worker" },
  ],

  newPage: async ({ context, site }, use) => {
    const uncaught: Error[] = [];
    context.on("weberror", (fault) => uncaught.push(fault.error()));
    await use(async () => {
      const page = await context.newPage();
      await page.goto(site);
      if (!(await page.evaluate("'connect' in globalThis"))) throw new Error("the package does not load: is it built?");
      return page;
    });
    if (uncaught.length > 0) throw new AggregateError(uncaught, `uncaught in the page: ${uncaught.join("; ")}`);
  },

  /** A page on an origin of its own, with the package loaded. What is thrown in it and not caught fails the test. */
  page: async ({ newPage }, use) => use(await newPage()),

  /** What the page sends. What breaks the protocol fails the test, whatever it is about. */
  wire: [
    async ({ page, site }, use) => {
      const wire = new Wire(page, site);
      await use(wire);
      const violations = wire.violations();
      if (violations.length > 0) throw new Error(`sent against the protocol: ${violations.join("; ")}`);
    },
    { auto: true },
  ],

  scripted: async ({}, use) => {
    const server = await ScriptedServer.start();
    await use(server);
    await server.close();
  },

  server: ["fastmcp", { option: true }],
  url: [({ peer, server }, use) => give(peer, server, use), { timeout: PATIENCE }],
  ...peerFixtures(),
});

async function give(peer: WorkerFixtures["peer"], name: PeerName, use: (url: string) => Promise<void>): Promise<void> {
  const url = await peer(name);
  test.skip(url === undefined, `${PEERS[name][0]} needs its Python environment`);
  await use(url ?? "");
}

/** A fixture a peer: its URL, or a test skipped by name. */
function peerFixtures() {
  type Use = (url: string) => Promise<void>;
  const given = (name: PeerName) => ({ peer }: WorkerFixtures, use: Use) => give(peer, name, use);
  const fixture = (name: PeerName): [ReturnType<typeof given>, { timeout: number }] => [given(name), { timeout: PATIENCE }];
  return Object.fromEntries(Object.keys(PEERS).map((name) => [name, fixture(name as PeerName)])) as Record<PeerName, ReturnType<typeof fixture>>;
}
