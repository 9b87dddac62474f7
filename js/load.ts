import { McpError } from "./error.js";
import * as glue from "./generated/core.js";
import type { WasmSource } from "./options.js";

/** The glue that wasm-bindgen made. */
export type Glue = typeof glue;

/** What gives the module, when it is asked for. */
export type Source = () => WasmSource | Promise<WasmSource>;

let loading: Promise<Glue> | undefined;

/** The module: loaded once for all clients, when the first connects. A load that failed is tried again by the next. */
export function load(source: Source): Promise<Glue> {
  loading ??= start(source).catch((cause: unknown) => {
    loading = undefined;
    throw new McpError("wasm_load", "the WebAssembly module could not be loaded: it must be served where the package expects it, or given as `wasm`", {
      cause,
    });
  });
  return loading;
}

async function start(source: Source): Promise<Glue> {
  const given = await source();
  await glue.default({ module_or_path: given instanceof URL ? await served(given) : given });
  return glue;
}

/** A server that has no such file may well answer with a page. */
async function served(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (response.ok && !response.headers.get("content-type")?.startsWith("text/html")) return response;
  throw new Error(`no WebAssembly module at ${url.href} (HTTP ${response.status})`);
}
