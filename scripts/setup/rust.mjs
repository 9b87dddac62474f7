import { readFileSync } from "node:fs";
import { inProject } from "../lib/project.mjs";
import { Missing } from "../lib/log.mjs";
import { ask } from "../lib/run.mjs";

/** Rust itself is the one thing besides Node that a person brings along. */
export function rust() {
  const needed = /^rust-version = "(\d+)\.(\d+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"));
  const found = /^cargo (\d+)\.(\d+)/.exec(ask("cargo", ["--version"]) ?? "");
  const [, major, minor] = needed.map(Number);
  if (!found || found[1] < major || (Number(found[1]) === major && found[2] < minor)) {
    throw new Missing(`Rust ${major}.${minor} or newer`, found ? "rustup update stable" : "curl -sSf https://sh.rustup.rs | sh");
  }
}
