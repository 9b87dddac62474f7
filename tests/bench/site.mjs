import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { inProject } from "../../scripts/lib/project.mjs";
import { bundle } from "./bundle.mjs";
import { entryOf } from "./sizes.mjs";

const compress = promisify(brotliCompress);
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm" };

/**
 * Serves the page and the programs, compressed ahead, on an origin that no MCP server has. Nothing may be kept by the browser.
 * @param {string[]} programs
 */
export async function openSite(programs) {
  /** @type {Map<string, { type: string, body: Buffer }>} */
  const files = new Map();
  const add = async (path, contents) => files.set(path, { type: TYPES[extname(path)], body: await compress(contents) });
  for (const name of ["index.html", "rows.js"]) await add(`/${name}`, await readFile(inProject("tests/bench/page", name)));
  for (const program of programs) {
    const { files: built } = await bundle(entryOf(program));
    for (const { name, contents } of built) await add(`/programs/${program}/${basename(name)}`, contents);
    // Where the package looks for it: beside its own file.
    await add(`/programs/${program}/core.wasm`, await readFile(inProject("dist/core.wasm")));
  }
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file) response.writeHead(200, { "content-type": file.type, "content-encoding": "br", "cache-control": "no-store", "content-length": file.body.length });
    else response.writeHead(404);
    response.end(file?.body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/index.html`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
