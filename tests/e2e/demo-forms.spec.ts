import { expect } from "@playwright/test";
import { fieldsOf } from "../../www/schema.js";
import { answers, ask, connect, elicit, question, test } from "./support/demo.ts";

const FIELDS: Record<string, object> = {
  text: { type: "string", title: "Text" },
  email: { type: "string", format: "email", title: "E-mail" },
  uri: { type: "string", format: "uri", title: "Address" },
  date: { type: "string", format: "date", title: "Day" },
  moment: { type: "string", format: "date-time", title: "Moment" },
  number: { type: "number", title: "Number" },
  integer: { type: "integer", title: "Whole" },
  boolean: { type: "boolean", title: "Yes or no" },
  plain: { type: "string", enum: ["a", "b"], title: "Plain" },
  named: { type: "string", enum: ["a", "b"], enumNames: ["An A", "A B"], title: "Named" },
  titled: { type: "string", oneOf: [{ const: "a", title: "An A" }, { const: "b", title: "A B" }], title: "Titled" },
  several: { type: "array", items: { type: "string", enum: ["a", "b", "c"] }, title: "Several" },
  severalTitled: { type: "array", items: { anyOf: [{ const: "d", title: "A D" }, { const: "e", title: "An E" }] }, title: "Several titled" },
};

/** What they may be answered. */
const VALUES = {
  text: "Ada",
  email: "ada@example.com",
  uri: "https://example.com/",
  date: "2026-07-28",
  number: 1.5,
  boolean: false,
  plain: "b",
  named: "b",
  titled: "a",
  several: ["a", "c"],
  severalTitled: ["e"],
};

test("a form has a field for everything that a schema may ask, and gives values of its type", async ({ page }) => {
  await connect(page);
  await ask(page, { q: elicit(FIELDS) });
  const form = page.locator(".question");
  for (const [label, value] of [
    ["Text", "Ada"],
    ["E-mail", "ada@example.com"],
    ["Address", "https://example.com/"],
    ["Day", "2026-07-28"],
    ["Moment", "2026-07-28T10:30:00"],
    ["Number", "1.5"],
    ["Whole", "3"],
  ] as const)
    await form.getByLabel(label, { exact: true }).fill(value);
  for (const [label, option] of [["Yes or no", "No"], ["Plain", "b"], ["Named", "A B"], ["Titled", "An A"]] as const) await form.getByLabel(label).selectOption({ label: option });
  for (const label of ["a", "c", "An E"]) await form.getByRole("checkbox", { name: label, exact: true }).check();
  await form.getByRole("button", { name: "Accept" }).click();
  const moment = await page.evaluate(() => new Date("2026-07-28T10:30:00").toISOString());
  const content = { ...VALUES, moment, integer: 3 };
  expect(await answers(page)).toEqual({ q: { action: "accept", content } });
});

test("a form begins with the defaults of its schema, and leaves out what was left out", async ({ page }) => {
  const defaults = { ...VALUES, moment: "2026-07-28T10:30:00.000Z", integer: 0 };
  const preset = Object.entries(defaults).map(([name, value]) => [name, { ...FIELDS[name], default: value }]);
  await connect(page);
  await ask(page, { full: elicit(Object.fromEntries(preset), [], "With defaults"), empty: elicit(FIELDS, [], "Without any") });
  await expect(question(page, "With defaults").getByLabel("Whole")).toHaveValue("0");
  await question(page, "With defaults").getByRole("button", { name: "Accept" }).click();
  await question(page, "Without any").getByRole("button", { name: "Accept" }).click();
  expect(await answers(page)).toEqual({ full: { action: "accept", content: defaults }, empty: { action: "accept", content: {} } });
});

for (const { why, field, wrong, right, value } of [
  { why: "nothing where something is required", field: { type: "string" }, wrong: "", right: "x", value: "x" },
  { why: "no e-mail address", field: { type: "string", format: "email" }, wrong: "ada", right: "a@b.c", value: "a@b.c" },
  { why: "no address", field: { type: "string", format: "uri" }, wrong: "example.com", right: "urn:a", value: "urn:a" },
  { why: "too short a text", field: { type: "string", minLength: 3 }, wrong: "ab", right: "abc", value: "abc" },
  { why: "too small a number", field: { type: "number", minimum: 0.5 }, wrong: "0.4", right: "0.5", value: 0.5 },
  { why: "too large a number", field: { type: "integer", maximum: 9 }, wrong: "10", right: "9", value: 9 },
  { why: "a fraction of an integer", field: { type: "integer" }, wrong: "1.5", right: "2", value: 2 },
  { why: "what is not JSON where nothing else fits", field: {}, wrong: "lemon", right: `{ "a": 1 }`, value: { a: 1 } },
] as const) {
  test(`not sent is ${why}`, async ({ page }) => {
    await connect(page);
    await ask(page, { q: elicit({ x: field }, ["x"]) });
    const form = page.locator(".question");
    await form.getByLabel("x", { exact: true }).fill(wrong);
    await form.getByRole("button", { name: "Accept" }).click();
    await expect(form.locator(":is(input, textarea):invalid")).toBeFocused();
    await form.getByLabel("x", { exact: true }).fill(right);
    await form.getByRole("button", { name: "Accept" }).click();
    expect(await answers(page)).toEqual({ q: { action: "accept", content: { x: value } } });
  });
}

test("not sent are more or fewer choices than the schema wants", async ({ page }) => {
  await connect(page);
  await ask(page, { q: elicit({ x: { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 1, maxItems: 2 } }, ["x"]) });
  const form = page.locator(".question");
  const isRefused = async () => {
    await form.getByRole("button", { name: "Accept" }).click();
    await expect(form.locator("input:invalid")).toBeFocused();
  };
  await isRefused();
  for (const name of ["a", "b", "c"]) await form.getByRole("checkbox", { name, exact: true }).check();
  await isRefused();
  await form.getByRole("checkbox", { name: "b", exact: true }).uncheck();
  await form.getByRole("button", { name: "Accept" }).click();
  expect(await answers(page)).toEqual({ q: { action: "accept", content: { x: ["a", "c"] } } });
});

test("a schema of which no form can be made is answered as JSON", async ({ page }) => {
  await connect(page);
  await ask(page, { q: elicit({ x: { type: "string", minLength: 3, maxLength: -3 } }) });
  await page.locator(".question").getByLabel("Your answer, as JSON").fill(`["abc"]`);
  await page.locator(".question").getByRole("button", { name: "Accept" }).click();
  await expect(page.locator(".question textarea:invalid")).toBeFocused();
  await page.locator(".question").getByLabel("Your answer, as JSON").fill(`{ "x": "abc" }`);
  await page.locator(".question").getByRole("button", { name: "Accept" }).click();
  expect(await answers(page)).toEqual({ q: { action: "accept", content: { x: "abc" } } });
});

test("every way that servers write a schema gets the field that fits", () => {
  const yesNo = [
    { value: "y", label: "Yes" },
    { value: "n", label: "No" },
  ];
  for (const [why, property, field] of [
    ["a string", { type: "string" }, { kind: "text" }],
    ["its default", { type: "integer", default: 3 }, { kind: "number", preset: 3 }],
    ["a type that may be null", { anyOf: [{ type: "number" }, { type: "null" }], default: null }, { kind: "number", preset: undefined }],
    ["the same as a list of types", { type: ["string", "null"] }, { kind: "text" }],
    ["a reference", { $ref: "#/$defs/Colour", description: "Which" }, { kind: "choice", description: "Which", label: "Colour" }],
    ["constants with titles", { type: "string", oneOf: [{ const: "y", title: "Yes" }, { const: "n", title: "No" }] }, { kind: "choice", options: yesNo }],
    ["names beside an enum", { enum: ["y", "n"], enumNames: ["Yes", "No"] }, { kind: "choice", options: yesNo }],
    ["several of an enum", { type: "array", items: { enum: ["a", "b"] } }, { kind: "choices" }],
    ["a list of numbers", { type: "array", items: { type: "number" } }, { kind: "list" }],
    ["a list of objects", { type: "array", items: { type: "object" } }, { kind: "json" }],
    ["a real choice of types", { anyOf: [{ type: "number" }, { type: "string" }] }, { kind: "json" }],
    ["a reference to nowhere", { $ref: "#/$defs/Nothing" }, { kind: "json" }],
    ["a reference to another document", { $ref: "https://example.com/schema" }, { kind: "json" }],
    ["a schema that is itself", { $ref: "#/properties/p" }, { kind: "json" }],
    ["anything", true, { kind: "json" }],
  ] as const) {
    const root = { type: "object", properties: { p: property }, $defs: { Colour: { title: "Colour", enum: ["red", "green"] } } };
    expect(fieldsOf(root)[0], why).toMatchObject(field);
  }
});
