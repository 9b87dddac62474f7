import { McpError } from "./error.js";
import type { WasmSource } from "./options.js";

/** The glue that wasm-bindgen made. */
export type Glue = typeof import("./generated/core.js");

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
  // The module is on its way while the glue is.
  const module = Promise.resolve(source()).then((given) => (given instanceof URL ? served(given) : given));
  const [glue, module_or_path] = await Promise.all([import("./generated/core.js"), module]);
  await glue.default({ module_or_path });
  return glue;
}

/** A server that has no such file may well answer with a page. */
async function served(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (response.ok && !response.headers.get("content-type")?.startsWith("text/html")) return response;
  throw new Error(`no WebAssembly module at ${url.href} (HTTP ${response.status})`);
}
