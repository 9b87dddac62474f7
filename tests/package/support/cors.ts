import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Stands before an MCP server and allows pages exactly what `headers` say, whatever the server itself allows.
 * `sent` is what pages made of it. Streams are cut after a moment, so that a client has to take them up again.
 */
export async function allowing(target: string, headers: Record<string, string>) {
  const { origin } = new URL(target);
  const sent = { headers: new Set<string>(), methods: new Set<string>() };
  const proxy = createServer((incoming, response) => {
    if (incoming.method === "OPTIONS") return response.writeHead(204, headers).end();
    sent.methods.add(incoming.method ?? "");
    for (const name of Object.keys(incoming.headers)) sent.headers.add(name);
    const { host: _, origin: __, ...rest } = incoming.headers;
    const outgoing = request(origin + incoming.url, { method: incoming.method, headers: rest }, (answer) => {
      const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith("access-control-"));
      response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(own), ...headers });
      answer.pipe(response);
      if (answer.headers["content-type"] === "text/event-stream") setTimeout(() => response.end(), 1_000);
    });
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    return incoming.pipe(outgoing);
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  const { port } = proxy.address() as AddressInfo;
  return {
    sent,
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
