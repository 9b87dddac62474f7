import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL(".", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../dist/", import.meta.url));

/** What is served, and nothing else: the Node programs beside the page have no type here, so they stay unseen. */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves the demo page, with the built package under `/dist/`.
 *
 * @param {object} options
 * @param {number} options.port 0 takes any free port
 * @param {string} options.server the MCP server that the page offers to connect to
 * @param {string} [options.guarded] one that wants its users to sign in, for those who want to see that
 * @param {string} [options.host]
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serve({ port, server, guarded, host = "127.0.0.1" }) {
  const headers = {
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
  const http = createServer(async (request, response) => {
    const { status, type, body } = await answer(request, { server, guarded });
    response.writeHead(status, { ...headers, "content-type": type, "content-security-policy": policy(type === TYPES[".html"] ? String(body) : "") });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise((done, fail) => http.once("error", fail).listen(port, host, done));
  return {
    url: `http://${host}:${http.address().port}/`,
    close: () =>
      new Promise((done) => {
        http.close(() => done());
        http.closeAllConnections();
      }),
  };
}

async function answer(request, config) {
  if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "Only GET");
  const path = pathOf(request.url);
  if (path === "/config.json") return { status: 200, type: "application/json", body: JSON.stringify(config) };
  const file = path && locate(path === "/" ? "/index.html" : path);
  const type = file && TYPES[extname(file)];
  if (!type) return plain(404, "Not found");
  try {
    return { status: 200, type, body: await readFile(file) };
  } catch {
    return plain(404, "Not found");
  }
}

function plain(status, body) {
  return { status, type: "text/plain; charset=utf-8", body };
}

function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://host").pathname);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}

/** The file behind a path, or `undefined` where the path leads out of its folder. */
function locate(path) {
  const [root, inside] = path.startsWith("/dist/") ? [PACKAGE, path.slice("/dist/".length)] : [PAGE, path.slice(1)];
  const file = resolve(root, inside);
  return file.startsWith(resolve(root) + sep) ? file : undefined;
}

/**
 * The Content-Security-Policy of a page: what the package needs, and no more. What can only stand inline, like an import map, is allowed by
 * its hash, taken from the page itself.
 *
 * @param {string} html
 */
function policy(html) {
  const hashes = [...html.matchAll(/<script[^>]*>([^]+?)<\/script>/g)].map(([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...hashes].join(" "),
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src data:",
    "connect-src 'self' http: https:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
