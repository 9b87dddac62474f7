// What everything costs that this line brings.
import { Client } from "mcp-tasks";

globalThis.Client = Client;
