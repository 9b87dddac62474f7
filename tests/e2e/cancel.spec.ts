import { expect, STATELESS, test } from "./fixtures.ts";

for (const server of ["fastmcp", "sdkShared", ...STATELESS] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("`cancel()` stops a running task, and everybody who watches hears it once", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("forever", {}, { task: true });
        const changes = changesOf(task);
        const [waiting, result] = [settle(task.wait()), settle(task.result())];
        await sleep(200);
        await task.cancel();
        return {
          ...{ waited: (await waiting).value?.status, result: (await result).error?.code },
          ...{ status: (await task.status()).status, byId: (await client.getTaskStatus(task.taskId)).status },
          ...{ ends: changes.filter((change) => change.status === "cancelled").length, last: changes.at(-1)?.status },
        };
      }, url);
      expect(seen).toEqual({
        ...{ waited: "cancelled", result: "task_cancelled", status: "cancelled", byId: "cancelled" },
        ...{ ends: 1, last: "cancelled" },
      });
    });

    test("what had finished before stays finished", async ({ page, url, wire }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const started = await client.callTool("quick", { value: 21 }, { task: true });
        await started.wait();
        // Another view of the same task, that does not know yet how it ended.
        const other = await connect(url, { notifications: false });
        const task = other.resumeTask(started.taskId, { kind: "tool", name: "quick" });
        const cancel = await settle(task.cancel());
        return { cancel: cancel.error, status: (await task.status()).status, text: (await task.result()).content };
      }, url);
      expect(seen.cancel).toBeUndefined();
      expect(seen.status).toBe("completed");
      expect(seen.text).toEqual([{ type: "text", text: "42" }]);
      expect(wire.sent("tasks/cancel").length).toBe(1);
    });
  });
}

test("a task that is known to have ended is not cancelled", async ({ page, fastmcp, wire }) => {
  const data = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("quick", { value: 2 }, { task: true });
    await task.wait();
    await task.cancel();
    return (await task.result()).data;
  }, fastmcp);
  expect(data).toBe(4);
  expect(wire.sent("tasks/cancel")).toEqual([]);
});

test("an immediate task is not cancelled", async ({ page, fastmcp, wire }) => {
  const data = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("sync_only", { value: 2 }, { task: true });
    await task.cancel();
    return (await task.result()).data;
  }, fastmcp);
  expect(data).toBe(3);
  expect(wire.sent("tasks/cancel")).toEqual([]);
});

test("a cancel by somebody else is heard as well", async ({ page, fastmcp }) => {
  const seen = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("forever", {}, { task: true });
    const result = settle(task.result());
    const cancelled = await (await connect(url)).cancelTask(task.taskId);
    return { cancelled: cancelled?.status, code: (await result).error?.code };
  }, fastmcp);
  expect(seen).toEqual({ cancelled: "cancelled", code: "task_cancelled" });
});

test("a server that answers `cancelled` and goes on to complete is believed in the end", async ({ page, scripted }) => {
  const task = scripted.task();
  scripted.on("tasks/cancel", (call) => call.result({ ...task.set("completed").state, status: "cancelled" }));
  const seen = await page.evaluate(async (url) => {
    const task = await (await connect(url)).callTool("work", {}, { task: true });
    await task.cancel();
    return { status: (await task.status()).status, content: (await task.result()).content };
  }, scripted.url);
  expect(seen).toEqual({ status: "completed", content: [{ type: "text", text: "done" }] });
});

test("a cancel that the server refuses though the task runs is an error, and the task goes on", async ({ page, scripted }) => {
  const task = scripted.task({ pollInterval: 30 });
  scripted.on("tasks/cancel", (call) => call.error(-32603, "cannot stop the press"));
  const cancel = await page.evaluate(async (url) => {
    kept.task = await (await connect(url)).callTool("work", {}, { task: true });
    return settle(kept.task.cancel());
  }, scripted.url);
  expect(cancel.error?.code).toBe("rpc");
  task.set("completed");
  expect(await page.evaluate(async () => (await kept.task.result()).content)).toMatchObject([{ text: "done" }]);
});

for (const server of ["fastmcp", "fastmcp4", "sdk2026"] as const) {
  test.describe(server, () => {
    test.use({ server });

    test("cancelling twice, at once or later, is the same as once", async ({ page, url }) => {
      const status = await page.evaluate(async (url) => {
        const task = await (await connect(url)).callTool("forever", {}, { task: true });
        await Promise.all([task.cancel(), task.cancel()]);
        await task.cancel();
        return (await task.status()).status;
      }, url);
      expect(status).toBe("cancelled");
    });
  });
}

for (const server of STATELESS) {
  test.describe(server, () => {
    test.use({ server });

    test("neither an immediate task nor one that has ended is cancelled", async ({ page, url, wire }) => {
      const texts = await page.evaluate(async (url) => {
        const client = await connect(url);
        const immediate = await client.callTool("sync_only", { value: 2 }, { task: true });
        const ended = await client.callTool("quick", { value: 2 }, { task: true });
        await ended.wait();
        await Promise.all([immediate.cancel(), ended.cancel()]);
        return [(await immediate.result()).content, (await ended.result()).content];
      }, url);
      expect(texts).toMatchObject([[{ text: "3" }], [{ text: "4" }]]);
      expect(wire.sent("tasks/cancel")).toEqual([]);
    });

    test("a cancel by somebody else is heard as well", async ({ page, url }) => {
      const seen = await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("forever", {}, { task: true });
        const result = settle(task.result());
        const { status } = await (await connect(url)).cancelTask(task.taskId);
        return { status, code: (await result).error?.code };
      }, url);
      expect(seen).toEqual({ status: "cancelled", code: "task_cancelled" });
    });
  });
}

test("FastMCP 4: a plain call that is aborted closes its stream, and sends nothing more", async ({ page, fastmcp4, wire }) => {
  const broken = page.waitForEvent("requestfailed");
  const same = await page.evaluate(async (url) => {
    const client = await connect(url);
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    setTimeout(() => controller.abort(reason), 100);
    return client.getPrompt("slow_prompt", { topic: "x" }, { signal: controller.signal }).then(
      () => false,
      (error: unknown) => error === reason,
    );
  }, fastmcp4);
  expect(same).toBe(true);
  expect((await broken).postDataJSON()).toMatchObject({ method: "prompts/get" });
  await page.evaluate(() => sleep(400));
  expect(wire.names()).toEqual(["server/discover", "prompts/get"]);
});

test("a call that is aborted before its task's id is known is cancelled as soon as it is", async ({ page, scripted }) => {
  const task = scripted.task();
  let answer = () => {};
  scripted.on("tools/call", (call) => new Promise<void>((resolve) => (answer = resolve)).then(() => scripted.lawful(call)));
  const same = page.evaluate(async (url) => {
    const client = await connect(url);
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const call = client.callTool("work", {}, { task: true, signal: controller.signal });
    kept.leave = () => controller.abort(reason);
    return call.then(
      () => false,
      (error: unknown) => error === reason,
    );
  }, scripted.url);
  await scripted.received("tools/call");
  await page.evaluate(() => kept.leave());
  expect(await same).toBe(true);
  answer();
  expect((await scripted.received("tasks/cancel")).params.taskId).toBe(task.taskId);
});

test("a plain call that is aborted tells the server so", async ({ page, scripted }) => {
  scripted.on("tools/call", () => {});
  const same = page.evaluate(async (url) => {
    const client = await connect(url);
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const call = client.callTool("work", {}, { signal: controller.signal });
    kept.leave = () => controller.abort(reason);
    return call.then(
      () => false,
      (error: unknown) => error === reason,
    );
  }, scripted.url);
  const { message } = await scripted.received("tools/call");
  await page.evaluate(() => kept.leave());
  expect(await same).toBe(true);
  expect((await scripted.received("notifications/cancelled")).params.requestId).toBe(message.id);
});

