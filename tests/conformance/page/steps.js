import { SIGN_IN, signedIn } from "./sign-in.js";

// What a client does in each scenario. `connect` takes the options of `Client.connect`; `context` is what the suite tells a client.

/** An argument of every type that a schema can name. */
const SAMPLES = { string: "text", number: 2.5, integer: 3, boolean: true, object: {}, array: [], null: null };

const argumentsFor = ({ properties = {} }) =>
  Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, SAMPLES[type]]));

/** The suite sees what we send; that the answer arrives is for us to see. */
async function answers(call, text) {
  const { content } = await call;
  if (content[0]?.text !== text) throw new Error(`"${text}" should have been the answer, and not ${JSON.stringify(content)}`);
}

const connectOnly = (connect) => connect();

async function listTools(connect) {
  const client = await connect();
  await client.listTools();
}

async function callEveryTool(connect) {
  const client = await connect();
  for (const { name, inputSchema } of await client.listTools()) await client.callTool(name, argumentsFor(inputSchema));
}

async function callTheGivenTools(connect, { toolCalls }) {
  const client = await connect();
  await client.listTools();
  for (const call of toolCalls) await client.callTool(call.name, call.arguments);
}

async function useEverything(connect) {
  const client = await connect();
  for (const { name } of await client.listTools()) await client.callTool(name);
  for (const { uri } of await client.listResources()) await client.readResource(uri);
  for (const { name } of await client.listPrompts()) await client.getPrompt(name);
}

async function add(connect) {
  const client = await connect();
  const [{ name }] = await client.listTools();
  await answers(client.callTool(name, { a: 2, b: 3 }), "The sum of 2 and 3 is 5");
}

async function waitForTheReconnection(connect) {
  const client = await connect();
  const [{ name }] = await client.listTools();
  await answers(client.callTool(name), "Reconnection test completed successfully");
}

/** With every handler, so that every capability is declared. The server lists no tools and answers the call of any. */
async function declareEverything(connect) {
  const elicitation = () => ({ action: "decline" });
  const sampling = () => ({ role: "assistant", content: { type: "text", text: "" }, model: "none" });
  const roots = () => ({ roots: [] });
  const client = await connect({ elicitation, sampling, roots });
  await client.callTool("any");
}

/** While one call waits for its answer another is made, which must know nothing of the first. */
async function answerQuestions(connect) {
  const elicitation = async () => {
    await answers(client.callTool("test_mrtr_unrelated"), "unrelated-ok");
    return { action: "accept", content: { confirmed: true } };
  };
  const client = await connect({ elicitation });
  await client.listTools();
  await answers(client.callTool("test_mrtr_echo_state"), "echo-state-ok");
  await answers(client.callTool("test_mrtr_no_state"), "no-state-ok");
  await answers(client.callTool("test_mrtr_no_result_type"), "no-result-type-test-ok");
}

/** The user accepts every form as it is, with nothing filled in. */
async function acceptForms(connect) {
  const client = await connect({ elicitation: () => ({ action: "accept", content: {} }) });
  for (const { name } of await client.listTools()) await client.callTool(name);
}

async function echoTheSchema(connect) {
  const client = await connect();
  const tools = await client.listTools();
  const { inputSchema } = tools.find(({ name }) => name === "json_schema_2020_12_tool");
  await answers(client.callTool("json_schema_echo", { schema: inputSchema }), "echoed");
}

const STEPS = {
  ...SIGN_IN,
  initialize: connectOnly,
  tools_call: add,
  "elicitation-sep1034-client-defaults": acceptForms,
  "sse-retry": waitForTheReconnection,
  "request-metadata": declareEverything,
  "http-standard-headers": useEverything,
  "http-custom-headers": callTheGivenTools,
  "sep-2322-client-request-state": answerQuestions,
  "json-schema-ref-no-deref": listTools,
  "json-schema-2020-12-preservation": echoTheSchema,
};

export const stepsFor = (scenario) => STEPS[scenario] ?? (scenario.startsWith("auth/") ? signedIn({}) : callEveryTool);
