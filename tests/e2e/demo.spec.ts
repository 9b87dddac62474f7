import { expect } from "@playwright/test";
import { ask, connect, elicit, question, row, start, taskIdOf, test, watch } from "./support/demo.ts";

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
  const taskId = await taskIdOf(page, "Slow computation");
  await page.goto(demo);
  await connect(page);
  await watch(page, taskId);
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
