import { Client } from "mcp-tasks";
import { stepsFor } from "./steps.js";

const MODERN = "2026-07-28";

const era = (version) => (version < MODERN ? "sessions" : "modern");

/**
 * Plays the client of one scenario. Nobody tells the package which version the server speaks: it has to find out.
 * @param {{ scenario: string, url: string, version: string, context: object }} asked
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function run({ scenario, url, version, context }) {
  let client;
  const connect = async (options) => {
    client = await Client.connect(url, options);
    if (era(client.protocolVersion) !== era(version)) throw new Error(`spoke ${client.protocolVersion} with a server of ${version}`);
    return client;
  };
  try {
    await stepsFor(scenario)(connect, { ...context, url });
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`;
  } finally {
    await client?.close();
  }
}
