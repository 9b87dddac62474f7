import { execFileSync } from "node:child_process";
import { expect, test } from "@playwright/test";

/** How many tests each group has: a change here is a change that somebody meant. */
const TESTS: Record<string, number> = {
  "by-id.spec.ts": 7,
  "calls.spec.ts": 16,
  "cancel.spec.ts": 12,
  "changes.spec.ts": 11,
  "connect.spec.ts": 36,
  "degradation.spec.ts": 18,
  "errors.spec.ts": 17,
  "fastmcp2.spec.ts": 7,
  "framing.spec.ts": 31,
  "identity.spec.ts": 7,
  "malformed.spec.ts": 31,
  "parsed.spec.ts": 15,
  "polling.spec.ts": 31,
  "push.spec.ts": 19,
  "release.spec.ts": 5,
  "required.spec.ts": 7,
  "result.spec.ts": 9,
  "resume.spec.ts": 10,
  "status.spec.ts": 10,
  "wait.spec.ts": 14,
};

interface Suite {
  file: string;
  specs: { title: string; tests: { expectedStatus: string; annotations: { type: string }[] }[] }[];
  suites?: Suite[];
}

const specsOf = (suite: Suite): Suite["specs"] => [...suite.specs, ...(suite.suites ?? []).flatMap(specsOf)];

test("every group has its tests, and none of them is switched off", () => {
  const cli = [`${import.meta.dirname}/../../node_modules/@playwright/test/cli.js`, "test", "--list", "--reporter=json"];
  // The list is for us, not for the file where the run that we are part of reports.
  const { PLAYWRIGHT_JSON_OUTPUT_NAME: _, ...env } = process.env;
  const listed = execFileSync(process.execPath, [...cli, "-c", import.meta.dirname], { encoding: "utf8", env, maxBuffer: 1 << 26 });
  const { suites } = JSON.parse(listed) as { suites: Suite[] };
  const groups = suites.filter((suite) => suite.file in TESTS);

  expect(Object.fromEntries(groups.map((suite) => [suite.file, specsOf(suite).length]))).toEqual(TESTS);
  const off = groups.flatMap(specsOf).filter((spec) => spec.tests.some((test) => test.expectedStatus !== "passed"));
  expect(off.map((spec) => spec.title)).toEqual([]);
});
