import { playwright } from "../lib/playwright.mjs";
import { chromium, chromiumShell } from "../setup/browsers.mjs";

export const needs = [chromium, chromiumShell];
export const needsPackage = true;

/** The packed tarball, installed and used as others would. */
export const test = () => playwright("tests/package");
