import { expect } from "@playwright/test";
import { answers, ask, connect, elicit, question, row, start, taskIdOf, test, watch } from "./support/demo.ts";

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
  const taskId = await taskIdOf(page, "Plan a party");
  const other = await context.newPage();
  await other.goto(demo);
  await connect(other);
  await watch(other, taskId);
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
