import { playwright } from "../lib/playwright.mjs";
import { chromium, firefox, webkit } from "../setup/browsers.mjs";
import { geckodriver } from "../setup/cargo-tools.mjs";
import { pythonPeers } from "../setup/python-peers.mjs";

export const needs = [chromium, firefox, geckodriver, webkit, pythonPeers];
export const needsPackage = true;

/** The built package in the engines of three browsers, against real servers. */
export const test = () => playwright("tests/engines");
