import { chromium } from "../setup/browsers.mjs";

export const needs = [chromium];
export const needsPackage = true;

/** The size budget, and every row of `npm run bench` once. What it needs is imported late: before the set-up there are no packages. */
export async function test() {
  const { check } = await import("../../tests/bench/check.mjs");
  return check();
}
