// Under Node the package imports without a browser, connects, and lets the process end.
import { app, expect, expectReport, test, VERSIONS } from "./support/test.ts";

const main = `
  import "./app.js";
  console.log(JSON.stringify(await globalThis.runTask(process.argv[2])));
`;

for (const entry of ["mcp-tasks", "mcp-tasks/inline"]) {
  test(`${entry} imports and does nothing`, async ({ project }) => {
    await project.write({ "import.js": `import * as all from "${entry}"; console.log(typeof all.Client.connect);` });
    expect(await project.run(process.execPath, ["import.js"])).toBe("function\n");
  });

  for (const version of VERSIONS) {
    test(`${entry} runs a task of ${version}, and the process ends by itself`, async ({ project, mcp }) => {
      await project.write({ "app.js": app(entry, `{ protocolVersion: "${version}" }`), "main.js": main });
      expectReport(JSON.parse(await project.run(process.execPath, ["main.js", mcp])), version);
    });
  }
}
