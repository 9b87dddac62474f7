import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { root } from "./pack.ts";

/** Starts the embedded MCP server as its own process, which gives it its own origin. It prints its URL when it is ready. */
export async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ["www/server/main.mjs", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for await (const url of createInterface({ input: child.stdout })) {
    return {
      url,
      stop() {
        child.kill();
        return ended;
      },
    };
  }
  throw new Error("the embedded MCP server ended before it was ready");
}
