// A TypeScript app gets the types, however it resolves modules, and with its libraries checked too.
import { join } from "node:path";
import { root } from "./support/pack.ts";
import { test } from "./support/test.ts";

const source = `
  import { Client, McpError, type CallToolResult, type ToolTask } from "mcp-tasks";
  import { oauth, type OAuthOptions } from "mcp-tasks/auth";
  import { Client as InlineClient } from "mcp-tasks/inline";

  export async function run(url: string): Promise<CallToolResult | number> {
    const options: OAuthOptions = { redirectUri: "https://app.example.com/callback.html", dpop: true };
    const client = await Client.connect(url, { auth: oauth(options) });
    const task: ToolTask = await client.callTool("slow_computation", { duration: 1 }, { task: true });
    try {
      return await task.result({ timeoutMs: 5_000 });
    } catch (error) {
      if (McpError.is(error, "http")) return error.data.status;
      throw error;
    } finally {
      await client.close();
    }
  }
  export const connect: typeof Client.connect = (url, options) => InlineClient.connect(url, options);
`;

for (const [module, moduleResolution, lib] of [
  ["ESNext", "Bundler", ["ES2022", "DOM"]],
  ["NodeNext", "NodeNext", ["ES2022", "DOM"]],
  ["ESNext", "Bundler", ["ES2023", "WebWorker"]],
] as const) {
  test(`compiles with moduleResolution ${moduleResolution} and lib ${lib.join(", ")}`, async ({ project }) => {
    const compilerOptions = { target: "ES2022", module, moduleResolution, lib, types: [], strict: true, skipLibCheck: false, noEmit: true };
    await project.write({ "app.ts": source, "tsconfig.json": JSON.stringify({ compilerOptions, files: ["app.ts"] }) });
    await project.run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  });
}
