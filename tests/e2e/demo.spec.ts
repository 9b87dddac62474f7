import { expect, test as base, type Page } from "@playwright/test";
import { pythonFor } from "../../scripts/lib/peers.mjs";
import { fieldsOf } from "../../www/schema.js";
import { serve } from "../../www/serve.mjs";
import { startPeer } from "../peers/spawn.mjs";

interface Fixtures {
  /** What the browser may complain about in a test. Anything else fails it. */
  expected: RegExp;
}

const test = base.extend<Fixtures, { demo: string; stateless: string }>({
  demo: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../../www/server/main.mjs`]);
      const site = await serve({ port: 0, server: peer.url });
      await use(site.url);
      await site.close();
      await peer.stop();
    },
    { scope: "worker" },
  ],

  /** The address of a 2026-07-28 server that knows nothing of this page. */
  stateless: [
    async ({}, use) => {
      const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../peers/sdk2026-server.mjs`]);
      await use(peer.url);
      await peer.stop();
    },
    { scope: "worker" },
  ],

  expected: [/^$/, { option: true }],

  page: async ({ page, demo, expected }, use) => {
    const complaints: string[] = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript(() =>
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)),
    );
    await page.goto(demo);
    await use(page);
    expect(complaints.filter((text) => !expected.test(text))).toEqual([]);
  },
});

const row = (page: Page, tool: string) => page.getByRole("row", { name: new RegExp(`#\\d+ ?${tool}`) });

type Version = "2026-07-28" | "2025-11-25";

/** Connects, and finds out by itself what the server speaks unless a version is chosen. */
async function connect(page: Page, version?: Version) {
  if (version) await page.getByLabel("Protocol version").selectOption(version);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.locator("#connection-state")).toHaveText(`Connected, ${version ?? "2026-07-28"}`);
}

async function connectTo(page: Page, url: string) {
  await page.getByLabel("Address of the MCP endpoint").fill(url);
  await connect(page);
}

async function start(page: Page, tool: string, fields: Record<string, string> = {}, how = "as a task") {
  await page.getByRole("radio", { name: new RegExp(`^${tool}\\b`) }).check();
  for (const [label, value] of Object.entries(fields)) await page.locator("#call-form").getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("radio", { name: how }).check();
  await page.getByRole("button", { name: "Start", exact: true }).click();
}

const question = (page: Page, text: string) => page.locator(".question", { hasText: text });

const elicit = (properties: object, required: string[] = [], message = "Tell me") => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties, required } },
});

/** Lets a task ask all of these. */
const ask = (page: Page, questions: object) => start(page, "Ask anything", { questions: JSON.stringify(questions) });

/** What the task was answered, once it has ended. */
async function answers(page: Page): Promise<unknown> {
  await expect(row(page, "Ask anything")).toContainText("Completed");
  await row(page, "Ask anything").getByRole("button", { name: "Details" }).click();
  return JSON.parse(await page.locator(".outcome section pre").innerText());
}

for (const { version, kind, tasks, capability, tag } of [
  { version: "2026-07-28", kind: "(stateless)", tasks: "for tools, as the server decides", capability: '"io.modelcontextprotocol/tasks"', tag: "server decides" },
  { version: "2025-11-25", kind: "(with sessions)", tasks: "for tools", capability: '"requests"', tag: "task or plain" },
] as const) {
  test(`${version}: the page shows what was negotiated`, async ({ page }) => {
    await connect(page, version);
    await expect(page.locator("#facts")).toContainText("Demo of mcp-tasks 1.0.0");
    await expect(page.locator("#facts")).toContainText(`${version} ${kind}`);
    await expect(page.locator("#facts").getByText(tasks, { exact: true })).toBeVisible();
    await expect(page.locator(".choice", { hasText: "Greet" })).toContainText(tag);
    await page.getByText("Capabilities").click();
    await expect(page.locator("#facts pre")).toContainText(capability);
  });
}

for (const { version, pushed, options, told } of [
  { version: "2026-07-28", pushed: "notifications/tasks working", options: {}, told: '"pollIntervalMs": 500' },
  { version: "2025-11-25", pushed: "notifications/tasks/status working", options: { "Time to live, in seconds": "60" }, told: '"ttlMs": 60000' },
] as const) {
  test(`${version}: a slow tool runs as a task to its result, step by step`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Slow computation", { duration: "2.5", steps: "5", ...options });
    const task = row(page, "Slow computation");
    await expect(task).toContainText("Working");
    await expect(task).toContainText(/Step [1-4] of 5/);
    await expect(task).toContainText("Completed");
    await expect(task).toContainText("Computed for 2.5 s in 5 steps.");
    await page.getByLabel("Filter the wire log").fill("step 4 of 5");
    await expect(page.locator(".entries li:visible")).toContainText([pushed]);
    await expect(page.locator(".lanes li")).toContainText(/Working for [23]\.\d s, Completed/);
    await expect(page.locator("#announcer")).toHaveText("Slow computation 1: Completed");
    await task.getByRole("button", { name: "Details" }).click();
    await page.getByText("Task", { exact: true }).click();
    await expect(page.locator(".outcome")).toContainText(told);
  });

  test(`${version}: the task that never ends is cancelled, and says no more`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Run forever", { every: "0.3" });
    const task = row(page, "Run forever");
    await expect(task).toContainText(/beat [3-9]/);
    await task.getByRole("button", { name: "Cancel" }).press("Enter");
    await expect(task).toContainText("Cancelled");
    await expect(task.getByRole("button", { name: "Details" })).toBeFocused();
    await page.getByLabel("Filter the wire log").fill("beat");
    const pushes = await page.locator(".entries li:visible").count();
    await page.waitForTimeout(900);
    expect(await page.locator(".entries li:visible").count()).toBe(pushes);
  });

  for (const { tool, fields, how, shows } of [
    { tool: "Greet", fields: { name: "Ada" }, how: "as a task", shows: ["Completed", "Hello, Ada!"] },
    { tool: "Greet", fields: { name: "Ada" }, how: "plainly", shows: ["Completed", "Hello, Ada!"] },
    { tool: "Text statistics", how: "as a task", shows: ["Completed", '"longest": "quick"'] },
    { tool: "Crash", fields: { after: "0.2" }, how: "as a task", shows: ["Failed", "The disk is on fire"] },
    { tool: "Book a table", how: "as a task", shows: ["Failed", "tool_error", "No table for 2 today"] },
    { tool: "Write a report", how: "plainly", shows: ["Completed", "# Summary"] },
    { tool: "Add", fields: { a: "40" }, how: "as a task", shows: ["Completed", "answered at once", "43"] },
    { tool: "Explain a task", fields: { status: "failed" }, how: "as a task", shows: ["Completed", "answered at once", "Explain to a developer"] },
    { tool: "The life of a task", how: "as a task", shows: ["Completed", "answered at once", "working -> input_required"] },
  ]) {
    test(`${version}: ${tool}, ${how}: ${shows.join(", ")}`, async ({ page }) => {
      await connect(page, version);
      await start(page, tool, fields, how);
      for (const text of shows) await expect(row(page, tool)).toContainText(text);
    });
  }
}

test("a time to live is only asked for where the server heeds it", async ({ page }) => {
  await connect(page);
  await page.getByRole("radio", { name: /^Greet/ }).check();
  await expect(page.getByLabel("Time to live, in seconds")).toBeHidden();
  await page.getByRole("button", { name: "Disconnect" }).click();
  await connect(page, "2025-11-25");
  await expect(page.getByLabel("Time to live, in seconds")).toBeVisible();
});

for (const version of ["2026-07-28", "2025-11-25"] as const) {
  test(`${version}: a task that asks waits for an answer, and goes on with it`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Plan a party");
    const task = row(page, "Plan a party");
    await expect(task).toContainText("Waiting for input");
    await expect(page.locator("#announcer")).toHaveText(/^(The server asks: |Plan a party 1: Waiting)/);
    await expect(question(page, "guests").getByLabel("count")).toHaveValue("12");
    await question(page, "guests").getByLabel("count").fill("7");
    await question(page, "guests").getByRole("button", { name: "Accept" }).click();
    await expect(question(page, "guests")).toHaveCount(0);
    await expect(question(page, "cake").getByLabel("flavour")).toBeFocused();
    await expect(task).toContainText("Waiting for input");
    await question(page, "cake").getByRole("button", { name: "Decline" }).click();
    await expect(task).toContainText("Ada’s party: guests 7, cake undecided.");
    await expect(page.locator("#announcer")).toHaveText("Plan a party 1: Completed");
  });

  test(`${version}: a task that asks can be cancelled, and its questions go, and no other’s`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Plan a party", { host: "Grace" });
    await start(page, "Plan a party", { host: "Ada" });
    await expect(page.locator(".question")).toHaveCount(4);
    await page.getByRole("button", { name: "Cancel Plan a party 1" }).click();
    await expect(page.getByRole("row", { name: "#1 Plan a party" })).toContainText("Cancelled");
    await expect(page.locator(".question")).toHaveCount(2);
    await expect(question(page, "guests")).toContainText("Ada’s party");
    for (const asked of ["guests", "cake"]) await question(page, asked).getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("row", { name: "#2 Plan a party" })).toContainText("guests undecided, cake undecided");
  });

  test(`${version}: the question of a task that is driven unseen is answered like any other`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Plan a party", {}, "plainly");
    await question(page, "guests").getByRole("button", { name: "Accept" }).click();
    await question(page, "cake").getByLabel("flavour").selectOption("lemon");
    await question(page, "cake").getByRole("button", { name: "Accept" }).click();
    await expect(row(page, "Plan a party")).toContainText("Ada’s party: guests 12, cake lemon.");
  });

  test(`${version}: every kind of question has its form, several wait side by side, and their answers have the shape of the protocol`, async ({ page }) => {
    await connect(page, version);
    await start(page, "Ask anything");
    await expect(page.locator(".question")).toHaveCount(4);
    await question(page, "confirmation").getByLabel("E-mail").fill("ada@example.com");
    await question(page, "confirmation").getByRole("button", { name: "Accept" }).click();
    await question(page, "pay on our page").getByRole("button", { name: "I was there" }).click();
    await question(page, "word of welcome").getByLabel("What the model says").fill("Welcome!");
    await question(page, "word of welcome").getByRole("button", { name: "Answer" }).click();
    await question(page, "work on").getByLabel("Address").fill("file:///a");
    await question(page, "work on").getByRole("button", { name: "Answer" }).click();
    expect(await answers(page)).toEqual({
      booking: { action: "accept", content: { email: "ada@example.com", nights: 2, room: "D", meals: ["breakfast"], quiet: true } },
      payment: { action: "accept" },
      welcome: { role: "assistant", model: "a person", content: { type: "text", text: "Welcome!" }, stopReason: "endTurn" },
      folders: { roots: [{ uri: "file:///a" }] },
    });
  });
}

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
  const content = {
    text: "Ada",
    email: "ada@example.com",
    uri: "https://example.com/",
    date: "2026-07-28",
    moment,
    number: 1.5,
    integer: 3,
    boolean: false,
    plain: "b",
    named: "b",
    titled: "a",
    several: ["a", "c"],
    severalTitled: ["e"],
  };
  expect(await answers(page)).toEqual({ q: { action: "accept", content } });
});

test("a form begins with the defaults of its schema, and leaves out what was left out", async ({ page }) => {
  const defaults = {
    text: "Ada",
    email: "ada@example.com",
    uri: "https://example.com/",
    date: "2026-07-28",
    moment: "2026-07-28T10:30:00.000Z",
    number: 1.5,
    integer: 0,
    boolean: false,
    plain: "b",
    named: "b",
    titled: "a",
    several: ["a", "c"],
    severalTitled: ["e"],
  };
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

test("a page to visit is a link that says where it leads, and is opened by nobody but the user", async ({ page, context }) => {
  await connect(page);
  const url = "https://bank.example@evil.example/login";
  await ask(page, { q: { method: "elicitation/create", params: { mode: "url", message: "Sign in", url, elicitationId: "1" } } });
  const form = page.locator(".question");
  await expect(form.locator("strong")).toHaveText("evil.example");
  const link = form.getByRole("link");
  await expect(link).toHaveText(url);
  await expect(link).toHaveAttribute("href", url);
  await expect(link).toHaveAttribute("rel", "noopener noreferrer");
  await expect(link).toHaveAttribute("target", "_blank");
  expect(context.pages()).toHaveLength(1);
  await form.getByRole("button", { name: "Decline" }).click();
  expect(await answers(page)).toEqual({ q: { action: "decline" } });
});

test("only pages of the web are visited, and only safe ones", async ({ page }) => {
  const linked = (url: unknown) =>
    page.evaluate(async (url) => {
      const { elicitation } = await import(new URL("elicitation.js", location.href).href);
      const { accept, body } = elicitation({ mode: "url", message: "", url });
      return { accept, links: body.filter((node: Node) => node instanceof HTMLAnchorElement).length };
    }, url);
  for (const url of ["https://example.com/", "http://localhost:1234/"]) expect(await linked(url), url).toEqual({ accept: "I was there", links: 1 });
  for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.c", "/relative", "", undefined]) {
    expect(await linked(url), String(url)).toEqual({ accept: undefined, links: 0 });
  }
});

test("a model is asked with what was said so far: text as text, pictures and sounds from their data alone", async ({ page }) => {
  const dot = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  const wave = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
  const messages = [
    { role: "user", content: { type: "text", text: "<b>bold?</b>" } },
    { role: "assistant", content: [{ type: "image", mimeType: "image/gif", data: dot }, { type: "audio", mimeType: "audio/wav", data: wave }] },
    { role: "user", content: { type: "image", mimeType: "image/svg+xml", data: "PHN2Zy8+" } },
    { role: "user", content: { type: "image", mimeType: "image/gif", data: "x, https://example.com/x.gif" } },
    { role: "user", content: { type: "tool_result", toolUseId: "1", content: [] } },
  ];
  await connect(page);
  await ask(page, { q: { method: "sampling/createMessage", params: { systemPrompt: "Be kind", messages, maxTokens: 9 } } });
  const form = page.locator(".question");
  await expect(form.locator("dd").first()).toHaveText("Be kind");
  await expect(form.locator("dd").nth(1)).toHaveText("<b>bold?</b>");
  await expect(form.locator("b")).toHaveCount(0);
  await expect(form.locator("img")).toHaveCount(1);
  await expect(form.locator("img")).toHaveJSProperty("naturalWidth", 1);
  await expect(form.locator("audio")).toHaveAttribute("src", `data:audio/wav;base64,${wave}`);
  await expect(form.locator("dd").last()).toContainText("tool_result");
  await form.getByLabel("What the model says").fill("Hi\nthere");
  await form.getByLabel("Name of the model").fill("m-1");
  await form.getByRole("button", { name: "Answer" }).click();
  expect(await answers(page)).toEqual({ q: { role: "assistant", model: "m-1", content: { type: "text", text: "Hi\nthere" }, stopReason: "endTurn" } });
});

test("folders are a list to type, which may be empty", async ({ page }) => {
  await connect(page);
  await ask(page, { some: { method: "roots/list" } });
  const form = page.locator(".question");
  await form.getByLabel("Address").fill("https://example.com/");
  await form.getByRole("button", { name: "Answer" }).click();
  await expect(form.locator("input:invalid")).toBeFocused();
  await form.getByLabel("Address").fill("file:///a");
  await form.getByLabel("Name", { exact: true }).fill("A");
  await form.getByRole("button", { name: "Add a folder" }).click();
  await form.getByLabel("Address").last().fill("file:///b");
  await form.getByRole("button", { name: "Answer" }).click();
  expect(await answers(page)).toEqual({ some: { roots: [{ uri: "file:///a", name: "A" }, { uri: "file:///b" }] } });
  await page.getByRole("button", { name: "Remove finished" }).click();
  await ask(page, { none: { method: "roots/list" } });
  await form.getByRole("button", { name: "Remove folder 1" }).click();
  await form.getByRole("button", { name: "Answer" }).click();
  expect(await answers(page)).toEqual({ none: { roots: [] } });
});

test("a question that somebody else has answered disappears", async ({ page, context, demo }) => {
  await connect(page);
  await start(page, "Plan a party");
  await expect(page.locator(".question")).toHaveCount(2);
  await row(page, "Plan a party").getByRole("button", { name: "Details" }).click();
  await page.getByText("Task", { exact: true }).click();
  const taskId = /"taskId": "([^"]+)"/.exec(await page.locator(".outcome").innerText())?.[1] ?? "";
  const other = await context.newPage();
  await other.goto(demo);
  await connect(other);
  await other.getByText("Watch a task by its id").click();
  await other.getByLabel("Task id").fill(taskId);
  await other.getByRole("button", { name: "Watch", exact: true }).click();
  await question(other, "guests").getByRole("button", { name: "Accept" }).click();
  await expect(question(page, "guests")).toHaveCount(0);
  await expect(question(page, "cake")).toHaveCount(1);
  await question(page, "cake").getByRole("button", { name: "Decline" }).click();
  await expect(other.locator(".question")).toHaveCount(0);
  for (const each of [page, other]) await expect(each.locator("#tasks")).toContainText("guests 12, cake undecided");
});

test("whoever leaves the server leaves its questions", async ({ page }) => {
  await connect(page);
  await start(page, "Plan a party");
  await expect(page.locator(".question")).toHaveCount(2);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.locator(".question")).toHaveCount(0);
  await expect(row(page, "Plan a party")).toContainText("No longer watched");
});

test("a task whose question to a model was declined waits, and asks again when the user wants", async ({ page }) => {
  await connect(page);
  await ask(page, { q: { method: "sampling/createMessage", params: { messages: [], maxTokens: 9 } }, r: elicit({}) });
  await expect(page.locator(".question")).toHaveCount(2);
  await question(page, "model").getByRole("button", { name: "Decline" }).click();
  await expect(row(page, "Ask anything")).toContainText("input_required:");
  await expect(page.locator(".question")).toHaveCount(0);
  await row(page, "Ask anything").getByRole("button", { name: "Answer" }).click();
  await expect(row(page, "Ask anything").getByRole("button", { name: "Answer" })).toBeHidden();
  await question(page, "model").getByLabel("What the model says").fill("hi");
  await question(page, "model").getByRole("button", { name: "Answer" }).click();
  await question(page, "Tell me").getByRole("button", { name: "Accept" }).click();
  expect(await answers(page)).toMatchObject({ q: { content: { text: "hi" } }, r: { action: "accept", content: {} } });
});

test("2025-11-25: a server whose question to a model is declined is told so", async ({ page }) => {
  await connect(page, "2025-11-25");
  await ask(page, { q: { method: "sampling/createMessage", params: { messages: [], maxTokens: 9 } } });
  await page.locator(".question").getByRole("button", { name: "Decline" }).click();
  await expect(row(page, "Ask anything")).toContainText("Failed");
  await expect(row(page, "Ask anything")).toContainText("the client has no answer");
});

test("questions are answered with the keyboard alone", async ({ page }) => {
  await connect(page);
  await ask(page, { q: elicit({ x: { type: "string" } }, [], "First"), r: elicit({ y: { type: "boolean", default: false } }, [], "Second") });
  await expect(page.getByRole("form", { name: "Question of Ask anything 1 First" })).toBeVisible();
  await question(page, "First").getByLabel("x").focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await expect(question(page, "Second").getByLabel("y")).toBeFocused();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  expect(await answers(page)).toEqual({ q: { action: "accept", content: { x: "typed" } }, r: { action: "accept", content: { y: true } } });
});

test.describe("a server that knows nothing of this page", () => {
  test("has its tasks started, watched and taken up again", async ({ page, demo, stateless }) => {
    await connectTo(page, stateless);
    await expect(page.locator("#facts")).toContainText("sdk2026-peer 1.0.0");
    await expect(page.locator("#facts")).toContainText("for tools, as the server decides");
    await start(page, "slow", { ms: "3000" });
    await expect(row(page, "slow")).toContainText("Working");
    await row(page, "slow").getByRole("button", { name: "Details" }).click();
    await page.getByText("Task", { exact: true }).click();
    const taskId = /"taskId": "([^"]+)"/.exec(await page.locator(".outcome").innerText())?.[1] ?? "";
    await page.goto(demo);
    await connectTo(page, stateless);
    await page.getByText("Watch a task by its id").click();
    await page.getByLabel("Task id").fill(taskId);
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    await expect(row(page, "Taken up")).toContainText("Completed");
  });

  for (const { tool, how, given, shows } of [
    { tool: "ask_name", how: "as a task", given: [["name", "value", "Ada"]], shows: "accept: Ada" },
    { tool: "ask_name", how: "plainly", given: [["name", "value", "Ada"]], shows: "accept: Ada" },
    { tool: "ask_name", how: "as a task", given: [["name"]], shows: "decline: undefined" },
    { tool: "ask_twice", how: "as a task", given: [["old", "value", "36"], ["name", "value", "Ada"], ["colour", "value", "blue"]], shows: "Ada, 36, blue" },
    { tool: "list_roots", how: "as a task", given: [["work on", "Address", "file:///a"]], shows: "file:///a" },
    { tool: "sample", how: "as a task", given: [["Say hi", "What the model says", "hi"]], shows: "the model says: hi" },
    { tool: "asking_prompt", how: "plainly", given: [["name", "value", "Ada"]], shows: "Ada" },
  ] as const) {
    test(`asks: ${tool}, ${how}: ${shows}`, async ({ page, stateless }) => {
      await connectTo(page, stateless);
      await start(page, tool, {}, how);
      for (const [about, label, value] of given) {
        if (label) await question(page, about).getByLabel(label, { exact: true }).fill(value);
        await question(page, about).getByRole("button", { name: label ? /^(Accept|Answer)$/ : "Decline" }).click();
      }
      await expect(row(page, tool)).toContainText("Completed");
      await expect(row(page, tool)).toContainText(shows);
      await expect(page.locator(".question")).toHaveCount(0);
    });
  }

  test("asks the model of a user who gives no answer: the task waits, and can be cancelled", async ({ page, stateless }) => {
    await connectTo(page, stateless);
    await start(page, "sample");
    await page.locator(".question").getByRole("button", { name: "Decline" }).click();
    await expect(row(page, "sample")).toContainText("input_required:");
    await row(page, "sample").getByRole("button", { name: "Cancel" }).click();
    await expect(row(page, "sample")).toContainText("Cancelled");
  });
});

test.describe("a server with sessions that knows nothing of this page", () => {
  // It refuses the headers of the newer protocol.
  test.use({ expected: /net::ERR_|CORS policy/ });

  test("sends the user to a page first, and lets the call through when they were there", async ({ page, context }) => {
    const peer = await startPeer(process.execPath, [`${import.meta.dirname}/../peers/sdk-server.mjs`]);
    await page.getByLabel("Address of the MCP endpoint").fill(peer.url);
    await connect(page, "2025-11-25");
    await start(page, "needs_visit", {}, "plainly");
    const form = question(page, "Please sign in");
    await expect(form).toContainText("Question of a plain call");
    await expect(form.locator("strong")).toHaveText(new URL(peer.url).host);
    const opened = context.waitForEvent("page");
    await form.getByRole("link").click();
    await expect((await opened).locator("body")).toHaveText("Thank you");
    await form.getByRole("button", { name: "I was there" }).click();
    await expect(row(page, "needs_visit")).toContainText("welcome back");
    await expect(page.locator(".question")).toHaveCount(0);
    await peer.stop();
  });

  test("asks as well", async ({ page }) => {
    const python = pythonFor("fastmcp-3");
    test.skip(python === undefined, "fastmcp-3 needs its Python environment");
    const peer = await startPeer(python ?? "", [`${import.meta.dirname}/../peers/fastmcp.py`]);
    await page.getByLabel("Address of the MCP endpoint").fill(peer.url);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(page.locator("#facts")).toContainText("for tools, prompts, resources");
    await start(page, "ask_name");
    await question(page, "name").getByLabel("value").fill("Ada");
    await question(page, "name").getByRole("button", { name: "Accept" }).click();
    await expect(row(page, "ask_name")).toContainText("accept: Ada");
    await peer.stop();
  });
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

test("what is missing or wrong in the form is not sent", async ({ page }) => {
  await connect(page);
  await start(page, "Greet");
  await start(page, "Slow computation", { steps: "1000" });
  await start(page, "Write a report", { metadata: "{ not json" });
  await expect(page.locator("#tasks tbody tr")).toHaveCount(0);
});

test("a task is taken up by its id in a fresh page", async ({ page, demo }) => {
  await connect(page);
  await start(page, "Slow computation", { duration: "3", steps: "3" });
  await row(page, "Slow computation").getByRole("button", { name: "Details" }).click();
  await page.getByText("Task", { exact: true }).click();
  const taskId = /"taskId": "([^"]+)"/.exec(await page.locator(".outcome").innerText())?.[1] ?? "";
  await page.goto(demo);
  await connect(page);
  await page.getByText("Watch a task by its id").click();
  await page.getByLabel("Task id").fill(taskId);
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await expect(row(page, "Taken up")).toContainText("Computed for 3 s in 3 steps.");
});

for (const version of ["2026-07-28", "2025-11-25"] as const) {
  test(`${version}: what a reloaded page left unfinished is there again, its question too`, async ({ page, demo }) => {
    await connect(page, version);
    await start(page, "Slow computation", { duration: "3", steps: "3" });
    await start(page, "Plan a party", { host: "Ada" });
    await expect(question(page, "guests")).toBeVisible();
    await expect(row(page, "Slow computation")).toContainText("Working");
    await page.goto(demo);
    await connect(page, version);
    await expect(row(page, "slow_computation")).toContainText("Computed for 3 s in 3 steps.");
    await expect(question(page, "guests")).toContainText("come to Ada’s party?");
    await expect(row(page, "plan_party")).toHaveCount(1);
  });
}

test("what a server says is text, whatever it looks like", async ({ page }) => {
  await connect(page);
  const name = "<img src=x onerror=alert(1)>";
  await start(page, "Greet", { name });
  await expect(row(page, "Greet")).toContainText(`Hello, ${name}!`);
  await row(page, "Greet").getByRole("button", { name: "Details" }).click();
  await expect(page.locator(".outcome")).toContainText(name);
  await start(page, "Plan a party", { host: name });
  await expect(question(page, "guests")).toContainText(`come to ${name}’s party?`);
  await expect(page.locator("main img")).toHaveCount(0);
});

test("all of it works with the keyboard alone, and the focus can be seen", async ({ page }) => {
  const focus = () =>
    page.evaluate(() => {
      const at = document.activeElement as HTMLElement;
      const ring = [at, at.closest("label")].some((node) => node && getComputedStyle(node).outlineStyle !== "none");
      return { name: at.getAttribute("aria-label") ?? at.textContent.trim() ?? "", ring, type: at.getAttribute("type") };
    });
  const tabTo = async (reached: (at: Awaited<ReturnType<typeof focus>>) => boolean) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press("Tab");
      const at = await focus();
      expect(at.ring, `a visible focus on “${at.name}”`).toBe(true);
      if (reached(at)) return;
    }
    throw new Error("the Tab key does not lead there");
  };
  await expect(page.getByLabel("Address of the MCP endpoint")).toHaveValue(/\/mcp$/);
  await tabTo((at) => at.name === "Connect");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("radio", { name: "Greet" })).toBeChecked();
  await tabTo((at) => at.type === "radio");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: "Slow computation" })).toBeChecked();
  await tabTo((at) => at.type === "number");
  await page.keyboard.type("1");
  await tabTo((at) => at.name === "Start");
  await page.keyboard.press("Enter");
  await expect(row(page, "Slow computation")).toContainText("Computed for 1 s");
  await tabTo((at) => at.name.startsWith("Details of Slow computation"));
  await page.keyboard.press("Enter");
  await expect(page.locator(".outcome")).toBeVisible();
});

test("nothing is wider than a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  expect(await fits()).toBe(true);
  await page.getByText("Request headers").click();
  await page.getByRole("button", { name: "Add a header" }).click();
  await connect(page);
  await start(page, "Write a report");
  await start(page, "Greet", { name: "x".repeat(60) });
  await start(page, "Text statistics");
  await start(page, "Crash", { after: "0.1" });
  await start(page, "Plan a party", { host: "x".repeat(60) });
  await start(page, "Ask anything");
  const long = "x".repeat(80);
  await ask(page, { long: elicit({ [long]: { type: "string", enum: [long], description: long } }, [long], long), visit: { method: "elicitation/create", params: { mode: "url", message: long, url: `https://${"x".repeat(60)}.example/${long}`, elicitationId: "1" } } });
  await expect(page.locator(".question")).toHaveCount(8);
  for (const all of await page.getByText("All that it asks").all()) await all.click();
  await expect(row(page, "Crash")).toContainText("Failed");
  for (const details of await page.getByRole("button", { name: /^Details/ }).all()) await details.click();
  await page.locator(".entries summary").first().click();
  expect(await fits()).toBe(true);
});

test("the wire log filters, copies and clears, and hides what headers were given", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByText("Request headers").click();
  await page.getByRole("button", { name: "Add a header" }).click();
  await page.getByLabel("Header name").fill("Authorization");
  await page.getByLabel("Header value").fill("Bearer s3cret");
  const carried = page.waitForRequest((request) => request.headers()["authorization"] === "Bearer s3cret");
  await connect(page);
  await carried;
  await start(page, "Greet", { name: "Ada" });
  await expect(row(page, "Greet")).toContainText("Completed");

  await page.getByLabel("Filter the wire log").fill("discover");
  await expect(page.locator(".entries li:visible").first()).toContainText("POST server/discover");
  await page.getByLabel("Filter the wire log").fill("");
  await page.getByRole("button", { name: "Copy" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain("tools/call");
  expect(copied).not.toContain("s3cret");
  await page.getByRole("button", { name: "Clear" }).click();
  // What is still on the way may come yet.
  await expect(page.locator(".entries li", { hasText: "tools/call" })).toHaveCount(0);
});

test.describe("a server that cannot be reached", () => {
  // What the page asks to find out why is answered, too, and may be refused.
  test.use({ expected: /net::ERR_|CORS policy|status of 40\d/ });

  test("is explained, and the next attempt works", async ({ page }) => {
    const address = page.getByLabel("Address of the MCP endpoint");
    const right = await address.inputValue();
    await address.fill("http://127.0.0.1:9/mcp");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Is the server running");
    await address.fill(right);
    await connect(page);
    await expect(page.locator("#connection-error")).toBeEmpty();
  });

  test("because it does not allow a header is told so", async ({ page }) => {
    await page.getByText("Request headers").click();
    await page.getByRole("button", { name: "Add a header" }).click();
    await page.getByLabel("Header name").fill("X-Not-Allowed");
    await page.getByLabel("Header value").fill("1");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Access-Control-Allow-Headers: Content-Type, x-not-allowed");
  });
});
