import { slow } from "../e2e/support/dialect.ts";
import { OUTCOME, twentyLines } from "../e2e/support/twenty-lines.ts";
import { ScriptedServer } from "../peers/scripted.mjs";
import { expect, test } from "./fixtures.ts";
import { ROWS } from "./support/rows.ts";

const VERSIONS = {
  fastmcp2: "2025-11-25",
  fastmcp: "2025-11-25",
  sdk: "2025-11-25",
  sdkJson: "2025-11-25",
  fastmcp4: "2026-07-28",
  sdk2026: "2026-07-28",
  sdk2026Sse: "2026-07-28",
  sdk2026Polled: "2026-07-28",
} as const;

test("the browser is the one that it is taken for", async ({ window, engine }) => {
  const agent = await window.run(async () => Promise.resolve(navigator.userAgent), undefined);
  const names = { chromium: /Chrome/, firefox: /Firefox/, webkit: /^(?!.*Chrom).*AppleWebKit/ };
  expect(agent).toMatch(names[engine]);
});

// What is held after use is measured in Chromium alone (e2e/release.spec.ts): the other drivers show nothing of memory.

for (const [server, protocolVersion] of Object.entries(VERSIONS) as [keyof typeof VERSIONS, string][]) {
  test(`${server}: the same code of a page runs unchanged, and ${protocolVersion} is found out`, async ({ window, urlOf }) => {
    const given = { url: urlOf(server), slow: slow(server, 600) };
    expect(await window.run(twentyLines, given)).toEqual({ outcome: OUTCOME, protocolVersion });
  });
}

for (const server of ["fastmcp", "fastmcp4", "sdk", "sdk2026"] as const) {
  test.describe(server, () => {
    for (const [row, { run, comes }] of Object.entries(ROWS)) {
      test(row, async ({ window, urlOf }) => {
        expect(await window.run(run, { url: urlOf(server), slow: slow(server, 400) })).toEqual(comes);
      });
    }

    test("a task is taken up again by another page, from its record", async ({ window, reload, urlOf }) => {
      const url = urlOf(server);
      const record = await window.run(
        async ({ url, slow }) => {
          const task = await (await connect(url)).callTool("slow", slow, { task: true });
          return JSON.stringify(task);
        },
        { url, slow: slow(server, 400) },
      );
      await reload();
      const code = await window.run(
        async ({ url, record }) => {
          const task = (await connect(url)).resumeTask(JSON.parse(record) as TaskRecord);
          return (await settle<unknown>(task.result())).error?.code ?? "completed";
        },
        { url, record },
      );
      // A task may be bound to the session that the other page had.
      expect(code).toBe(server === "sdk" ? "task_not_found" : "completed");
    });
  });
}

test("a server that allows no page is told from one that is not there", async ({ window }) => {
  const server = await ScriptedServer.start();
  delete server.headers["access-control-allow-origin"];
  const codes = await window.run(
    async ({ url }) => {
      const elsewhere = await settle(connect(url));
      const nowhere = await settle(connect("http://127.0.0.1:9/mcp"));
      return [elsewhere.error?.code, elsewhere.error?.data, nowhere.error?.code];
    },
    { url: server.url },
  );
  await server.close();
  expect(codes).toEqual(["cors", { missing: "Access-Control-Allow-Origin: *" }, "network"]);
});
