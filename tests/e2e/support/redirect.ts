import type { Page } from "@playwright/test";

/** Leaves for the sign-in, and is back on the same page, loaded anew. */
export async function leaveAndReturn(page: Page, url: string, options: object = {}, more: object = {}): Promise<void> {
  await page.evaluate(
    ({ url, options, more }) => {
      Object.assign(globalThis, { before: true });
      void signedIn(url, { mode: "redirect", ...options }, more).catch(() => {});
    },
    { url, options, more },
  );
  await page.waitForFunction("'signedIn' in globalThis && !('before' in globalThis)");
}
