// What the README says is true: its code compiles, its example runs, its tables are whole.
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { root } from "./support/pack.ts";
import { allowing } from "./support/cors.ts";
import type { Project } from "./support/project.ts";
import { block, blocks, readme, table } from "./support/readme.ts";
import { serve } from "./support/site.ts";
import { app, expect, expectTask, html, test, VERSIONS } from "./support/test.ts";

test("every block of code compiles", async ({ project }) => {
  const code = blocks.filter(({ language }) => language === "js" || language === "ts");
  expect(code.length).toBeGreaterThan(5);
  // The short ones go on from the first example.
  const around = `
    declare const client: import("mcp-tasks").Client;
    declare const task: import("mcp-tasks").ToolTask;
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

test("the example that answers questions runs as it stands", async ({ page, project, mcp }) => {
  const here = block("asking.js").replace("http://127.0.0.1:8000/mcp", mcp).replace(`"mcp-tasks"`, `"/node_modules/mcp-tasks/dist/index.js"`);
  await project.write({ "index.html": html("asking.js"), "asking.js": here });
  const site = await serve(project.folder);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    void dialog.accept(JSON.stringify({ count: 3, flavour: "lemon" }));
  });
  const said = page.waitForEvent("console", (message) => message.type() === "log");
  await page.goto(site.url);
  const result: unknown = await (await said).args()[0]?.jsonValue();
  expect(result).toMatchObject({ content: [{ type: "text", text: "Ada’s party: guests 3, cake lemon." }] });
  expect(asked).toHaveLength(2);
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

/** Runs the app on a server that allows pages these headers and no others. What it sent. */
async function sentWith(page: Page, project: Project, mcp: string, allowed: Record<string, string>, version: string) {
  const server = await allowing(mcp, allowed);
  // Long enough for a stream to break and be taken up again.
  const options = `{ protocolVersion: "${version}", headers: { authorization: "Bearer t" } }`;
  await project.write({ "index.html": html("app.js"), "app.js": app("/node_modules/mcp-tasks/dist/index.js", options, 3) });
  const site = await serve(project.folder);
  await expectTask(page, site.url, server.url, version);
  site.close();
  server.close();
  return server.sent;
}

const allowed: Record<string, string> = Object.fromEntries(
  table("Header").map(([name = "", value = ""]) => [name.toLowerCase(), value.replace(/^`([^`]*)`.*/, "$1")]),
);
const names = (header: string) => allowed[header]?.split(", ") ?? [];

test("the headers that it asks of a server are enough, and none too many", async ({ page, project, mcp }) => {
  expect(Object.keys(allowed)).toHaveLength(5);
  const sent = { headers: new Set<string>(), methods: new Set<string>() };
  for (const version of VERSIONS) {
    const { headers, methods } = await sentWith(page, project, mcp, allowed, version);
    headers.forEach((name) => sent.headers.add(name));
    methods.forEach((name) => sent.methods.add(name));
  }
  for (const name of names("access-control-allow-headers")) expect(sent.headers).toContain(name.toLowerCase());
  expect([...sent.methods].sort()).toEqual(names("access-control-allow-methods").sort());
});

test("a server without sessions needs as much less as it says", async ({ page, project, mcp }) => {
  const [, , line = ""] = /(\n- )(A server of 2026-07-28 alone .*)/.exec(readme) ?? [];
  const spared = [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  expect(spared).toHaveLength(4);
  const without = (header: string) => names(header).filter((name) => !spared.includes(name)).join(", ");
  const fewer = Object.fromEntries(Object.keys(allowed).map((header) => [header, without(header)]));
  const { methods } = await sentWith(page, project, mcp, fewer, "2026-07-28");
  expect([...methods]).toEqual(["POST"]);
});
