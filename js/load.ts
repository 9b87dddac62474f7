import { McpError } from "./error.js";
import { type Core, glue } from "./generated/core.js";
import type { WasmSource } from "./options.js";

/** Whoever has a core of an instance, and hears when that is broken. */
export interface User {
  broke(error: McpError): void;
}

/** An instance of the module. */
export interface Instance {
  readonly Core: typeof Core;
  readonly users: Set<User>;
  /** Gives it up, because of that. Says what is told to those who have it. */
  readonly broke: (cause: unknown) => McpError;
}

/** What gives the module, when it is asked for. */
export type Source = () => WasmSource | Promise<BufferSource>;

/** The module, wherever it was. */
type Given = Exclude<WasmSource, URL>;

let loading: Promise<Instance> | undefined;
let compiled: WebAssembly.Module | undefined;

/** The module: loaded once for all clients, when the first connects. A load that failed is tried again by the next. */
export function load(source: Source): Promise<Instance> {
  loading ??= start(source).catch((cause: unknown) => {
    loading = undefined;
    throw new McpError("wasm_load", "the WebAssembly module could not be loaded: it must be served where the package expects it, or given as `wasm`", {
      cause,
    });
  });
  return loading;
}

async function start(source: Source): Promise<Instance> {
  const users = new Set<User>();
  let error: McpError | undefined;
  // A trap leaves an instance in a state that nobody knows. Those who have it end, and the next to come gets a fresh one.
  const broke = (cause: unknown): McpError => {
    if (error) return error;
    loading = undefined;
    error = new McpError("internal", "the WebAssembly module broke down, which is a defect of mcp-tasks: connect again", { cause });
    for (const user of users) user.broke(error);
    users.clear();
    stop();
    return error;
  };
  const given = compiled ?? source();
  const coming = Promise.resolve<Given>(given instanceof URL ? served(given) : given);
  // Made while that comes, once what is to be sent beside it is on its way.
  await Promise.resolve();
  const { Core, imports, begin, stop } = glue();
  const { module, instance } = await instantiate(await coming, imports());
  begin(instance, module);
  compiled = module;
  return { Core, users, broke };
}

async function instantiate(source: Given, imports: WebAssembly.Imports): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  if (source instanceof Response) {
    if (!source.ok) throw new Error(`HTTP ${source.status}`);
    // Browsers compile what is still coming in only where the server says that it is a module.
    const isDeclared = source.headers.get("content-type")?.toLowerCase() === "application/wasm";
    return isDeclared ? WebAssembly.instantiateStreaming(source, imports) : WebAssembly.instantiate(await source.arrayBuffer(), imports);
  }
  if (source instanceof WebAssembly.Module) return { module: source, instance: await WebAssembly.instantiate(source, imports) };
  return WebAssembly.instantiate(source, imports);
}

/** A server that has no such file may well answer with a page. */
async function served(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (response.ok && !response.headers.get("content-type")?.startsWith("text/html")) return response;
  throw new Error(`no WebAssembly module at ${url.href} (HTTP ${response.status})`);
}
