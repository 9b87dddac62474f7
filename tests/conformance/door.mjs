import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/**
 * Where `client.mjs` asks for a scenario to be played. It is answered when that is over: with 200, or with what went wrong.
 * @param {(asked: import("./browser.mjs").Asked) => Promise<string | undefined>} play
 */
export async function openDoor(play) {
  const server = createServer(async (request, response) => {
    const fault = await play(JSON.parse(await text(request))).catch(String);
    response.writeHead(fault === undefined ? 200 : 500).end(fault);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
