import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands before an MCP server and allows pages exactly what `headers` say, whatever the server itself allows. */
export async function allowing(target: string, headers: Record<string, string>) {
  const { origin } = new URL(target);
  const proxy = createServer((incoming, response) => {
    if (incoming.method === "OPTIONS") return response.writeHead(204, headers).end();
    const { host: _, origin: __, ...rest } = incoming.headers;
    const outgoing = request(origin + incoming.url, { method: incoming.method, headers: rest }, (answer) => {
      const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith("access-control-"));
      response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(own), ...headers });
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    return incoming.pipe(outgoing);
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
