// What the README says is true: its code compiles, its example runs, its tables are whole.
import { join } from "node:path";
import { root } from "./support/pack.ts";
import { allowing } from "./support/cors.ts";
import { blocks, table } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, test } from "./support/test.ts";

test("every block of code compiles", async ({ project }) => {
  const code = blocks.filter(({ language }) => language === "js" || language === "ts");
  expect(code.length).toBeGreaterThan(5);
  // The short ones go on from the first example, and an app that imports the module has a bundler which says what it is.
  const around = `
    declare const client: import("mcp-tasks").Client;
    declare const task: import("mcp-tasks").ToolTask;
    declare module "*.wasm" { const url: string; export default url; }
  `;
  const files = Object.fromEntries(code.map(({ text }, at) => [`block-${at}.ts`, `${text}\nexport {};\n`]));
  const compilerOptions = { target: "ES2022", module: "ESNext", moduleResolution: "Bundler", lib: ["ES2022", "DOM"], types: [], strict: true, noEmit: true };
  await project.write({ ...files, "around.d.ts": around, "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }) });
  await project.run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
});

test("the first example runs as it stands", async ({ page, project, mcp }) => {
  const example = blocks.find(({ language }) => language === "js")?.text ?? "";
  expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
  const here = example.replace("http://127.0.0.1:8000/mcp", mcp).replace(`"mcp-tasks"`, `"/node_modules/mcp-tasks/dist/index.js"`);
  await project.write({ "index.html": html("example.js"), "example.js": here });
  const site = await serve(project.folder);

  const said: unknown[][] = [];
  page.on("console", async (message) => said.push(await Promise.all(message.args().map((arg) => arg.jsonValue()))));
  page.on("pageerror", (error) => said.push(["error", String(error)]));
  await page.goto(site.url);
  await expect.poll(() => said.at(-1), { timeout: 20_000 }).toEqual([[{ type: "text", text: "Computed for 3 s in 5 steps." }]]);
  expect(said.slice(0, -1)).toContainEqual(["working", "Step 2 of 5"]);
  expect(said.at(-2)?.[0]).toBe("completed");
  site.close();
});

test("the table of errors has every code, and each carries what it says", async ({ project }) => {
  const rows = table("Code");
  const members = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const source = `
    import type { McpError, ErrorCode } from "mcp-tasks";
    export const codes: Record<ErrorCode, true> = { ${rows.map(([code]) => `${code}: true`).join(", ")} };
    ${rows.flatMap(([code, , data]) => members(data).map((name) => `export type ${code}_${name} = McpError<"${code}">["data"]["${name}"];`)).join("\n")}
  `;
  const compilerOptions = { target: "ES2022", module: "NodeNext", types: [], strict: true, noEmit: true };
  await project.write({ "codes.ts": source, "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }) });
  await project.run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
});

test("the headers that it asks of a server are enough, and none too many", async ({ page, project, mcp }) => {
  const allowed: Record<string, string> = Object.fromEntries(table("Header").map(([name = "", value = ""]) => [name.toLowerCase(), value.replace(/^`([^`]*)`.*/, "$1")]));
  expect(Object.keys(allowed)).toHaveLength(5);
  const server = await allowing(mcp, allowed);
  // Long enough for a stream to break and be taken up again.
  const source = app("/node_modules/mcp-tasks/dist/index.js", `{ headers: { authorization: "Bearer t" } }`, 3);
  await project.write({ "index.html": html("app.js"), "app.js": source });
  const site = await serve(project.folder);
  await expectTask(page, site.url, server.url);
  const names = (header: string) => allowed[header]?.split(", ") ?? [];
  for (const name of names("access-control-allow-headers")) expect(server.sent.headers).toContain(name.toLowerCase());
  expect([...server.sent.methods].sort()).toEqual(names("access-control-allow-methods").sort());
  site.close();
  server.close();
});
