import type { Page } from "@playwright/test";

/** Leaves for the sign-in, and is back on the same page, loaded anew. */
export async function leaveAndReturn(page: Page, url: string, more: object = {}, options: object = {}): Promise<void> {
  await page.evaluate(
    ({ url, more, options }) => {
      Object.assign(globalThis, { before: true });
      void signedIn(url, { mode: "redirect", ...options }, more).catch(() => {});
    },
    { url, more, options },
  );
  await page.waitForFunction("'signedIn' in globalThis && !('before' in globalThis)");
}
