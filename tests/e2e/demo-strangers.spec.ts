import { expect } from "@playwright/test";
import { pythonFor } from "../../scripts/lib/peers.mjs";
import { startPeer } from "../peers/spawn.mjs";
import { connect, connectTo, question, row, start, taskIdOf, test, watch } from "./support/demo.ts";

test.describe("a server that knows nothing of this page", () => {
  test("has its tasks started, watched and taken up again", async ({ page, demo, stateless }) => {
    await connectTo(page, stateless);
    await expect(page.locator("#facts")).toContainText("sdk2026-peer 1.0.0");
    await expect(page.locator("#facts")).toContainText("for tools, as the server decides");
    await start(page, "slow", { ms: "3000" });
    await expect(row(page, "slow")).toContainText("Working");
    const taskId = await taskIdOf(page, "slow");
    await page.goto(demo);
    await connectTo(page, stateless);
    await watch(page, taskId);
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
