import { defineConfig } from "@playwright/test";
import { ENGINES } from "./support/driver.ts";
import type { Options } from "./fixtures.ts";

export default defineConfig<Options>({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "../../target/engines",
  forbidOnly: true,
  globalSetup: "./support/servers.ts",
  // One for each browser.
  workers: ENGINES.length,
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: "list",
  // Playwright drives none of the browsers: its own builds of Firefox and WebKit are not those that people have.
  projects: ENGINES.map((engine) => ({ name: engine, use: { engine } })),
});
