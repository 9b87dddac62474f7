import { defineConfig } from "@playwright/test";
import { chromiumShellPath } from "../../scripts/lib/chromium.mjs";

const executablePath = chromiumShellPath();

export default defineConfig({
  testDir: ".",
  outputDir: "../../target/package",
  globalSetup: "./support/pack.ts",
  // A test may install the package and run a bundler; each does so in its own folder.
  timeout: 60_000,
  workers: 2,
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    },
  },
});
