// Vite without any configuration: the development server, which pre-bundles what an app imports, and the build.
import { build, createServer } from "vite";
import type { Project } from "./support/project.ts";
import { block } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, inWorker, test } from "./support/test.ts";

interface Site {
  url: string;
  close(): unknown;
}

async function develop(project: Project): Promise<Site> {
  const server = await createServer({ root: project.folder, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
}

async function built(project: Project): Promise<Site> {
  await build({ root: project.folder, logLevel: "error" });
  return serve(project.path("dist"));
}

for (const [way, start] of Object.entries({ "development server": develop, build: built })) {
  test(`the ${way} carries one module`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("/app.js"), "app.js": app() });
    const site = await start(project);
    expect(await expectTask(page, site.url, mcp)).toEqual([expect.stringMatching(/core[\w-]*\.wasm$/)]);
    await site.close();
  });

  test(`the ${way} speaks to a server with sessions`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("/app.js"), "app.js": app("mcp-tasks", `{ protocolVersion: "2025-11-25" }`) });
    const site = await start(project);
    await expectTask(page, site.url, mcp, "2025-11-25");
    await site.close();
  });

  test(`the ${way} carries the inline entry`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("/app.js"), "app.js": app("mcp-tasks/inline") });
    const site = await start(project);
    expect(await expectTask(page, site.url, mcp)).toEqual([]);
    await site.close();
  });

  test(`the ${way} carries a Worker`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("/page.js"), "app.js": app(), ...inWorker() });
    const site = await start(project);
    await expectTask(page, site.url, mcp);
    await site.close();
  });
}

test("the exclusion that older versions need does no harm to this one", async ({ page, project, mcp }) => {
  await project.write({ "index.html": html("/app.js"), "app.js": app(), "vite.config.js": block("vite.config.js") });
  const site = await develop(project);
  expect(await expectTask(page, site.url, mcp)).toEqual(["/node_modules/mcp-tasks/dist/core.wasm"]);
  await site.close();
});
