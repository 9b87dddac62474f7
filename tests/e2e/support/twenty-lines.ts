/** The code of a page that knows nothing of versions: what it does, it does with whatever server it meets. */
export async function twentyLines({ url, slow }: { url: string; slow: Record<string, unknown> }) {
  const { Client, McpError } = mcp;
  const client = await Client.connect(url);
  const tools = await client.listTools();

  const task = await client.callTool("slow", slow, { task: true });
  const heard: string[] = [];
  task.onStatusChange((status) => void heard.push(status.status));
  const [waited, result] = await Promise.all([task.wait({ state: "completed" }), task.result()]);

  const quick = await client.callTool("quick", { value: 21 });
  const demanding = await client.callTool("must_task", { value: 7 });
  const immediate = await client.callTool("sync_only", { value: 1 }, { task: true });
  const failure = await client.callTool("boom", {}, { task: true }).then((failing) => failing.result().catch((error: unknown) => error));

  const endless = await client.callTool("forever", {}, { task: true });
  const cancelled = endless.result().catch((error: unknown) => (McpError.is(error) ? error.code : error));
  await endless.cancel();

  const text = ({ content }: CallToolResult) => (content[0] as { text: string }).text;
  const outcome = {
    isListed: tools.some((tool) => tool.name === "slow"),
    ...{ background: !task.returnedImmediately, waited: waited.status, last: heard.at(-1), slow: /\d/.test(text(result)) },
    ...{ quick: text(quick), demanding: text(demanding), immediate: [immediate.returnedImmediately, text(await immediate.result())] },
    ...{ failed: McpError.is(failure), cancelled: await cancelled, live: client.tasks.size },
  };
  await client.close();
  return { outcome, protocolVersion: client.protocolVersion };
}

/** What comes of it. */
export const OUTCOME = {
  isListed: true,
  ...{ background: true, waited: "completed", last: "completed", slow: true },
  ...{ quick: "42", demanding: "7", immediate: [true, "2"] },
  ...{ failed: true, cancelled: "task_cancelled", live: 0 },
};
