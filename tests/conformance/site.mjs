import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { inProject } from "../../scripts/lib/project.mjs";

const PAGE = inProject("tests/conformance/page");
const DIST = inProject("dist");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Serves the page and the built package, on an origin that no scenario's server has. */
export async function openSite() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://site").pathname));
    const own = path === "/callback.html" ? join(DIST, path) : join(PAGE, path === "/" ? "index.html" : path);
    const file = path.startsWith("/dist/") ? join(DIST, path.slice(6)) : own;
    createReadStream(file)
      .on("open", () => response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    host: `127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
