import { defineConfig } from "@playwright/test";
import { chromiumPath } from "../../scripts/lib/chromium.mjs";

export default defineConfig({
  testDir: ".",
  globalSetup: "./support/pack.ts",
  // A test may install the package and run a bundler; each does so in its own folder.
  timeout: 60_000,
  workers: 2,
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: chromiumPath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    },
  },
});
