import js from "@eslint/js";
import globals from "globals";
import ts from "typescript-eslint";

/** What begins with an underscore is there to be left out. */
const UNUSED = ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }];

export default ts.config(
  { ignores: ["dist/", "js/generated/", "target/", ".tools/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-unused-vars": UNUSED,
      "no-implied-eval": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property,
          message: "What a server sends never becomes HTML.",
        })),
      ],
    },
  },
  {
    files: ["**/*.ts"],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": UNUSED,
      // An AbortSignal's reason is whatever its owner made it, and that is what a promise rejects with.
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingAny: true, allowThrowingUnknown: true }],
    },
  },
  {
    // What a page or a scripted server hands back to a test is not typed, and the assertion that follows is the check.
    files: ["tests/**/*.ts"],
    rules: {
      ...Object.fromEntries(
        ["argument", "assignment", "call", "member-access", "return"].map((kind) => [`@typescript-eslint/no-unsafe-${kind}`, "off"]),
      ),
      "@typescript-eslint/no-redundant-type-constituents": "off",
      "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }], // Playwright's fixtures must destructure
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: globals.node } },
  { files: ["www/*.js", "tests/**/page/*.js", "tests/bench/programs/*.js"], languageOptions: { globals: globals.browser } },
  // The package runs in a dedicated Worker, too: there is no window and no document.
  { files: ["js/**/*.ts"], rules: { "no-restricted-globals": ["error", "window", "document", "localStorage"] } },
);
