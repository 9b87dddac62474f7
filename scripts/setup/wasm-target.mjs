import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cache, root, tools } from "../lib/project.mjs";
import { Missing, step } from "../lib/log.mjs";
import { ask, run } from "../lib/run.mjs";
import { installDebian, isDebianRoot } from "./debian.mjs";

const TARGET = "wasm32-unknown-unknown";
const ORDINARY = `rustup target add ${TARGET}`;

/** The folder of a sysroot that holds a target's standard library. */
const library = (sysroot, target = TARGET) => join(sysroot, "lib/rustlib", target, "lib");

const isInToolchain = () => existsSync(library(ask("rustc", ["--print", "sysroot"]) ?? "nowhere"));

/** Where a sysroot keeps the standard library's source, when it has it. */
const source = (sysroot) => join(sysroot, "lib/rustlib/src/rust/library/Cargo.lock");

/** @type {Promise<Record<string, string>> | undefined} */
let environment;

/**
 * Sees to it that cargo can build for wasm32, and gives the environment for `cargo`, `cargo-clippy` and `wasm-pack` to do so.
 * @returns {Promise<Record<string, string>>}
 */
export const wasmEnv = () => (environment ??= find());

async function find() {
  if (isInToolchain()) return {};
  const built = debianSysroot();
  if (built && existsSync(built)) return useSysroot(built);
  const refusal = await addByRustup();
  if (isInToolchain()) return {};
  if (!isDebianRoot()) throw new Missing(`Rust's target ${TARGET}`, ORDINARY, refusal);
  return useSysroot(await buildSysroot());
}

/** The ordinary way. Gives the reason where it is closed. */
async function addByRustup() {
  try {
    await step(ORDINARY, () => run("rustup", ["target", "add", TARGET], { cwd: root }));
  } catch (error) {
    return error.message;
  }
}

/** Where the sysroot of Debian's compiler for wasm is, or will be; undefined before that compiler is installed. */
function debianSysroot() {
  const [, version] = /^rustc (\S+)/.exec(ask("/usr/bin/rustc", ["--version"]) ?? "") ?? [];
  return version && join(cache, `wasm-sysroot-${version}`);
}

/**
 * Where rustup cannot download, Debian's compiler builds the standard library from Debian's own source. `test` is among the crates because
 * `wasm-pack test` needs it. The result is a sysroot of its own: a target may not be added to the toolchain in /usr.
 */
async function buildSysroot() {
  await step("Debian packages for the wasm32 target", () => installDebian(`Rust's target ${TARGET}`, tools.debian["wasm-target"]));
  const sysroot = debianSysroot();
  const scratch = `${sysroot}.${process.pid}`;
  try {
    await step(`Rust's standard library for ${TARGET}`, async () => {
      await buildStandardLibrary(join(scratch, "build"));
      await assemble(scratch);
      await rename(scratch, sysroot);
    });
  } catch (error) {
    throw new Missing(`Rust's target ${TARGET}`, ORDINARY, error.message);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return sysroot;
}

/**
 * How to build the standard library anew, for size: without what panics say, which nobody reads, as the face hears of a trap by itself; and
 * with the smallest functions inlined early, which rustc does by itself only where it builds for speed.
 * Undefined where the toolchain cannot, or has no source of it: then the ordinary one serves, and the module is larger.
 * @param {Record<string, string>} env that of {@link wasmEnv}
 * @returns {Promise<{ args: string[], flags: string[], env: Record<string, string> } | undefined>}
 */
export async function sizedLibrary(env) {
  const quiet = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];
  const inlined = ["-Zinline-mir=yes", "-Zinline-mir-threshold=30", "-Zinline-mir-hint-threshold=30"];
  const unlocked = { RUSTC_BOOTSTRAP: "1" }; // unstable flags on a stable compiler
  const rustc = env.RUSTC ?? "rustc";
  const print = (what, ...more) => ask("env", [...Object.entries(unlocked).map((pair) => pair.join("=")), rustc, ...more, "--print", what]);
  if (print("cfg", ...quiet) === undefined) return undefined;
  const flags = print("cfg", ...quiet, ...inlined) === undefined ? quiet : [...quiet, ...inlined];
  const sysroot = print("sysroot");
  if (!existsSync(source(sysroot)) && !env.RUSTC) await run("rustup", ["component", "add", "rust-src"], { cwd: root }).catch(() => {});
  if (!existsSync(source(sysroot))) return undefined;
  return { args: ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"], flags, env: unlocked };
}

async function buildStandardLibrary(crate) {
  await mkdir(join(crate, "src"), { recursive: true });
  await writeFile(join(crate, "src/lib.rs"), "");
  await writeFile(join(crate, "Cargo.toml"), '[package]\nname = "empty"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n[workspace]\n');
  await run("cargo", ["build", "--release", "--target", TARGET, "-Z", "build-std=std,panic_abort,test"], {
    cwd: crate,
    env: {
      RUSTC: "/usr/bin/rustc",
      RUSTC_BOOTSTRAP: "1", // `-Z build-std` on a stable compiler
      CARGO_TARGET_DIR: "target",
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: "/usr/bin/wasm-ld-22",
      CARGO_ENCODED_RUSTFLAGS: remapped().join("\x1f"),
    },
  });
}

async function assemble(sysroot) {
  const host = /^host: (.*)$/m.exec(ask("/usr/bin/rustc", ["-vV"]))[1];
  const built = join(sysroot, "build/target", TARGET, "release/deps");
  await mkdir(library(sysroot), { recursive: true });
  for (const file of (await readdir(built)).filter((name) => name.endsWith(".rlib"))) {
    await copyFile(join(built, file), join(library(sysroot), file));
  }
  await rm(join(sysroot, "build"), { recursive: true });
  await mkdir(join(sysroot, "lib/rustlib", host));
  await symlink(library("/usr", host), library(sysroot, host));
  await symlink("/usr/lib/rustlib/src", join(sysroot, "lib/rustlib/src"));
  await mkdir(join(sysroot, "bin"));
  await symlink("/usr/bin/cargo-clippy", join(sysroot, "bin/cargo-clippy"));
  const compiler = join(sysroot, "bin/rustc");
  await writeFile(compiler, '#!/bin/sh\nexec /usr/bin/rustc --sysroot "${0%/bin/rustc}" "$@"\n');
  await chmod(compiler, 0o755);
}

function useSysroot(sysroot) {
  const bin = join(sysroot, "bin");
  return {
    RUSTC: join(bin, "rustc"),
    SYSROOT: sysroot, // clippy's driver stands in for the wrapper, and reads this
    PATH: [bin, process.env.PATH].join(delimiter), // wasm-pack asks the first `rustc` on PATH for its sysroot
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: "/usr/bin/wasm-ld-22",
  };
}

/** Compiler flags that keep this machine's folders out of what we build: panic messages name their source files. */
export function remapped() {
  const registry = join(process.env.CARGO_HOME || join(homedir(), ".cargo"), "registry/src");
  const names = { [registry]: "/crates", [root]: "/mcp-tasks/", "/usr/lib/rustlib/src/rust": "/rustc" };
  return Object.entries(names).map(([path, name]) => `--remap-path-prefix=${path}=${name}`);
}
