import { playwright } from "../lib/playwright.mjs";
import { chromium, chromiumShell } from "../setup/browsers.mjs";
import { pythonPeers } from "../setup/python-peers.mjs";

export const needs = [chromium, chromiumShell, pythonPeers];
export const needsPackage = true;

/** The built package in Chromium, against real servers. */
export const test = () => playwright("tests/e2e");
