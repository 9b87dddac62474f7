import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const HERE = import.meta.dirname;
const PAGE = join(HERE, "../page");
const DIST = join(HERE, "../../../dist");

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Serves the test page and the built package, on an origin that no MCP server has. */
export async function openSite(): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(`http://site${request.url}`).pathname));
    const file = path.startsWith("/dist/") ? join(DIST, path.slice(6)) : join(PAGE, path === "/" ? "index.html" : path);
    createReadStream(file)
      .on("open", () => response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
