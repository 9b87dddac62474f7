import { delimiter, join } from "node:path";
import { countTests } from "../lib/cargo-test.mjs";
import { root } from "../lib/project.mjs";
import { chromedriver, chromium, firefox } from "../setup/browsers.mjs";
import { geckodriver, wasmBindgen, wasmPack } from "../setup/cargo-tools.mjs";
import { wasmEnv } from "../setup/wasm-target.mjs";

export const needs = [wasmEnv, wasmBindgen, wasmPack, geckodriver, chromium, chromedriver, firefox];
export const needsPackage = true;

/** The Rust tests again, as wasm in two browsers; what the browser does for the core is the built package's. */
export async function test() {
  const wasm = await wasmEnv();
  const folders = [await wasmBindgen(), await geckodriver(), wasm.PATH ?? process.env.PATH];
  const env = {
    ...wasm,
    PATH: folders.filter(Boolean).join(delimiter),
    WASM_BINDGEN_USE_BROWSER: "1", // without it a test that does not ask for a browser is skipped in silence
    WASM_BINDGEN_TEST_TIMEOUT: "120",
  };
  const program = join(await wasmPack(), "wasm-pack");
  const inBrowser = (browser) => countTests(program, ["test", "--headless", `--${browser}`, "--", "--all-targets"], { cwd: root, env });
  const chrome = await inBrowser("chrome");
  const firefox = await inBrowser("firefox");
  const alike = chrome.passed + chrome.failed === firefox.passed + firefox.failed;
  if (!alike) console.log("✗ the two browsers did not run the same number of tests");
  return {
    passed: chrome.passed + firefox.passed,
    failed: chrome.failed + firefox.failed + (alike ? 0 : 1),
    skipped: [...chrome.skipped, ...firefox.skipped],
    remarks: [...chrome.remarks, ...firefox.remarks],
  };
}
