import { execFileSync } from "node:child_process";
import { expect, test } from "@playwright/test";

/** How many tests each group has: a change here is a change that somebody meant. */
const TESTS: Record<string, number> = {
  "asking-eras.spec.ts": 43,
  "asking.spec.ts": 30,
  "by-id.spec.ts": 19,
  "calls.spec.ts": 35,
  "cancel.spec.ts": 31,
  "changes.spec.ts": 23,
  "connect.spec.ts": 44,
  "cors-guide.spec.ts": 5,
  "cors.spec.ts": 27,
  "degradation.spec.ts": 30,
  "demo-forms.spec.ts": 13,
  "demo-questions.spec.ts": 17,
  "demo-strangers.spec.ts": 11,
  "demo.spec.ts": 35,
  "errors.spec.ts": 45,
  "fastmcp2.spec.ts": 7,
  "faults.spec.ts": 4,
  "framing.spec.ts": 37,
  "headers.spec.ts": 22,
  "hidden.spec.ts": 1,
  "identity.spec.ts": 15,
  "inputs.spec.ts": 41,
  "limits.spec.ts": 11,
  "malformed.spec.ts": 31,
  "negotiation.spec.ts": 48,
  "offline.spec.ts": 12,
  "own-fetch.spec.ts": 9,
  "parsed.spec.ts": 27,
  "polling.spec.ts": 44,
  "push.spec.ts": 19,
  "release.spec.ts": 7,
  "required.spec.ts": 15,
  "result.spec.ts": 21,
  "resume.spec.ts": 18,
  "rounds.spec.ts": 24,
  "status.spec.ts": 18,
  "store.spec.ts": 34,
  "subscription.spec.ts": 14,
  "surroundings.spec.ts": 3,
  "twenty-lines.spec.ts": 7,
  "wait.spec.ts": 30,
  "wire.spec.ts": 28,
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
