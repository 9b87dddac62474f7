import { expect, test, type ScriptedServer } from "./fixtures.ts";
import { slept, slow } from "./support/dialect.ts";

const resultOf = async ({ url, name, args }: { url: string; name: string; args: object }) => {
  const task = await (await connect(url)).callTool(name, args as Record<string, unknown>, { task: true });
  return settle(task.result());
};

/** Starts the scripted task and watches it from the page. */
const watch = async (url: string) => {
  const client = await connect(url);
  const task = await client.callTool("work", {}, { task: true });
  Object.assign(kept, { task, waiting: settle(task.wait()) });
};

/** The times between one `tasks/get` and the next. */
function gaps(scripted: ScriptedServer): number[] {
  const times = scripted.sent("tasks/get").map((call) => call.at);
  return times.slice(1).map((time, i) => time - times[i]!);
}

test.describe("real servers without a stream", () => {
  test("FastMCP without sessions", async ({ page, fastmcpStateless: url, wire }) => {
    const ended = await page.evaluate(resultOf, { url, name: "slow", args: { seconds: 0.8, steps: 2 } });
    expect(ended.value?.data).toBe("slept 0.8s");
    expect(ended.ms).toBeLessThan(2000);
    expect(wire.sent("GET").length).toBeLessThanOrEqual(1);
    expect(wire.requests.filter((request) => "mcp-session-id" in request.headers)).toEqual([]);
  });

  test("FastMCP, answers as JSON, stream refused by the caller", async ({ page, fastmcpJson }) => {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url, { notifications: false });
      const task = await client.callTool("slow", { seconds: 0.8, steps: 2 }, { task: true });
      return settle(task.result());
    }, fastmcpJson);
    expect(ended.value?.data).toBe("slept 0.8s");
  });

  test("TypeScript SDK, answers as JSON, stream refused by the caller", async ({ page, sdkJson }) => {
    const ended = await page.evaluate(async (url) => {
      const client = await connect(url, { notifications: false });
      const task = await client.callTool("slow", { ms: 600 }, { task: true });
      return settle(task.result());
    }, sdkJson);
    expect(ended.value?.content).toEqual([{ type: "text", text: "worked 600 ms" }]);
  });
});

test.describe("real servers of protocol 2026-07-28 that push nothing", () => {
  for (const server of ["fastmcp4", "sdk2026Polled"] as const) {
    test.describe(server, () => {
      test.use({ server });

      test("the polls ramp up to the server's interval, and then keep to it", async ({ page, url, wire }) => {
        const ended = await page.evaluate(resultOf, { url, name: "slow", args: slow(server, 3000) });
        expect(ended.value?.content).toEqual([{ type: "text", text: slept(server, 3000) }]);
        expect(ended.ms).toBeLessThan(4500);
        const interval = server === "fastmcp4" ? 500 : 300;
        expect(wire.sent("tasks/get").length).toBeGreaterThan(3);
        expect(wire.sent("tasks/get").length).toBeLessThanOrEqual(3000 / interval + 5);
      });

      test("nobody watches, nobody polls", async ({ page, url, wire }) => {
        await page.evaluate(async (url) => {
          const client = await connect(url);
          const task = await client.callTool("forever", {}, { task: true });
          Object.assign(kept, { client, task });
          await sleep(1200);
        }, url);
        expect(wire.sent("tasks/get")).toEqual([]);
      });

      for (const [how, stop] of [
        ["`detach()`", () => kept.task.detach()],
        ["the last callback's leaving", () => kept.leave()],
        ["`close()`", () => kept.client.close()],
      ] as const) {
        test(`${how} ends the polls, and tells the server nothing of the task`, async ({ page, url, wire }) => {
          await page.evaluate(async (url) => {
            const client = await connect(url);
            const task = await client.callTool("forever", {}, { task: true });
            Object.assign(kept, { client, task, leave: task.onStatusChange(() => {}) });
          }, url);
          await expect.poll(() => wire.sent("tasks/get").length).toBeGreaterThan(1);
          await page.evaluate(stop);
          const polls = wire.sent("tasks/get").length;
          await page.evaluate(() => sleep(1200));
          expect(wire.sent("tasks/get").length - polls).toBeLessThanOrEqual(1);
          expect(wire.sent("tasks/cancel")).toEqual([]);
        });
      }
    });
  }

  for (const [server, interval, tool, args] of [
    ["fastmcp4", "a minute", "patient", { seconds: 1 }],
    ["sdk2026Daily", "a day", "slow", { ms: 1000 }],
  ] as const) {
    test.describe(server, () => {
      test.use({ server });

      test(`an interval of ${interval} neither fires at once nor keeps a quick task waiting`, async ({ page, url, wire }) => {
        const ended = await page.evaluate(resultOf, { url, name: tool, args });
        expect(ended.value?.content).toHaveLength(1);
        expect(ended.ms).toBeLessThan(4000);
        expect(wire.sent("tasks/get").length).toBeLessThan(12);
      });
    });
  }

  test("an interval of 0 makes no storm", async ({ page, sdk2026Hasty: url, wire }) => {
    const ended = await page.evaluate(resultOf, { url, name: "slow", args: { ms: 1500 } });
    expect(ended.value?.content).toEqual([{ type: "text", text: "worked 1500 ms" }]);
    expect(wire.sent("tasks/get").length).toBeGreaterThan(1);
    expect(wire.sent("tasks/get").length).toBeLessThan(60);
  });
});

test.describe("scripted, without a stream", () => {
  test.beforeEach(({ scripted }) => {
    scripted.on("GET", (call) => call.http(405));
  });

  test("a quick task resolves quickly, however long the interval", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 30_000 });
    await page.evaluate(watch, scripted.url);
    task.set("completed");
    const ended = await page.evaluate(() => kept.waiting);
    expect(ended.value).toMatchObject({ status: "completed" });
    expect(ended.ms).toBeLessThan(2000);
  });

  test("the polls ramp up to the server's interval, and then keep to it", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 400 });
    await page.evaluate(watch, scripted.url);
    await scripted.received("tasks/get", 9);
    task.set("completed");
    await page.evaluate(() => kept.waiting);
    const between = gaps(scripted);
    expect(Math.min(...between.slice(0, 3))).toBeLessThan(380);
    for (const gap of between.slice(-4, -1)) {
      expect(gap).toBeGreaterThan(380);
      expect(gap).toBeLessThan(1000);
    }
  });

  test("an interval that changes is followed", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 40 });
    await page.evaluate(watch, scripted.url);
    await scripted.received("tasks/get", 15);
    task.set("working", { pollInterval: 600 });
    const changed = scripted.sent("tasks/get").length;
    await scripted.received("tasks/get", changed + 3);
    task.set("completed");
    await page.evaluate(() => kept.waiting);
    expect(gaps(scripted)[changed]).toBeGreaterThan(380);
  });

  for (const pollInterval of [0, -5, -1e12, null, "soon", 0.001, Number.MIN_VALUE]) {
    test(`an interval of ${JSON.stringify(pollInterval)} makes neither a storm nor a standstill`, async ({ page, scripted }) => {
      const task = scripted.task({ pollInterval });
      await page.evaluate(watch, scripted.url);
      await page.evaluate(() => sleep(1000));
      const polls = scripted.sent("tasks/get").length;
      expect(polls).toBeGreaterThan(1);
      expect(polls).toBeLessThan(60);
      task.set("completed");
      expect(await page.evaluate(() => kept.waiting)).toMatchObject({ value: { status: "completed" } });
    });
  }

  for (const [what, pollInterval] of [
    ["a day", 86_400_000],
    ["more than a timer can hold", 2 ** 31],
    ["more than an integer can hold", 1e300],
  ] as const) {
    test(`an interval of ${what} does not fire at once`, async ({ page, scripted }) => {
      scripted.task({ pollInterval });
      await page.evaluate(watch, scripted.url);
      await page.evaluate(() => sleep(1500));
      const polls = scripted.sent("tasks/get").length;
      expect(polls).toBeGreaterThan(0);
      expect(polls).toBeLessThan(12);
    });
  }

  test("an interval of a day is capped: the end is seen within minutes", async ({ page, scripted }) => {
    await page.clock.install();
    const task = scripted.task({ pollInterval: 86_400_000 });
    const ended = page.evaluate(resultOf, { url: scripted.url, name: "work", args: {} });
    const pass = async (minutes: number) => {
      for (let seconds = 0; seconds < minutes * 60; seconds += 30) {
        await page.clock.runFor(30_000);
        // What is asked meanwhile is answered in real time.
        await new Promise((later) => setTimeout(later, 30));
      }
    };
    await scripted.received("tools/call");
    await pass(20);
    const polls = scripted.sent("tasks/get").length;
    task.set("completed");
    await pass(10);
    expect((await ended).value?.content).toEqual([{ type: "text", text: "done" }]);
    expect(polls).toBeLessThan(20);
  });

  test("nobody watches, nobody polls", async ({ page, scripted }) => {
    scripted.task({ pollInterval: 50 });
    await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      Object.assign(kept, { task });
      await sleep(500);
    }, scripted.url);
    expect(scripted.sent("tasks/get").length).toBe(0);
    await page.evaluate(() => settle(kept.task.wait({ timeoutMs: 300 })));
    const polls = scripted.sent("tasks/get").length;
    expect(polls).toBeGreaterThan(1);
    await page.evaluate(() => sleep(500));
    expect(scripted.sent("tasks/get").length - polls).toBeLessThanOrEqual(1);
  });

  for (const [how, stop] of [
    ["`detach()`", () => kept.task.detach()],
    ["the last callback's leaving", () => kept.leave()],
    ["`close()`", () => kept.client.close()],
  ] as const) {
    test(`${how} ends the polls, and tells the server nothing of the task`, async ({ page, scripted }) => {
      scripted.task({ pollInterval: 40 });
      await page.evaluate(async (url) => {
        const client = await connect(url);
        const task = await client.callTool("work", {}, { task: true });
        Object.assign(kept, { client, task, leave: task.onStatusChange(() => {}) });
      }, scripted.url);
      await scripted.received("tasks/get", 3);
      await page.evaluate(stop);
      const polls = scripted.sent("tasks/get").length;
      await page.evaluate(() => sleep(400));
      expect(scripted.sent("tasks/get").length - polls).toBeLessThanOrEqual(1);
      expect(scripted.sent("tasks/cancel")).toEqual([]);
    });
  }

  test("one task is never asked for twice at the same time", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 20 });
    let open = 0;
    let most = 0;
    scripted.on("tasks/get", async (call) => {
      most = Math.max(most, ++open);
      await new Promise((later) => setTimeout(later, 200));
      open--;
      scripted.lawful(call);
    });
    await page.evaluate(watch, scripted.url);
    await scripted.received("tasks/get", 5);
    task.set("completed");
    await page.evaluate(() => kept.waiting);
    expect(most).toBe(1);
  });
});

test.describe("scripted, when requests fail", () => {
  test.beforeEach(({ scripted }) => {
    // On a connection that was used before, Chromium repeats by itself what got no answer.
    scripted.headers["connection"] = "close";
    scripted.on("GET", (call) => call.http(405));
  });

  for (const [what, fail] of [
    ["500", (call) => call.http(500)],
    ["503 with an HTML page", (call) => call.http(503, { "content-type": "text/html" }, "<h1>busy</h1>")],
    ["a broken connection", (call) => call.drop()],
    ["half an answer", (call) => call.half()],
  ] as [string, Parameters<ScriptedServer["on"]>[1]][]) {
    test(`${what}: polling backs off, and goes on to the result`, async ({ page, scripted }) => {
      scripted.task({ pollInterval: 20, polls: ["working", "completed"] });
      scripted.on("tasks/get", (call) => (call.nth < 3 ? fail(call) : scripted.lawful(call)));
      const ended = await page.evaluate(resultOf, { url: scripted.url, name: "work", args: {} });
      expect(ended.value?.content).toEqual([{ type: "text", text: "done" }]);
      // By chance, up to a bound that doubles.
      for (const [failures, gap] of gaps(scripted).slice(0, 3).entries()) {
        expect(gap).toBeGreaterThan(95);
        expect(gap).toBeLessThan(500 * 2 ** failures + 400);
      }
    });
  }

  for (const status of [429, 503]) {
    test(`${status} with Retry-After: not before the server wants it`, async ({ page, scripted }) => {
      scripted.task({ pollInterval: 20, polls: ["completed"] });
      scripted.on("tasks/get", (call) => (call.nth === 0 ? call.http(status, { "retry-after": "2" }) : scripted.lawful(call)));
      const ended = await page.evaluate(resultOf, { url: scripted.url, name: "work", args: {} });
      expect(ended.value?.content).toEqual([{ type: "text", text: "done" }]);
      expect(gaps(scripted)[0]).toBeGreaterThan(1900);
      expect(gaps(scripted)[0]).toBeLessThan(6000);
    });
  }

  test("a result that fails to arrive is asked for again", async ({ page, scripted }) => {
    scripted.task({ polls: ["completed"] });
    scripted.on("tasks/result", (call) => (call.nth === 0 ? call.http(503) : scripted.lawful(call)));
    const ended = await page.evaluate(resultOf, { url: scripted.url, name: "work", args: {} });
    expect(ended.value?.content).toEqual([{ type: "text", text: "done" }]);
  });

  test("a call that may have started a task is not sent twice", async ({ page, scripted }) => {
    scripted.on("tools/call", (call) => call.drop());
    const ended = await page.evaluate(async (url) => settle((await connect(url)).callTool("work", {}, { task: true })), scripted.url);
    expect(ended.error?.code).toBe("network");
    expect(scripted.sent("tools/call").length).toBe(1);
  });

  test("401 in the middle ends the wait with `unauthorized`", async ({ page, scripted }) => {
    scripted.task({ pollInterval: 20 });
    scripted.on("tasks/get", (call) => (call.nth < 2 ? scripted.lawful(call) : call.http(401, { "www-authenticate": 'Bearer scope="x"' })));
    const ended = await page.evaluate(resultOf, { url: scripted.url, name: "work", args: {} });
    expect(ended.error).toMatchObject({ code: "unauthorized", data: { wwwAuthenticate: 'Bearer scope="x"' } });
  });
});
