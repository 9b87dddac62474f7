import { expect, test } from "./fixtures.ts";

/** The id of a request, if it is a call. */
const CALLED = `({ body } = {}) => (typeof body === "string" && body.includes("tools/call") ? JSON.parse(body).id : undefined)`;

/** Hands on what it is asked, but for the signal. */
const DEAF = "(input, { signal, ...init }) => fetch(input, init)";

test.describe("a `fetch` that heeds no signal", () => {
  test("has its stream let go of when the client is closed", async ({ page, scripted }) => {
    scripted.task();
    await page.evaluate(
      async ([url, deaf]) => {
        const client = await connect(url, { fetch: (0, eval)(deaf) as typeof fetch });
        const task = await client.callTool("work", {}, { task: true });
        task.onStatusChange(() => {});
        Object.assign(kept, { client });
      },
      [scripted.url, DEAF] as const,
    );
    await scripted.until(() => scripted.streams === 1);
    await page.evaluate(() => kept.client.close());
    await scripted.until(() => scripted.streams === 0);
  });

  test("has the answer let go of that comes when nobody waits any more", async ({ page, scripted }) => {
    let answer = (): void => {};
    let isClosed = false;
    scripted.on("tools/call", (call) => {
      answer = () => void call.response.writeHead(200, { "content-type": "text/event-stream" }).write(": begun\n\n");
      call.response.on("close", () => (isClosed = true));
    });
    const ended = page.evaluate(
      async ([url, deaf]) => {
        const client = await connect(url, { fetch: (0, eval)(deaf) as typeof fetch });
        Object.assign(kept, { client });
        return settle(client.callTool("work", {}, { timeoutMs: 300 }));
      },
      [scripted.url, DEAF] as const,
    );
    expect((await ended).error?.code).toBe("timeout");
    answer();
    await expect.poll(() => isClosed).toBe(true);
  });

  test("has a stream let go of in the middle", async ({ page, scripted }) => {
    let isClosed = false;
    scripted.on("tools/call", (call) => {
      call.response.writeHead(200, { "content-type": "text/event-stream" }).write(": begun\n\n");
      call.response.on("close", () => (isClosed = true));
    });
    const ended = await page.evaluate(
      async ([url, deaf]) => {
        const client = await connect(url, { fetch: (0, eval)(deaf) as typeof fetch });
        Object.assign(kept, { client });
        return settle(client.callTool("work", {}, { timeoutMs: 300 }));
      },
      [scripted.url, DEAF] as const,
    );
    expect(ended.error?.code).toBe("timeout");
    await expect.poll(() => isClosed).toBe(true);
  });
});

test("a call that is cancelled while its headers are made is not sent", async ({ page, scripted }) => {
  const code = await page.evaluate(
    async ([url, deaf]) => {
      let isSlow = false;
      const headers = async (): Promise<HeadersInit> => {
        if (isSlow) await sleep(400);
        return { authorization: "Bearer t" };
      };
      const client = await connect(url, { headers, fetch: (0, eval)(deaf) as typeof fetch, protocolVersion: "2025-11-25" });
      await client.listTools();
      isSlow = true;
      const { error } = await settle(client.callTool("work", {}, { timeoutMs: 100 }));
      await sleep(800);
      return error?.code;
    },
    [scripted.url, DEAF] as const,
  );
  expect(code).toBe("timeout");
  expect(scripted.sent("tools/call")).toHaveLength(0);
});

for (const [what, chunk] of [
  ["texts", "text"],
  ["buffers", "new TextEncoder().encode(text).buffer"],
  ["sixteen bits each", "new Uint16Array(new TextEncoder().encode(text))"],
] as const) {
  test(`a body that is made of ${what}: \`network\`, with the reason, at once`, async ({ page, scripted }) => {
    const ended = await page.evaluate(
      async ([url, chunk, called]) => {
        const idOf = (0, eval)(called) as (init?: RequestInit) => number | undefined;
        const own = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
          const id = idOf(init);
          if (id === undefined) return fetch(input, init);
          const text = `data: ${JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } })}\n\n`;
          const made = (0, eval)(`(text) => ${chunk}`) as (text: string) => unknown;
          const body = new ReadableStream({ start: (controller) => controller.enqueue(made(text)) });
          return new Response(body, { headers: { "content-type": "text/event-stream" } });
        };
        const client = await connect(url, { fetch: own });
        return client.callTool("work").then(
          () => undefined,
          (error: InstanceType<typeof mcp.McpError>) => ({ code: error.code, cause: String(error.cause) }),
        );
      },
      [scripted.url, chunk, CALLED] as const,
    );
    expect(ended).toEqual({ code: "network", cause: "TypeError: a body is made of bytes" });
  });
}

test("a body that comes in one piece is read like any other, and leaves the page its turn", async ({ page, scripted }) => {
  const seen = await page.evaluate(async ([url, called]) => {
    const idOf = (0, eval)(called) as (init?: RequestInit) => number | undefined;
    const own = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const id = idOf(init);
      if (id === undefined) return fetch(input, init);
      const event = (message: object): string => `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;
      const text = event({ method: "notifications/any", params: {} }).repeat(100_000) + event({ id, result: { content: [] } });
      const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const client = await connect(url, { fetch: own });
    let [heard, turns] = [0, 0];
    client.onNotification("notifications/any", () => void heard++);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      turns++;
      port2.postMessage(0);
    };
    const call = client.callTool("work");
    port2.postMessage(0);
    await call;
    port1.close();
    return { heard, turns };
  }, [scripted.url, CALLED] as const);
  expect(seen.heard).toBe(100_000);
  expect(seen.turns).toBeGreaterThan(5);
});

test("a `fetch` that adds to the headers it is given has each request once", async ({ page, scripted }) => {
  const asked = await page.evaluate(async (url) => {
    const asked: string[] = [];
    const own = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      if (typeof init?.body === "string") asked.push((JSON.parse(init.body) as { method: string }).method);
      Object.assign(init?.headers ?? {}, { "accept-language": `de;q=0.${asked.length}` });
      return fetch(input, init);
    };
    const client = await connect(url, { fetch: own, notifications: false });
    await client.callTool("work");
    return asked;
  }, scripted.url);
  expect(asked.filter((method) => method === "server/discover")).toHaveLength(1);
});
