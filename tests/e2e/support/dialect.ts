/** What the same tools are called with, and answer, on the peers that are FastMCP and on those that are TypeScript. */

const isFastmcp = (server: string): boolean => server.startsWith("fastmcp");

/** The arguments of `slow` for so many milliseconds. */
export const slow = (server: string, ms: number, steps = 2): Record<string, number> =>
  isFastmcp(server) ? { seconds: ms / 1000, steps } : { ms, steps };

/** What `slow` then answers. FastMCP writes whole seconds as Python does. */
export const slept = (server: string, ms: number): string =>
  isFastmcp(server) ? `slept ${ms % 1000 === 0 ? (ms / 1000).toFixed(1) : ms / 1000}s` : `worked ${ms} ms`;

/** What is said of what `boom` throws. */
export const thrown = (server: string): string => (isFastmcp(server) ? "Error calling tool 'boom': kaboom" : "disk on fire");

/** What `returns_error` returns. */
export const refused = (server: string): string => (isFastmcp(server) ? "soft failure" : "the tool says no");
