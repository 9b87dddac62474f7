import { chromium } from "../setup/browsers.mjs";
import { node22 } from "../setup/node22.mjs";

export const needs = [chromium, node22];
export const needsPackage = true;

/**
 * The official conformance suite, against the built package in Chromium. What it needs is imported late: before the set-up there are no packages.
 * @param {string[]} [names]
 */
export async function test(names) {
  const { conformance } = await import("../../tests/conformance/run.mjs");
  return conformance(names);
}
