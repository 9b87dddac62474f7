// Vite 8 without any configuration, and Vite 7 with the README's: the development server, which pre-bundles what an app imports, and the build.
import * as vite8 from "vite";
import * as vite7 from "vite-7";
import type { Project } from "./support/project.ts";
import { block } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, inWorker, test } from "./support/test.ts";

interface Site {
  url: string;
  close(): unknown;
}

type Start = (project: Project) => Promise<Site>;

const develop = ({ createServer }: Pick<typeof vite8, "createServer">): Start => async (project) => {
  const server = await createServer({ root: project.folder, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
};

const built = ({ build }: Pick<typeof vite8, "build">): Start => async (project) => {
  await build({ root: project.folder, logLevel: "error" });
  return serve(project.path("dist"));
};

const older = { "vite.config.js": block("vite.config.js") };

for (const { way, start, config } of [
  { way: "development server", start: develop(vite8), config: {} },
  { way: "build", start: built(vite8), config: {} },
  { way: "development server of Vite 7", start: develop(vite7 as never), config: older },
  { way: "build of Vite 7", start: built(vite7 as never), config: older },
]) {
  test(`the ${way} carries one module`, async ({ page, project, mcp }) => {
    await project.write({ ...config, "index.html": html("/app.js"), "app.js": app() });
    const site = await start(project);
    expect(await expectTask(page, site.url, mcp)).toEqual([expect.stringMatching(/core[\w-]*\.wasm$/)]);
    await site.close();
  });

  test(`the ${way} speaks to a server with sessions`, async ({ page, project, mcp }) => {
    await project.write({ ...config, "index.html": html("/app.js"), "app.js": app("mcp-tasks", `{ protocolVersion: "2025-11-25" }`) });
    const site = await start(project);
    await expectTask(page, site.url, mcp, "2025-11-25");
    await site.close();
  });

  test(`the ${way} carries the inline entry`, async ({ page, project, mcp }) => {
    await project.write({ ...config, "index.html": html("/app.js"), "app.js": app("mcp-tasks/inline") });
    const site = await start(project);
    expect(await expectTask(page, site.url, mcp)).toEqual([]);
    await site.close();
  });

  test(`the ${way} carries a Worker`, async ({ page, project, mcp }) => {
    await project.write({ ...config, "index.html": html("/page.js"), "app.js": app(), ...inWorker() });
    const site = await start(project);
    await expectTask(page, site.url, mcp);
    await site.close();
  });
}

test("the configuration that older versions need does no harm to this one", async ({ page, project, mcp }) => {
  await project.write({ ...older, "index.html": html("/app.js"), "app.js": app() });
  const site = await develop(vite8)(project);
  expect(await expectTask(page, site.url, mcp)).toEqual(["/node_modules/mcp-tasks/dist/core.wasm"]);
  await site.close();
});
