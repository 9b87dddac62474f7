import { expect, STATELESS, test } from "./fixtures.ts";
import { OUTCOME, twentyLines } from "./support/twenty-lines.ts";

for (const [server, protocolVersion] of [
  ["fastmcp2", "2025-11-25"],
  ["fastmcp", "2025-11-25"],
  ["sdk", "2025-11-25"],
  ...STATELESS.map((server) => [server, "2026-07-28"] as const),
] as const) {
  test.describe(server, () => {
    test.use({ server });

    test(`the same code of a page runs unchanged, and ${protocolVersion} is found out`, async ({ page, url }) => {
      const slow = server.startsWith("sdk") ? { ms: 600 } : { seconds: 0.6 };
      expect(await page.evaluate(twentyLines, { url, slow })).toEqual({ outcome: OUTCOME, protocolVersion });
    });
  });
}
