/** What the package does for a page, in rows: each is code of a page that knows no server, and what comes of it on every one. */

export interface Given {
  url: string;
  /** The arguments of a `slow` that takes 400 ms. */
  slow: Record<string, unknown>;
}

interface Row {
  run: (given: Given) => Promise<unknown>;
  comes: unknown;
}

export const ROWS: Record<string, Row> = {
  "who a task is: in the background, and at once": {
    run: async ({ url, slow }) => {
      const client = await connect(url);
      const background = await client.callTool("slow", slow, { task: { ttlMs: 60_000 } });
      const immediate = await client.callTool("sync_only", { value: 1 }, { task: true });
      const tellOf = ({ kind, name, returnedImmediately, taskId }: Task) => [kind, name, returnedImmediately, taskId !== ""];
      const outcome = [tellOf(background), tellOf(immediate), (await immediate.status()).status, client.tasks.size];
      await background.result();
      await client.close();
      return outcome;
    },
    comes: [["tool", "slow", false, true], ["tool", "sync_only", true, true], "completed", 1],
  },

  "what cannot be a task works all the same": {
    run: async ({ url }) => {
      const client = await connect(url);
      const prompt = await client.getPrompt("plain_prompt", {}, { task: true });
      const { messages } = await prompt.result();
      const resource = await client.readResource("data://plain.txt", { task: true });
      const [{ text } = {}] = (await resource.result()) as { text?: string }[];
      await client.close();
      return [prompt.returnedImmediately, messages.length, resource.returnedImmediately, text];
    },
    comes: [true, 1, true, "plain"],
  },

  "changes are told once each and in order, whatever a callback does": {
    run: async ({ url, slow }) => {
      const thrown: string[] = [];
      const client = await connect(url, { onDebug: ({ type }) => void (type === "callback" && thrown.push(type)) });
      const task = await client.callTool("slow", slow, { task: true });
      const told = changesOf(task);
      task.onStatusChange(() => {
        throw new Error("thrown");
      });
      task.onStatusChange(() => Promise.reject(new Error("rejected")));
      let deaf = 0;
      task.onStatusChange(() => void deaf++)();
      const iterated: string[] = [];
      for await (const { status } of task) iterated.push(status);
      await sleep(300);
      await client.close();
      const words = told.map(({ status, statusMessage }) => `${status} ${statusMessage}`);
      const ends = told.filter(({ status }) => status === "completed").length;
      return { ends, again: words.length - new Set(words).size, last: [told.at(-1)?.status, iterated.at(-1)], deaf, thrown: thrown.length > 1 };
    },
    comes: { ends: 1, again: 0, last: ["completed", "completed"], deaf: 0, thrown: true },
  },

  "waits end: reached, in time, by signal, and at once where it is impossible": {
    run: async ({ url }) => {
      const client = await connect(url);
      const quick = await client.callTool("quick", { value: 1 }, { task: true });
      const reached = (await quick.wait({ state: "completed" })).status;
      const task = await client.callTool("forever", {}, { task: true });
      const timeout = (await settle(task.wait({ timeoutMs: 200 }))).error?.code;
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      const aborted = (await settle(task.wait({ signal: controller.signal }))).error?.name;
      const impossible = settle(task.wait({ state: "completed" }));
      await task.cancel();
      const outcome = [reached, timeout, aborted, (await impossible).error !== undefined];
      await client.close();
      return outcome;
    },
    comes: ["completed", "timeout", "AbortError", true],
  },

  "one result for all who wait, kept after the client is closed": {
    run: async ({ url, slow }) => {
      const client = await connect(url);
      const task = await client.callTool("slow", slow, { task: true });
      const [one, two] = await Promise.all([task.result(), task.result()]);
      await client.close();
      return [one === two, (await task.result()) === one, (await settle(client.listTools())).error?.code];
    },
    comes: [true, true, "closed"],
  },

  "errors: the tool's own, as a task and plainly, and ids that nobody knows": {
    run: async ({ url }) => {
      const client = await connect(url);
      const task = await client.callTool("returns_error", {}, { task: true });
      const lenient = await client.callTool("returns_error", {}, { throwOnError: false });
      const codes = [
        (await settle(task.result())).error?.code,
        (await settle(client.callTool("returns_error"))).error?.code,
        lenient.isError,
        (await settle(client.getTaskStatus("no-such-task"))).error?.code,
        (await settle(client.resumeTask("no-such-task").result())).error?.code,
      ];
      await client.close();
      return codes;
    },
    comes: ["tool_error", "tool_error", true, "task_not_found", "task_not_found"],
  },

  "to cancel: in the background, at once, and too late": {
    run: async ({ url }) => {
      const client = await connect(url);
      const task = await client.callTool("forever", {}, { task: true });
      const ended = settle(task.result());
      await task.cancel();
      const immediate = await client.callTool("sync_only", { value: 1 }, { task: true });
      await immediate.cancel();
      const over = await client.callTool("quick", { value: 21 }, { task: true });
      await over.result();
      await over.cancel();
      const outcome = [(await ended).error?.code, (await immediate.status()).status, (await over.status()).status, client.tasks.size];
      await client.close();
      return outcome;
    },
    comes: ["task_cancelled", "completed", "completed", 0],
  },

  "by id: status, result, cancel, and a list with it": {
    run: async ({ url }) => {
      const client = await connect(url);
      const task = await client.callTool("quick", { value: 21 }, { task: true });
      const { content } = (await client.getTaskResult(task.taskId)) as CallToolResult;
      const { status } = await client.getTaskStatus(task.taskId);
      const endless = await client.callTool("forever", {}, { task: true });
      const { tasks } = await client.listTasks();
      await client.cancelTask(endless.taskId);
      const after = await client.getTaskStatus(endless.taskId);
      const outcome = [(content[0] as { text: string }).text, status, tasks.some(({ taskId }) => taskId === endless.taskId), after.status];
      await client.close();
      return outcome;
    },
    comes: ["42", "completed", true, "cancelled"],
  },

  "polled alone, a quick task is quick": {
    run: async ({ url }) => {
      const client = await connect(url, { notifications: false });
      const began = performance.now();
      const task = await client.callTool("quick", { value: 21 }, { task: true });
      const { content } = await task.result();
      const isQuick = performance.now() - began < 3_000;
      await client.close();
      return [(content[0] as { text: string }).text, isQuick];
    },
    comes: ["42", true],
  },

  "fifty tasks at once end, and nothing of them is left": {
    run: async ({ url }) => {
      const client = await connect(url);
      const tasks = await Promise.all(Array.from({ length: 50 }, (_, value) => client.callTool("quick", { value }, { task: true })));
      const results = await Promise.all(tasks.map((task) => task.result()));
      const texts = results.map(({ content }) => (content[0] as { text: string }).text);
      const outcome = [texts.every((text, at) => text === String(2 * at)), client.tasks.size];
      await client.close();
      return outcome;
    },
    comes: [true, 0],
  },
};
