// usage: node www/server/main.mjs [--port N]        N = 0 takes any free port
import { parseArgs } from "node:util";
import { endpoint } from "./endpoint.mjs";
import { demoServer } from "./server.mjs";
import { Sessions } from "./sessions.mjs";
import { stateless } from "./stateless.mjs";
import { Tasks } from "./tasks.mjs";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });

const tasks = new Tasks();
const sessions = new Sessions((transport) => demoServer(tasks).connect(transport));
const http = endpoint({ sessions, stateless: stateless(tasks) });

http.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
http.listen(Number(values.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}/mcp`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    http.close();
    tasks.close();
    await sessions.close();
    http.closeAllConnections();
  });
}
