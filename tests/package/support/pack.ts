import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The one tarball that every test installs. Set before the workers start. */
export function tarball(): string {
  const path = process.env.MCP_TASKS_TARBALL;
  if (path === undefined) throw new Error("the package was not packed");
  return path;
}

/** Packs the package as it is built now, as `npm publish` would. Playwright calls the returned function at the end. */
export default function pack(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "mcp-tasks-pack-"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  ) as [{ filename: string }];
  process.env.MCP_TASKS_TARBALL = join(folder, packed.filename);
  return () => rmSync(folder, { recursive: true, force: true });
}
