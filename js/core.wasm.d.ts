/** The address of the module, where a bundler's loader for files gives that: `new URL(core, import.meta.url)` is what the `wasm` option takes. */
declare const address: string;
export default address;
