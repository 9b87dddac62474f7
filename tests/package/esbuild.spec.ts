// esbuild, which leaves `new URL(…, import.meta.url)` alone: the two ways that the README shows.
import { join } from "node:path";
import { root } from "./support/pack.ts";
import type { Project } from "./support/project.ts";
import { commands } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, test } from "./support/test.ts";

const [plain = [], withFileLoader = []] = commands("esbuild");

/** Runs a command of the README, and serves what came out. */
async function built(project: Project, args: string[]) {
  await project.run(join(root, "node_modules/.bin/esbuild"), args);
  await project.write({ "site/index.html": html("app.js") });
  return serve(project.path("site"));
}

test("the inline entry needs nothing", async ({ page, project, mcp }) => {
  await project.write({ "app.js": app("mcp-tasks/inline") });
  const site = await built(project, plain);
  expect(await expectTask(page, site.url, mcp)).toEqual([]);
  site.close();
});

test("the `wasm` option names the copy that the file loader made", async ({ page, project, mcp }) => {
  const withModule = `import core from "mcp-tasks/core.wasm";\n` + app("mcp-tasks", "{ wasm: new URL(core, import.meta.url) }");
  await project.write({ "app.js": withModule });
  const site = await built(project, withFileLoader);
  expect(await expectTask(page, site.url, mcp)).toEqual([expect.stringMatching(/^\/core-\w+\.wasm$/)]);
  site.close();
});
