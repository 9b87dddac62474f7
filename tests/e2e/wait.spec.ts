import { expect, STATELESS, test } from "./fixtures.ts";
import { slow } from "./support/dialect.ts";

for (const server of ["fastmcp", "sdk", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test('`wait()` resolves as soon as the task leaves "working"', async ({ page, url }) => {
      const ended = await page.evaluate(
        async ({ url, args }) => {
          const task = await (await connect(url)).callTool("slow", args, { task: true });
          return settle(task.wait());
        },
        { url, args: slow(server, 600) },
      );
      expect(ended.value?.status).toBe("completed");
      expect(ended.ms).toBeGreaterThan(400);
      expect(ended.ms).toBeLessThan(1800);
    });
  });
}

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("`wait({ state })` resolves with that state for each who waits, and one that is reached already at once", async ({ page, url }) => {
      const statuses = await page.evaluate(
        async ({ url, args }) => {
          const task = await (await connect(url)).callTool("slow", args, { task: true });
          const already = await task.wait({ state: "working" });
          return [already, ...(await Promise.all([task.wait({ state: "completed" }), task.wait({ state: "completed" }), task.wait()]))];
        },
        { url, args: slow(server, 300) },
      );
      expect(statuses.map((status) => status.status)).toEqual(["working", "completed", "completed", "completed"]);
    });

    test("a state that the end makes impossible is rejected then, and at once afterwards", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("protocol_error", {}, { task: true });
        return { during: await settle(task.wait({ state: "completed" })), after: await settle(task.wait({ state: "cancelled" })) };
      }, url);
      expect(seen).toMatchObject({ during: { error: { code: "task_failed" } }, after: { error: { code: "task_failed" } } });
      expect(seen.after.ms).toBeLessThan(300);
    });

    test("`timeoutMs` and `signal` end the wait with their own reasons, and leave the task", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("forever", {}, { task: true });
        const reason = { anything: true };
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 100);
        const same = await task.wait({ signal: controller.signal }).catch((error: unknown) => error === reason);
        return { same, late: await settle(task.wait({ timeoutMs: 300 })), status: (await task.status()).status };
      }, url);
      expect(seen).toMatchObject({ same: true, late: { error: { code: "timeout" } }, status: "working" });
      expect(seen.late.ms).toBeLessThan(1500);
      expect(wire.sent("tasks/cancel")).toEqual([]);
    });
  });
}

test("FastMCP: `wait({ state })` resolves with that state, any number of callers", async ({ page, fastmcp }) => {
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("silent", { seconds: 0.3 }, { task: true });
    return Promise.all([task.wait({ state: "completed" }), task.wait({ state: "completed" }), task.wait()]);
  }, fastmcp);
  expect(statuses.map((status) => status.status)).toEqual(["completed", "completed", "completed"]);
});

test("a state that is the task's already is reached at once", async ({ page, fastmcp, wire }) => {
  const ended = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("forever", {}, { task: true });
    return settle(task.wait({ state: "working" }));
  }, fastmcp);
  expect(ended.value?.status).toBe("working");
  expect(wire.sent("tasks/get").length).toBeLessThanOrEqual(1);
});

test("FastMCP: a failed task ends `wait()` without a throw, with the server's fuller message", async ({ page, fastmcp }) => {
  const status = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("boom", {}, { task: true });
    return task.wait();
  }, fastmcp);
  expect(status).toMatchObject({ status: "failed", statusMessage: "Task failed: kaboom" });
});

for (const [state, end] of [
  ["failed", "completed"],
  ["cancelled", "completed"],
  ["completed", "failed"],
  ["input_required", "completed"],
  ["working", "completed"],
] as const) {
  test(`waiting for "${state}" is rejected as soon as "${end}" makes it impossible`, async ({ page, scripted }) => {
    scripted.task({ polls: [state === "working" ? "input_required" : "working", end] });
    const seen = await page.evaluate(
      async ({ url, state }) => {
        const task = await (await connect(url)).callTool("work", {}, { task: true });
        if (state === "working") await task.wait({ state: "input_required" });
        const during = await settle(task.wait({ state, timeoutMs: 5000 }));
        const after = await settle(task.wait({ state, timeoutMs: 5000 }));
        return { during, after };
      },
      { url: scripted.url, state },
    );
    for (const ended of [seen.during, seen.after]) {
      expect(ended.error?.mcp).toBe(true);
      expect(ended.error?.code).not.toBe("timeout");
    }
    expect(seen.during.ms).toBeLessThan(1500);
    expect(seen.after.ms).toBeLessThan(300);
  });
}

test("`input_required` is not working: it ends `wait()`, and can be waited for", async ({ page, scripted }) => {
  scripted.task({ polls: ["working", "input_required"] });
  const statuses = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    return [await task.wait(), await task.wait({ state: "input_required" })];
  }, scripted.url);
  expect(statuses.map((status) => status.status)).toEqual(["input_required", "input_required"]);
});

test("`timeoutMs` ends the wait and leaves the task", async ({ page, fastmcp, wire }) => {
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("slow", { seconds: 2 }, { task: true });
    return { ended: await settle(task.wait({ timeoutMs: 300 })), result: await task.result() };
  }, fastmcp);
  expect(seen.ended.error?.code).toBe("timeout");
  expect(seen.ended.ms).toBeGreaterThan(250);
  expect(seen.ended.ms).toBeLessThan(1500);
  expect(seen.result.data).toBe("slept 2.0s");
  expect(wire.sent("tasks/cancel")).toEqual([]);
});

test("`signal` ends the wait with its own reason, before or during", async ({ page, fastmcp, wire }) => {
  const same = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("forever", {}, { task: true });
    const reason = { anything: true };
    const during = new AbortController();
    setTimeout(() => during.abort(reason), 100);
    const rejected = (signal: AbortSignal) =>
      task.wait({ signal }).then(
        () => "resolved",
        (error: unknown) => error,
      );
    return [(await rejected(during.signal)) === reason, (await rejected(AbortSignal.abort(reason))) === reason];
  }, fastmcp);
  expect(same).toEqual([true, true]);
  expect(wire.sent("tasks/cancel")).toEqual([]);
});

test("a wait begun after the end resolves at once, and asks nobody", async ({ page, scripted }) => {
  scripted.task({ polls: ["completed"] });
  const ended = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    await task.wait();
    return settle(task.wait({ state: "completed" }));
  }, scripted.url);
  expect(ended.value?.status).toBe("completed");
  expect(ended.ms).toBeLessThan(300);
  expect(scripted.sent("tasks/get").length).toBe(1);
});
