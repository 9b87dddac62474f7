import { chromium } from "@playwright/test";
import { firefoxPath, miniBrowserPath } from "../../../scripts/lib/browsers.mjs";
import { chromiumPath } from "../../../scripts/lib/chromium.mjs";
import { geckodriver } from "../../../scripts/setup/cargo-tools.mjs";
import { WebDriver } from "./webdriver.ts";

export const ENGINES = ["chromium", "firefox", "webkit"] as const;
export type Engine = (typeof ENGINES)[number];

/** A page in some browser. */
export interface Driver {
  /** Opens a page, of which it is known what its scripts put there. */
  goto(url: string, name: string): Promise<void>;
  run<A, R>(call: (argument: A) => Promise<R>, argument: A): Promise<R>;
  /** Clicks, as a user does. */
  click(selector: string): Promise<void>;
  /** Takes the network away, or gives it back; not every driver can. */
  offline?(isOffline: boolean): Promise<void>;
  close(): Promise<void>;
}

export const open: Record<Engine, () => Promise<Driver>> = {
  async chromium() {
    const executablePath = chromiumPath();
    const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
    const page = await browser.newPage();
    return {
      goto: async (url) => void (await page.goto(url)),
      run: (call, argument) => page.evaluate(call as never, argument) as never,
      click: (selector) => page.click(selector),
      offline: (isOffline) => page.context().setOffline(isOffline),
      close: () => browser.close(),
    };
  },
  async firefox() {
    const folder = await geckodriver();
    const program = folder === "" ? "geckodriver" : `${folder}/geckodriver`;
    // The servers are on this machine, which Firefox would let a page reach all the same; its own scripts alone take the network away.
    const prefs = { "network.disable-localhost-when-offline": true };
    const options = { binary: firefoxPath(), args: ["-headless"], prefs };
    const capabilities = { browserName: "firefox", "moz:firefoxOptions": options };
    const driver = await WebDriver.open((port) => [program, "--allow-system-access", "--port", String(port)], capabilities);
    // Connections to this machine would stay open.
    const script = "Services.io.offline = arguments[0]; Services.obs.notifyObservers(null, 'net:cancel-all-connections');";
    return Object.assign(driver, { offline: (isOffline: boolean) => driver.runPrivileged(script, [isOffline]) });
  },
  async webkit() {
    const options = { binary: miniBrowserPath(), args: ["--automation"] };
    const command = ["WebKitWebDriver"] as const;
    return WebDriver.open((port) => ["xvfb-run", "-a", ...command, `--port=${port}`], { browserName: "MiniBrowser", "webkitgtk:browserOptions": options });
  },
};
