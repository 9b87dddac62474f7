// webpack without any configuration, by its command line.
import { join } from "node:path";
import { root } from "./support/pack.ts";
import type { Project } from "./support/project.ts";
import { commands } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, inWorker, test } from "./support/test.ts";

const [command = []] = commands("webpack");

/** Runs the README's command, with another entry file where one is named, and serves what came out. */
async function built(project: Project, entry = "app.js") {
  const args = command.map((arg) => arg.replace("app.js", entry));
  await project.run(process.execPath, [join(root, "node_modules/webpack-cli/bin/cli.js"), ...args]);
  await project.write({ "dist/index.html": html("main.js") });
  return serve(project.path("dist"));
}

test("carries one module", async ({ page, project, mcp }) => {
  await project.write({ "app.js": app() });
  const site = await built(project);
  expect(await expectTask(page, site.url, mcp)).toHaveLength(1);
  site.close();
});

test("carries the inline entry", async ({ page, project, mcp }) => {
  await project.write({ "app.js": app("mcp-tasks/inline") });
  const site = await built(project);
  expect(await expectTask(page, site.url, mcp)).toEqual([]);
  site.close();
});

test("carries a Worker", async ({ page, project, mcp }) => {
  await project.write({ "app.js": app(), ...inWorker() });
  const site = await built(project, "page.js");
  await expectTask(page, site.url, mcp);
  site.close();
});
