import type { Page } from "@playwright/test";

/** Puts the page's clock ahead by so many milliseconds, or back; its timers run as they did. */
export async function putAhead(page: Page, ms: number): Promise<void> {
  await page.evaluate((ms) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + ms;
  }, ms);
}
