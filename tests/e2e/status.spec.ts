import { expect, STATELESS, test } from "./fixtures.ts";
import { slow } from "./support/dialect.ts";

for (const server of ["fastmcp", "fastmcpStateless", "sdkShared", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("`status()` is never older than one poll interval, from first to last", async ({ page, url }) => {
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const [client, witness] = [await connect(url), await connect(url, { notifications: false })];
          const task = await client.callTool("slow", args, { task: true });
          const step = ({ status, statusMessage }: TaskStatus) =>
            status === "completed" ? 4 : Number(/step (\d)/.exec(statusMessage ?? "")?.[1] ?? 0);
          /** What the server told somebody else, and when that was. */
          const truths: { at: number; step: number }[] = [];
          const seen: { step: number; due: number }[] = [];
          while (seen.at(-1)?.step !== 4 && seen.length < 100) {
            const known = truths.filter(({ at }) => at <= performance.now() - 500).map((truth) => truth.step);
            seen.push({ step: step(await task.status()), due: Math.max(0, ...known) });
            truths.push({ step: step(await witness.getTaskStatus(task.taskId)), at: performance.now() });
            await sleep(50);
          }
          return seen;
        },
        { url, args: slow(server, 1500, 3) },
      );
      expect(seen.filter(({ step, due }) => step < due)).toEqual([]);
      expect(seen.at(-1)?.step).toBe(4);
      expect(seen.some(({ step }) => step > 0 && step < 4)).toBe(true);
    });
  });
}

test("without sessions there is no stream: `status()` asks the server each time", async ({ page, fastmcpStateless, wire }) => {
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("forever", {}, { task: true });
    for (let i = 0; i < 3; i++) await task.status();
  }, fastmcpStateless);
  expect(wire.sent("tasks/get").length).toBe(3);
});

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("a status has one shape, and is not asked for after the end", async ({ page, url, wire }) => {
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const client = await connect(url);
          const task = await client.callTool("slow", args, { task: true });
          const [one, two] = await Promise.all([task.status(), task.status()]);
          const byId = await client.getTaskStatus(task.taskId);
          await task.result();
          return { taskId: task.taskId, working: [one, two, byId], end: await task.status() };
        },
        { url, args: slow(server, 600) },
      );
      for (const status of seen.working) {
        expect(status).toMatchObject({ taskId: seen.taskId, status: "working", ttlMs: expect.any(Number), pollIntervalMs: expect.any(Number) });
        expect(Number.isNaN(Date.parse(status.createdAt) + Date.parse(status.lastUpdatedAt))).toBe(false);
      }
      expect(seen.end.status).toBe("completed");
      const sent = wire.requests.length;
      await page.evaluate(() => sleep(300));
      expect(wire.requests.length).toBe(sent);
    });
  });
}

test("a status has one shape, with durations in milliseconds", async ({ page, scripted }) => {
  const createdAt = "2026-01-02T03:04:05.678901+00:00";
  const task = scripted.task({ ttl: 90_000, pollInterval: 120 }).set("working", { statusMessage: "half", createdAt });
  const statuses = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("work", {}, { task: true });
    return { ofTask: await task.status(), byId: await client.getTaskStatus(task.taskId) };
  }, scripted.url);
  const shape = {
    ...{ taskId: task.taskId, status: "working", statusMessage: "half", ttlMs: 90_000, pollIntervalMs: 120 },
    ...{ createdAt, lastUpdatedAt: task.state["lastUpdatedAt"] },
  };
  expect(statuses).toEqual({ ofTask: shape, byId: shape });
});

test("`ttlMs` is null where the server sets no limit", async ({ page, scripted }) => {
  scripted.task({ ttl: null });
  const status = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return task.status();
  }, scripted.url);
  expect(status.ttlMs).toBeNull();
});

test("a stream that is open but says nothing does not make the status stale", async ({ page, scripted }) => {
  const task = scripted.task({ pollInterval: 100 });
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    Object.assign(kept, { task });
    await task.status();
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1);
  task.set("working", { statusMessage: "moved in silence" });
  const status = await page.evaluate(async () => {
    await sleep(100);
    return kept.task.status();
  });
  expect(status.statusMessage).toBe("moved in silence");
});

test("a status that a live stream delivers is at hand at once", async ({ page, scripted }) => {
  const task = scripted.task({ pollInterval: 60_000 });
  await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    Object.assign(kept, { task, changes: changesOf(task) });
  }, scripted.url);
  await scripted.until(() => scripted.streams === 1);
  task.push("working", { statusMessage: "pushed" });
  await page.waitForFunction("kept.changes.at(-1)?.statusMessage === 'pushed'");
  const asked = scripted.sent("tasks/get").length;
  const status = await page.evaluate(async () => kept.task.status());
  expect(status.statusMessage).toBe("pushed");
  expect(scripted.sent("tasks/get").length - asked).toBeLessThanOrEqual(1);
});

test("after the end nothing is asked any more", async ({ page, scripted }) => {
  scripted.task({ polls: ["completed"] });
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    await task.result();
    return [await task.status(), await task.status()];
  }, scripted.url);
  expect(statuses).toMatchObject([{ status: "completed" }, { status: "completed" }]);
  expect(scripted.sent("tasks/get").length).toBe(1);
});

test("callers at the same time each get the status", async ({ page, scripted }) => {
  scripted.task({ pollInterval: 1000 });
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return Promise.all(Array.from({ length: 5 }, () => task.status()));
  }, scripted.url);
  expect(statuses.map((status) => status.status)).toEqual(Array.from({ length: 5 }, () => "working"));
});
