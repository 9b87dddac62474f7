// Plain ES modules from a static server: no build at all.
import type { Page } from "@playwright/test";
import { serve } from "./support/site.ts";
import { block, readme } from "./support/readme.ts";
import { app, expect, expectTask, html, inWorker, test, VERSIONS } from "./support/test.ts";

const dist = "/node_modules/mcp-tasks/dist";

test("an import map and a static server are enough", async ({ page, project, mcp }) => {
  await project.write({ "index.html": block("index.html"), "app.js": app() });
  const site = await serve(project.folder);
  expect(await expectTask(page, site.url, mcp)).toEqual([`${dist}/core.wasm`]);
  site.close();
});

for (const version of VERSIONS) {
  test(`${version} is spoken where it is insisted on`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/index.js`, `{ protocolVersion: "${version}" }`) });
    const site = await serve(project.folder);
    expect(await expectTask(page, site.url, mcp, version)).toEqual([`${dist}/core.wasm`]);
    site.close();
  });
}

test("what a server speaks is remembered for its origin, as the README says", async ({ page, project, mcp }) => {
  await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/index.js`) });
  const site = await serve(project.folder);
  await expectTask(page, site.url, mcp);
  const [, name = ""] = /`localStorage` under `([^`]+)`/.exec(readme) ?? [];
  const stored = await page.evaluate((key) => localStorage.getItem(key), name);
  const verdicts = JSON.parse(stored ?? "null") as unknown;
  expect(verdicts).toEqual([[new URL(mcp).origin, { era: "modern", until: expect.any(Number) }]]);

  // What one client insists on is not what the next finds.
  await project.write({ "app.js": app(`${dist}/index.js`, `{ protocolVersion: "2025-11-25" }`) });
  await expectTask(page, site.url, mcp, "2025-11-25");
  expect(JSON.parse((await page.evaluate((key) => localStorage.getItem(key), name)) ?? "null")).toEqual(verdicts);
  site.close();
});

for (const [entry, modules] of [
  ["index.js", [`${dist}/core.wasm`]],
  ["inline.js", []],
] as const) {
  test(`${entry} works under a policy that allows wasm and no other eval`, async ({ page, project, mcp }) => {
    const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${new URL(mcp).origin}`;
    await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/${entry}`) });
    const site = await serve(project.folder, { "content-security-policy": policy });
    expect(await expectTask(page, site.url, mcp)).toEqual(modules);
    site.close();
  });
}

test("a policy without 'wasm-unsafe-eval' ends in `wasm_load`", async ({ page, project, mcp }) => {
  await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/index.js`) });
  const site = await serve(project.folder, { "content-security-policy": "script-src 'self'" });
  await page.goto(site.url);
  expect(await failure(page, mcp)).toBe("wasm_load");
  site.close();
});

test("a module that is not there ends in `wasm_load`, and the next connect tries again", async ({ page, project, mcp }) => {
  await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/index.js`) });
  const site = await serve(project.folder);
  await page.route("**/core.wasm", (route) => route.fulfill({ status: 404 }), { times: 1 });
  await page.goto(site.url);
  expect(await failure(page, mcp)).toBe("wasm_load");
  expect(await failure(page, mcp)).toBe("none");
  site.close();
});

test("a dedicated Worker runs a task", async ({ page, project, mcp }) => {
  await project.write({ "index.html": html("page.js"), "app.js": app(`${dist}/index.js`), ...inWorker() });
  const site = await serve(project.folder);
  await expectTask(page, site.url, mcp);
  site.close();
});

for (const [kind, expression] of Object.entries({
  "a URL": `new URL("/moved.bin", location.href)`,
  "a Response": `await fetch("/moved.bin")`,
  bytes: `new Uint8Array(await (await fetch("/moved.bin")).arrayBuffer())`,
  "an ArrayBuffer": `await (await fetch("/moved.bin")).arrayBuffer()`,
  "a compiled module": `await WebAssembly.compile(await (await fetch("/moved.bin")).arrayBuffer())`,
})) {
  // As a server without the type application/wasm would send it.
  test(`the \`wasm\` option takes ${kind}`, async ({ page, project, mcp }) => {
    await project.write({ "index.html": html("app.js"), "app.js": app(`${dist}/index.js`, `{ wasm: ${expression} }`) });
    await project.copy("node_modules/mcp-tasks/dist/core.wasm", "moved.bin");
    const site = await serve(project.folder);
    expect(await expectTask(page, site.url, mcp)).toEqual([]);
    site.close();
  });
}

test("clients share one module", async ({ page, project, mcp }) => {
  const both = `
    import { Client } from "${dist}/index.js";
    globalThis.runTask = async (url) => {
      const clients = await Promise.all([Client.connect(url), Client.connect(url)]);
      await Promise.all(clients.map((client) => client.close()));
      await (await Client.connect(url)).close();
    };
  `;
  await project.write({ "index.html": html("app.js"), "app.js": both });
  const site = await serve(project.folder);
  const modules: string[] = [];
  page.on("request", (request) => request.url().endsWith(".wasm") && modules.push(request.url()));
  await page.goto(site.url);
  expect(await failure(page, mcp)).toBe("none");
  expect(modules).toHaveLength(1);
  site.close();
});

/** The `code` of what `runTask` throws, `"none"` when it does not. */
async function failure(page: Page, mcp: string): Promise<string> {
  await page.waitForFunction(() => "runTask" in globalThis);
  return page.evaluate(
    (url) => (globalThis as unknown as { runTask(url: string): Promise<unknown> }).runTask(url).then(() => "none", (error) => String(error.code ?? error)),
    mcp,
  );
}
