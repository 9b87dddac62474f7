import { expect, STATELESS, test } from "./fixtures.ts";
import { slept, slow } from "./support/dialect.ts";

/** Once each, in order, and the terminal one last: what holds of every list of changes. */
function expectLawful(changes: TaskStatus[]): void {
  const seen = changes.map(({ status, statusMessage }) => `${status}: ${statusMessage}`);
  expect(seen.filter((each, i) => each === seen[i - 1])).toEqual([]);
  const ended = changes.map((change) => ["completed", "failed", "cancelled"].includes(change.status));
  expect(ended.indexOf(true)).toBe(changes.length - 1);
}

/** The messages of the steps, as they were heard while the task was working. */
const steps = (changes: TaskStatus[]) =>
  changes.flatMap(({ status, statusMessage }) => (status === "working" && statusMessage?.startsWith("step") ? [statusMessage] : []));

test.describe("status callbacks, FastMCP", () => {
  test("hear every step once, in order, and the end last", async ({ page, fastmcp }) => {
    const changes = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 0.9, steps: 3 }, { task: true });
      const changes = changesOf(task);
      await task.result();
      await sleep(200);
      return changes;
    }, fastmcp);
    expectLawful(changes);
    // The first step may have been told before anybody could listen.
    expect(steps(changes).slice(-2)).toEqual(["step 2 of 3", "step 3 of 3"]);
    expect(changes.at(-1)?.status).toBe("completed");
  });

  test("hear changes that only polling finds", async ({ page, fastmcpStateless, wire }) => {
    const changes = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 2, steps: 2 }, { task: true });
      const changes = changesOf(task);
      await task.wait();
      return changes;
    }, fastmcpStateless);
    expectLawful(changes);
    expect(steps(changes)).toEqual(["step 1 of 2", "step 2 of 2"]);
    expect(wire.sent("tasks/get").length).toBeGreaterThan(2);
  });

  test("several hear the same; one that left hears no more; one that comes late hears the rest", async ({ page, fastmcp }) => {
    const heard = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 1.8, steps: 3 }, { task: true });
      const [one, two] = [changesOf(task), changesOf(task)];
      const left: TaskStatus[] = [];
      const leave = task.onStatusChange((status) => {
        left.push(status);
        if (status.statusMessage === "step 2 of 3") leave();
      });
      while (!one.some((status) => status.statusMessage === "step 2 of 3")) await sleep(10);
      const late = changesOf(task);
      await task.result();
      return { one, two, left, late };
    }, fastmcp);
    expectLawful(heard.one);
    expect(heard.two).toEqual(heard.one);
    expect(steps(heard.left).at(-1)).toBe("step 2 of 3");
    expect(steps(heard.late)).toEqual(["step 3 of 3"]);
    expect(heard.late.at(-1)?.status).toBe("completed");
  });

  test("one that throws or rejects disturbs nothing, and `onDebug` hears of it", async ({ page, fastmcp }) => {
    const seen = await page.evaluate(async (url) => {
      const reported: string[] = [];
      const onDebug = (event: DebugEvent) => {
        if (event.type === "callback") reported.push(String((event.error as Error).message));
      };
      const client = await connect(url, { onDebug });
      const task = await client.callTool("slow", { seconds: 0.5, steps: 2 }, { task: true });
      task.onStatusChange(() => {
        throw new Error("thrown");
      });
      task.onStatusChange(async () => {
        await sleep(1);
        throw new Error("rejected");
      });
      const changes = changesOf(task);
      const result = await task.result();
      await sleep(50);
      return { changes, data: result.data, reported };
    }, fastmcp);
    expectLawful(seen.changes);
    expect(seen.data).toBe("slept 0.5s");
    expect(seen.reported.filter((message) => message === "thrown").length).toBe(seen.changes.length);
    expect(seen.reported.filter((message) => message === "rejected").length).toBe(seen.changes.length);
  });

  test("an async one is called for every change, whatever it waits for", async ({ page, fastmcp }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 0.5, steps: 2 }, { task: true });
      const begun: TaskStatus[] = [];
      task.onStatusChange(async (status) => {
        begun.push(status);
        await new Promise(() => {});
      });
      const changes = changesOf(task);
      await task.result();
      return { begun, changes };
    }, fastmcp);
    expect(seen.begun).toEqual(seen.changes);
    expectLawful(seen.begun);
  });

  test("iterators yield every change until the end, any number of them, and may be left early", async ({ page, fastmcp }) => {
    const seen = await page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("slow", { seconds: 0.6, steps: 2 }, { task: true });
      const all = async () => {
        const seen: TaskStatus[] = [];
        for await (const status of task) seen.push(status);
        return seen;
      };
      const first = async () => {
        for await (const status of task) return status;
        return undefined;
      };
      const [changes, one, two, early] = [changesOf(task), all(), all(), first()];
      return { one: await one, two: await two, early: await early, changes };
    }, fastmcp);
    expectLawful(seen.one);
    expect(seen.two).toEqual(seen.one);
    expect(seen.early).toEqual(seen.one[0]);
    expect(steps(seen.one)).toEqual(steps(seen.changes));
  });
});

for (const server of STATELESS) {
  test.describe(`status callbacks, ${server}`, () => {
    test.use({ server });

    test("hear every step once, in order, and the end last, pushed or polled", async ({ page, url }) => {
      const changes = await page.evaluate(
        async ({ url, args }) => {
          const task = await (await connect(url)).callTool("slow", args, { task: true });
          const changes = changesOf(task);
          await task.result();
          await sleep(300);
          return changes;
        },
        { url, args: slow(server, 2700, 3) },
      );
      expectLawful(changes);
      expect(steps(changes).slice(-2)).toEqual(["step 2 of 3", "step 3 of 3"]);
      expect(changes.at(-1)?.status).toBe("completed");
    });

    test("several hear the same; one that left hears no more; one that comes late hears the rest; iterators hear it all", async ({ page, url }) => {
      const heard = await page.evaluate(
        async ({ url, args }) => {
          const task = await (await connect(url)).callTool("slow", args, { task: true });
          const all = async () => {
            const seen: TaskStatus[] = [];
            for await (const status of task) seen.push(status);
            return seen;
          };
          const [one, two, iterated] = [changesOf(task), changesOf(task), all()];
          const left: TaskStatus[] = [];
          const leave = task.onStatusChange((status) => {
            left.push(status);
            if (status.statusMessage === "step 2 of 3") leave();
          });
          while (!one.some((status) => status.statusMessage === "step 2 of 3")) await sleep(10);
          const late = changesOf(task);
          await task.result();
          return { one, two, left, late, iterated: await iterated };
        },
        { url, args: slow(server, 2700, 3) },
      );
      expectLawful(heard.one);
      expect(heard.two).toEqual(heard.one);
      expect(heard.iterated).toEqual(heard.one);
      expect(steps(heard.left).at(-1)).toBe("step 2 of 3");
      expect(steps(heard.late)).toEqual(["step 3 of 3"]);
      expect(heard.late.at(-1)?.status).toBe("completed");
    });

    test("one that throws, one that rejects and one that never ends disturb nothing", async ({ page, url }) => {
      const seen = await page.evaluate(
        async ({ url, args }) => {
          const reported: string[] = [];
          const onDebug = (event: DebugEvent) => {
            if (event.type === "callback") reported.push(String((event.error as Error).message));
          };
          const task = await (await connect(url, { onDebug })).callTool("slow", args, { task: true });
          let begun = 0;
          task.onStatusChange(() => {
            throw new Error("thrown");
          });
          task.onStatusChange(() => Promise.reject(new Error("rejected")));
          task.onStatusChange(() => (begun++, new Promise(() => {})));
          const changes = changesOf(task);
          const { content } = await task.result();
          await sleep(50);
          return { changes, text: (content[0] as { text: string }).text, reported, begun };
        },
        { url, args: slow(server, 600) },
      );
      expectLawful(seen.changes);
      expect(seen.text).toBe(slept(server, 600));
      expect(seen.begun).toBe(seen.changes.length);
      for (const word of ["thrown", "rejected"]) {
        expect(seen.reported.filter((message) => message === word).length).toBe(seen.changes.length);
      }
    });
  });
}

test("TypeScript SDK: callbacks hear every step once, in order, and the end last", async ({ page, sdk }) => {
  const changes = await page.evaluate(async (url) => {
    const client = await connect(url);
    const task = await client.callTool("slow", { ms: 900, steps: 3 }, { task: true });
    const changes = changesOf(task);
    await task.result();
    await sleep(400);
    return changes;
  }, sdk);
  expectLawful(changes);
  expect(steps(changes).slice(-2)).toEqual(["step 2 of 3", "step 3 of 3"]);
});

test.describe("status callbacks, scripted", () => {
  test("a push and a poll that say the same are one change", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 30 });
    const watching = page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      const changes = changesOf(task);
      await task.wait();
      return changes;
    }, scripted.url);
    await scripted.until(() => scripted.streams === 1);
    // Two polls later what the first of them found is known in the page.
    task.set("working", { statusMessage: "one" });
    await scripted.received("tasks/get", scripted.sent("tasks/get").length + 2);
    task.push("working", { statusMessage: "one" });
    task.push("working", { statusMessage: "two" }).push("working", { statusMessage: "two" });
    task.push("completed", { statusMessage: "end" }).push("completed", { statusMessage: "end" });
    const changes = await watching;
    expectLawful(changes);
    expect(changes.map((change) => change.statusMessage).filter(Boolean)).toEqual(["one", "two", "end"]);
  });

  test("nothing is heard after the end, whatever the server still says", async ({ page, scripted }) => {
    const task = scripted.task({ pollInterval: 60_000 });
    const other = scripted.task({ pollInterval: 60_000 });
    const watching = page.evaluate(async (url) => {
      const client = await connect(url);
      const task = await client.callTool("work", {}, { task: true });
      const other = await client.callTool("work", {}, { task: true });
      const changes = changesOf(task);
      // The other one keeps the stream open, so that what comes too late does come.
      await Promise.all([task.result(), other.wait({ timeoutMs: 5000 })]);
      const late = changesOf(task);
      await sleep(50);
      return { changes, late, status: (await task.status()).status };
    }, scripted.url);
    await scripted.until(() => scripted.streams === 1 && scripted.sent("tools/call").length === 2);
    task.push("completed");
    await scripted.received("tasks/result");
    task.push("working", { statusMessage: "late" }).push("failed").push("completed", { statusMessage: "again" });
    other.push("completed");
    const { changes, late, status } = await watching;
    expectLawful(changes);
    expect(changes.map((change) => change.statusMessage).filter(Boolean)).toEqual([]);
    expect({ late, status }).toEqual({ late: [], status: "completed" });
  });

  test("subscribing and unsubscribing in a callback is allowed", async ({ page, scripted }) => {
    scripted.task({ polls: [{ statusMessage: "one" }, { statusMessage: "two" }, { statusMessage: "three" }, "completed"] });
    const heard = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      const heard: string[] = [];
      const leave = task.onStatusChange(({ statusMessage }) => {
        heard.push(`outer ${statusMessage}`);
        leave();
        task.onStatusChange(({ status }) => void heard.push(`inner ${status}`));
      });
      await task.result();
      return heard;
    }, scripted.url);
    expect(heard.filter((each) => each.startsWith("outer")).length).toBe(1);
    expect(heard.filter((each) => each === "inner completed").length).toBe(1);
  });

  test("unsubscribing twice takes nobody else's place", async ({ page, scripted }) => {
    scripted.task({ polls: ["working", "working", "completed"] });
    const [left, stayed] = await page.evaluate(async (url) => {
      const task = await (await connect(url)).callTool("work", {}, { task: true });
      let left = 0;
      const leave = task.onStatusChange(() => void left++);
      leave();
      const stayed = changesOf(task);
      leave();
      await task.result();
      return [left, stayed] as const;
    }, scripted.url);
    expect(left).toBe(0);
    expect(stayed.at(-1)?.status).toBe("completed");
  });
});
