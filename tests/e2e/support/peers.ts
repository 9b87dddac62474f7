import { pythonFor } from "../../../scripts/lib/peers.mjs";
import { startPeer } from "../../peers/spawn.mjs";

const SCRIPTS = `${import.meta.dirname}/../../peers`;

/** The real servers: which one, and its flags. */
export const PEERS = {
  fastmcp: ["fastmcp-3"],
  fastmcpJson: ["fastmcp-3", "--json"],
  fastmcpStateless: ["fastmcp-3", "--stateless"],
  fastmcpWithoutTasks: ["fastmcp-3", "--no-tasks"],
  fastmcpElsewhere: ["fastmcp-3", "--origins", "https://elsewhere.example"],
  fastmcp2: ["fastmcp-2.14"],
  fastmcp4: ["fastmcp-4"],
  fastmcp4Json: ["fastmcp-4", "--json"],
  fastmcp4WithoutTasks: ["fastmcp-4", "--no-tasks"],
  sdk: ["sdk"],
  sdkJson: ["sdk", "--json"],
  sdkShared: ["sdk", "--shared"],
  sdkPatient: ["sdk", "--poll", "60000"],
  sdk2026: ["sdk2026"],
  sdk2026Sse: ["sdk2026", "--sse"],
  sdk2026Bare: ["sdk2026", "--bare"],
  sdk2026Polled: ["sdk2026", "--no-push"],
  sdk2026Patient: ["sdk2026", "--poll", "60000"],
  sdk2026Hasty: ["sdk2026", "--no-push", "--poll", "0"],
  sdk2026Daily: ["sdk2026", "--no-push", "--poll", "86400000"],
  sdk2026WithoutTasks: ["sdk2026", "--no-tasks"],
  sdk2026Ending: ["sdk2026", "--end-listen-after", "1000"],
  everything: ["everything"],
} as const;

export type PeerName = keyof typeof PEERS;

/** Those of protocol 2026-07-28 that run tasks: polled alone, pushing, with bare results, and without a push. */
export const STATELESS = ["fastmcp4", "sdk2026", "sdk2026Bare", "sdk2026Polled"] as const satisfies PeerName[];

/** What starts a server; no command without Python. */
export function commandOf(name: PeerName): [string | undefined, string[]] {
  const [kind, ...flags] = PEERS[name];
  const [command, script] = kind.startsWith("fastmcp") ? [pythonFor(kind), "fastmcp.py"] : [process.execPath, `${kind}-server.mjs`];
  return [command, [`${SCRIPTS}/${script}`, ...flags]];
}

/** A real server of a test's own, to be killed. Those that all share tell whether it can be had. */
export function startOwnPeer(name: PeerName): ReturnType<typeof startPeer> {
  const [command = "", args] = commandOf(name);
  return startPeer(command, args);
}
