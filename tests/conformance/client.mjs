// The command that the suite starts for each scenario: it asks the browser that is open already, and ends as the page did.

const { CONFORMANCE_BROWSER, MCP_CONFORMANCE_SCENARIO, MCP_CONFORMANCE_PROTOCOL_VERSION, MCP_CONFORMANCE_CONTEXT } = process.env;

const asked = {
  scenario: MCP_CONFORMANCE_SCENARIO,
  url: process.argv[2],
  version: MCP_CONFORMANCE_PROTOCOL_VERSION,
  context: JSON.parse(MCP_CONFORMANCE_CONTEXT ?? "{}"),
};
const response = await fetch(CONFORMANCE_BROWSER, { method: "POST", body: JSON.stringify(asked) });
if (!response.ok) {
  console.error(await response.text());
  process.exitCode = 1;
}
