import { countTests } from "../lib/cargo-test.mjs";
import { root } from "../lib/project.mjs";

export const needs = [];
export const needsPackage = false;

/** The engine, without any browser. */
export const test = () => countTests("cargo", ["test", "--no-fail-fast"], { cwd: root });
