import { ScriptedAuthorization } from "../../peers/authorization.mjs";
import { test as base, type ScriptedServer } from "../fixtures.ts";
import { Leaks } from "./leaks.ts";

export { expect } from "@playwright/test";
export type { ScriptedAuthorization, ScriptedServer };

interface Fixtures {
  /** The authorization server of `scripted`, whose user says yes at once. */
  authorization: ScriptedAuthorization;
  /** How `scripted` is protected, where not as usual. */
  protection: Parameters<ScriptedAuthorization["protect"]>[1];
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

  authorization: [
    async ({ context, wire, scripted, protection, keeps }, use) => {
      const authorization = (await ScriptedAuthorization.start()).protect(scripted, protection);
      wire.isMcp = (url) => url === scripted.url;
      const leaks = new Leaks(context);
      await use(authorization);
      const found = await leaks.found(authorization, keeps);
      await authorization.close();
      if (found.length > 0) throw new Error(`tokens got to where they must not: ${found.join("; ")}`);
    },
    { auto: true },
  ],
});
