import type { Page } from "@playwright/test";
import { expect, test, type ScriptedAuthorization } from "./support/sign-in.ts";
import { thinking } from "./support/user.ts";

const WORKING = (times: number) => Array<string>(times).fill("working");

/** A page that is signed in, without a refresh token: it is the user who is needed the next time. */
async function signInOnce(page: Page, authorization: ScriptedAuthorization, url: string, more = {}): Promise<void> {
  authorization.says = { scopes_supported: ["demo"] };
  await page.evaluate(async ({ url, more }) => void (kept.client = await signedIn(url, {}, more)), { url, more });
}

for (const [how, notifications] of [
  ["polled", false],
  ["with a stream beside them", true],
] as const) {
  test(`tasks, ${how}, pause while the user signs in, and end as if nothing had been`, async ({ page, scripted, authorization }) => {
    await signInOnce(page, authorization, scripted.url, { notifications });
    for (let count = 0; count < 5; count++) scripted.task({ polls: [...WORKING(3), "completed"] });
    await page.evaluate(async () => {
      const tasks = await Promise.all(Array.from({ length: 5 }, () => kept.client.callTool("work", {}, { task: true })));
      kept.ended = settle(Promise.all(tasks.map((task) => task.result().then(({ content }) => content))));
    });
    const user = thinking(authorization);
    authorization.tokens.expire();
    await user.asked();
    const [polls, turned] = [scripted.sent("tasks/get").length, authorization.refused.length];
    await page.waitForTimeout(700);
    expect(scripted.sent("tasks/get")).toHaveLength(polls);
    // What was under way when the first refusal came may have been refused as well.
    expect(authorization.refused.length - turned).toBeLessThanOrEqual(5);
    user.agree();
    const ended = await page.evaluate(() => kept.ended);
    expect(ended).toMatchObject({ value: Array(5).fill([{ text: "done" }]) });
    expect(scripted.sent("tools/call")).toHaveLength(5);
    expect(authorization.sent("GET /authorize")).toHaveLength(2);
    await page.evaluate(() => kept.client.close());
  });
}

test("a call that is refused is made once the user has signed in, and runs once", async ({ page, scripted, authorization }) => {
  await signInOnce(page, authorization, scripted.url);
  authorization.tokens.expire();
  scripted.task({ polls: ["completed"] });
  const text = await page.evaluate(async () => {
    const task = await kept.client.callTool("work", {}, { task: true });
    const { content } = await task.result();
    await kept.client.close();
    return content;
  });
  expect(text).toMatchObject([{ text: "done" }]);
  expect(scripted.sent("tools/call")).toHaveLength(1);
});

test("a sign-in takes the user minutes, and no time-out of a request or of a poll runs meanwhile", async ({ page, scripted, authorization }) => {
  await signInOnce(page, authorization, scripted.url, { timeoutMs: 500 });
  scripted.task({ polls: [...WORKING(2), "completed"] });
  await page.evaluate(async () => {
    const task = await kept.client.callTool("work", {}, { task: true });
    kept.ended = settle(task.result().then(({ content }) => content));
  });
  const user = thinking(authorization);
  authorization.tokens.expire();
  await user.asked();
  await page.waitForTimeout(1_300);
  user.agree();
  expect(await page.evaluate(() => kept.ended)).toMatchObject({ value: [{ text: "done" }] });
  await page.evaluate(() => kept.client.close());
});

test("a limit that the caller set runs on while the user signs in", async ({ page, scripted, authorization }) => {
  await signInOnce(page, authorization, scripted.url);
  const user = thinking(authorization);
  authorization.tokens.expire();
  const ended = await page.evaluate(() => settle(kept.client.callTool("work", {}, { timeoutMs: 400 })));
  expect(ended.error).toMatchObject({ code: "timeout" });
  expect(ended.ms).toBeLessThan(1_500);
  await user.asked();
  user.agree();
  expect(await page.evaluate(() => settle(kept.client.callTool("work").then(() => kept.client.close())))).not.toHaveProperty("error");
  expect(scripted.sent("tools/call")).toHaveLength(1);
});

test("a refresh in the middle of a task is not noticed by anybody", async ({ page, scripted, authorization }) => {
  await page.evaluate(async (url) => void (kept.client = await signedIn(url)), scripted.url);
  scripted.task({ polls: [...WORKING(3), "completed"] });
  await page.evaluate(async () => {
    kept.task = await kept.client.callTool("work", {}, { task: true });
    kept.changes = changesOf(kept.task);
    kept.ended = settle(kept.task.result().then(({ content }) => content));
  });
  await scripted.received("tasks/get");
  authorization.tokens.expire();
  expect(await page.evaluate(() => kept.ended)).toMatchObject({ value: [{ text: "done" }] });
  expect(await page.evaluate(() => kept.changes.map(({ status }) => status))).toEqual(["completed"]);
  expect(authorization.sent("GET /authorize")).toHaveLength(1);
  await page.evaluate(() => kept.client.close());
});

test("a user who says no ends the wait for the task, not the task: asked again, it gives its result", async ({ page, scripted, authorization }) => {
  await signInOnce(page, authorization, scripted.url);
  scripted.task({ polls: [...WORKING(2), "completed"] });
  const { user } = authorization;
  await page.evaluate(async () => void (kept.task = await kept.client.callTool("work", {}, { task: true })));
  authorization.user = (exchange, request) => authorization.sendBack(exchange, request, { error: "access_denied" });
  authorization.tokens.expire();
  const refused = await page.evaluate(() => settle(kept.task.result()));
  expect(refused.error).toMatchObject({ code: "unauthorized", data: { reason: "denied" } });
  authorization.user = user;
  const text = await page.evaluate(async () => {
    const { content } = await kept.client.resumeTask(kept.task.taskId).result();
    await kept.client.close();
    return content;
  });
  expect(text).toMatchObject([{ text: "done" }]);
  expect(scripted.sent("tools/call")).toHaveLength(1);
});
