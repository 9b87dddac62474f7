import { ScriptedAuthorization } from "../../peers/authorization.mjs";
import { ScriptedServer } from "../../peers/scripted.mjs";
import { test as base } from "../fixtures.ts";
import { Leaks } from "./leaks.ts";

export { expect } from "@playwright/test";
export type { ScriptedAuthorization, ScriptedServer };

interface Pair {
  scripted: ScriptedServer;
  authorization: ScriptedAuthorization;
}

type Protection = Parameters<ScriptedAuthorization["protect"]>[1];

interface Fixtures {
  /** A scripted MCP server behind a sign-in, and its authorization server, whose user says yes at once. Each call gives a new pair. */
  pair: (protection?: Protection) => Promise<Pair>;
  /** The pair of the test, whose names are `scripted` and `authorization`. */
  ours: Pair;
  authorization: ScriptedAuthorization;
  /** How it is protected, where not as usual. */
  protection: Protection;
  /** Whether the pages of a test are told to keep tokens in a storage. */
  keeps: boolean;
}

/** Like every other test, with a sign-in: wherever a token gets that it must not get to, the test fails, whatever it is about. */
export const test = base.extend<Fixtures>({
  protection: [{}, { option: true }],
  keeps: [false, { option: true }],

  newPage: async ({ context, site }, use) => {
    const uncaught: Error[] = [];
    context.on("weberror", (fault) => uncaught.push(fault.error()));
    await use(async () => {
      const page = await context.newPage();
      await page.goto(`${site}/auth.html`);
      await page.waitForFunction("'signedIn' in globalThis");
      return page;
    });
    if (uncaught.length > 0) throw new AggregateError(uncaught, `uncaught in the page: ${uncaught.join("; ")}`);
  },

  pair: async ({ context, wire, keeps }, use) => {
    const made: Pair[] = [];
    const leaks = new Leaks(context);
    wire.isMcp = (url) => made.some(({ scripted }) => url === scripted.url);
    await use(async (protection) => {
      const scripted = await ScriptedServer.start();
      const authorization = (await ScriptedAuthorization.start()).protect(scripted, protection);
      made.push({ scripted, authorization });
      return { scripted, authorization };
    });
    const found = await leaks.found(made.map(({ authorization }) => authorization), keeps);
    await Promise.all(made.flatMap(({ scripted, authorization }) => [scripted.close(), authorization.close()]));
    if (found.length > 0) throw new Error(`tokens got to where they must not: ${found.join("; ")}`);
  },

  ours: [async ({ pair, protection }, use) => use(await pair(protection)), { auto: true }],
  scripted: async ({ ours }, use) => use(ours.scripted),
  authorization: async ({ ours }, use) => use(ours.authorization),
});
