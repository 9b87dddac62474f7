import { readFileSync } from "node:fs";
import { inProject } from "../lib/project.mjs";
import { Missing } from "../lib/log.mjs";
import { ask } from "../lib/run.mjs";
import { isAtLeast } from "../lib/versions.mjs";

/** Rust itself is the one thing besides Node that a person brings along. */
export function rust() {
  const [, needed] = /^rust-version = "([^"]+)"/m.exec(readFileSync(inProject("Cargo.toml"), "utf8"));
  const [, found] = /^cargo (\S+)/.exec(ask("cargo", ["--version"]) ?? "") ?? [];
  if (!isAtLeast(found, needed)) {
    throw new Missing(`Rust ${needed} or newer`, found ? "rustup update stable" : "curl -sSf https://sh.rustup.rs | sh");
  }
}
