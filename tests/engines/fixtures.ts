import { test as base } from "@playwright/test";
import { PEERS, type PeerName } from "../e2e/support/peers.ts";
import { openSite } from "../e2e/support/site.ts";
import { type Driver, type Engine, open } from "./support/driver.ts";
import { urlOf } from "./support/servers.ts";

export { expect } from "@playwright/test";

/** To start a browser takes its time, in milliseconds. */
const PATIENCE = 60_000;

let visits = 0;

export interface Options {
  engine: Engine;
}

interface WorkerFixtures extends Options {
  site: string;
  /** The one page of a browser. */
  browserPage: Driver;
}

interface Fixtures {
  /** The URL of a real server, or the test is skipped by name. */
  urlOf: (name: PeerName) => string;
  /** Throws the page away for a new one. */
  reload: () => Promise<void>;
  /** The page, as it is when it is new, on another origin than the servers. */
  window: Driver;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  engine: ["chromium", { option: true, scope: "worker" }],

  site: [
    async ({}, use) => {
      const site = await openSite();
      await use(site.origin);
      await site.close();
    },
    { scope: "worker" },
  ],

  browserPage: [
    async ({ engine }, use) => {
      const driver = await open[engine]();
      await use(driver);
      await driver.close();
    },
    { scope: "worker", timeout: PATIENCE },
  ],

  urlOf: async ({}, use) => {
    await use((name) => {
      const url = urlOf(name);
      test.skip(url === undefined, `${PEERS[name][0]} needs its Python environment`);
      return url ?? "";
    });
  },

  reload: async ({ browserPage, site }, use) => {
    await use(() => browserPage.goto(`${site}/?${++visits}`, "connect"));
  },

  window: async ({ browserPage, reload }, use) => {
    await reload();
    await use(browserPage);
  },
});
