// usage: node www/server/main.mjs [--port N]        N = 0 takes any free port
// prints the address of the open endpoint, and then that of the same server behind a sign-in
import { parseArgs } from "node:util";
import { Authorization } from "./authorization.mjs";
import { readClientDocument } from "./client-document.mjs";
import { Clients } from "./clients.mjs";
import { endpoint } from "./endpoint.mjs";
import { Guard } from "./guard.mjs";
import { demoServer } from "./server.mjs";
import { Sessions } from "./sessions.mjs";
import { stateless } from "./stateless.mjs";
import { Tasks } from "./tasks.mjs";
import { scopeOf, SCOPES } from "./scopes.mjs";

const { values } = options();

/** @type {Map<string, import("./endpoint.mjs").Door>} each with tasks of its own: what is behind the guard stays there */
const doors = new Map(["/mcp", "/protected/mcp"].map((path) => [path, door()]));
const http = endpoint(doors);
const authorization = await new Authorization(new Clients(readClientDocument)).listen();

http.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
http.listen(Number(values.port), "127.0.0.1", () => {
  const [open, guarded] = [...doors.keys()].map((path) => new URL(path, `http://127.0.0.1:${http.address().port}`));
  authorization.resources.set(guarded.href, SCOPES);
  doors.get(guarded.pathname).guard = new Guard({ resource: guarded, authorization, scopeOf });
  console.log(`${open}\n${guarded}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    http.close();
    await Promise.all([authorization.close(), ...[...doors.values()].map((each) => each.close())]);
    http.closeAllConnections();
  });
}

function options() {
  try {
    return parseArgs({ options: { port: { type: "string", default: "0" } } });
  } catch (error) {
    console.error(`${error.message}\nusage: node www/server/main.mjs [--port N]`);
    process.exit(2);
  }
}

function door() {
  const tasks = new Tasks();
  const sessions = new Sessions((transport) => demoServer(tasks).connect(transport));
  return {
    sessions,
    stateless: stateless(tasks),
    close: () => {
      tasks.close();
      return sessions.close();
    },
  };
}
