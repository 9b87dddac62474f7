import { commandOf, type PeerName } from "../../e2e/support/peers.ts";
import { startPeer } from "../../peers/spawn.mjs";

export const SERVERS = ["fastmcp2", "fastmcp", "fastmcp4", "sdk", "sdkJson", "sdk2026", "sdk2026Sse", "sdk2026Polled", "everything"] as const satisfies PeerName[];
const VARIABLE = "MCP_TASKS_PEERS";

/** Starts every server once for all browsers; those without their Python environment are left out. Gives what stops them. */
export default async function startAll(): Promise<() => Promise<void>> {
  const running = await Promise.all(
    SERVERS.map(async (name) => {
      const [command, args] = commandOf(name);
      return command === undefined ? [] : [{ name, ...(await startPeer(command, args)) }];
    }),
  );
  const peers = running.flat();
  process.env[VARIABLE] = JSON.stringify(Object.fromEntries(peers.map(({ name, url }) => [name, url])));
  return async () => void (await Promise.all(peers.map(({ stop }) => stop())));
}

/** The URL of a server that runs. */
export const urlOf = (name: PeerName): string | undefined => (JSON.parse(process.env[VARIABLE] ?? "{}") as Partial<Record<PeerName, string>>)[name];
