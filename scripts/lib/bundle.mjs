import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inProject } from "./project.mjs";

const SOURCE = inProject("js/auth");
const LIBRARY = inProject("node_modules/oauth4webapi");

/** @satisfies {import("esbuild").BuildOptions} */
const OPTIONS = /** @type {const} */ ({ bundle: true, target: "es2022", legalComments: "none", logLevel: "error" });

/** What sign-in shares with the rest stays where it is: two classes `McpError` would be none. */
const shared = {
  name: "shared",
  /** @param {import("esbuild").PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^\.\.\// }, ({ path }) => ({ path: path.slice(1), external: true }));
  },
};

/**
 * The entry `mcp-tasks/auth` in one file, with the library that it uses, and the callback page with its script inside. esbuild is
 * imported late: before the set-up there is none.
 * @param {string} dist where tsc has put the modules
 */
export async function bundleAuth(dist) {
  const { build } = await import("esbuild");
  const licence = (await readFile(join(LIBRARY, "LICENSE.md"), "utf8")).trim();
  const { version } = JSON.parse(await readFile(join(LIBRARY, "package.json"), "utf8"));
  await build({
    ...OPTIONS,
    format: "esm",
    entryPoints: [join(SOURCE, "index.ts")],
    outfile: join(dist, "auth.js"),
    plugins: [shared],
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: `/*! With oauth4webapi ${version}:\n\n${licence}\n*/` },
  });
  await writeFile(join(dist, "callback.html"), await page());
  await writeFile(join(dist, "auth.d.ts"), 'export * from "./auth/index.js";\n');
  const declared = await declarations(join(dist, "auth"));
  const modules = await readdir(join(dist, "auth"));
  await Promise.all(modules.filter((name) => !declared.has(name)).map((name) => rm(join(dist, "auth", name))));
}

/**
 * The declarations that the entry's own lead to. The others name the library's types, which nobody has who installs the package.
 * @param {string} folder
 */
async function declarations(folder, name = "index.d.ts", found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = await readFile(join(folder, name), "utf8");
  for (const [, module] of text.matchAll(/from "\.\/([^"]+)\.js"/g)) await declarations(folder, `${module}.d.ts`, found);
  return found;
}

/** What a user comes back to. */
async function page() {
  const { build } = await import("esbuild");
  const entry = { contents: 'import { callback } from "./callback.ts"; callback();', resolveDir: SOURCE };
  const { outputFiles } = await build({ ...OPTIONS, format: "iife", minify: true, stdin: entry, write: false });
  const [{ text }] = /** @type {[import("esbuild").OutputFile]} */ (outputFiles);
  const html = await readFile(join(SOURCE, "callback.html"), "utf8");
  // A replacement text would take the script's dollars for its own.
  return html.replace("/* callback.ts */", () => text.trim());
}
