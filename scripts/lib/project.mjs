import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** @param {...string} parts a path inside the project */
export const inProject = (...parts) => join(root, ...parts);

/** Where tools live that every clone of the project can share, one folder for each tool and version. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mcp-tasks");

/** The pinned versions of all that is neither an npm nor a crate dependency. */
export const tools = JSON.parse(readFileSync(inProject("tools.json"), "utf8"));
