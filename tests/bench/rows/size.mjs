import { check } from "../rounds.mjs";
import { BUDGET, ownSize, sizeOf } from "../sizes.mjs";

const bytes = (value) => value.toLocaleString("en");

/** What all that `import { Client }` brings weighs, and the smallest programs that run a tool as a task. */
export async function size() {
  const { wasm, scripts, everything, imported } = await ownSize();
  const [client2, sdk1, raw] = await Promise.all(["client2", "sdk1", "raw"].map(sizeOf));
  return [
    {
      what: "everything that `import { Client }` brings, brotli bytes",
      mark: "≤ 48,000",
      figure: bytes(everything),
      met: everything <= 48_000,
      limit: BUDGET.everything,
      peers: { client2: bytes(client2), sdk1: bytes(sdk1) },
      note: `wasm ${bytes(wasm.brotli)}, JavaScript ${bytes(scripts.brotli)}; raw fetch by hand ${bytes(raw)}`,
    },
    { what: "JavaScript that an import without connect brings, brotli bytes", mark: "≤ 12,000", figure: bytes(imported), met: imported <= 12_000, limit: BUDGET.imported, peers: {} },
  ];
}

/** What an import alone fetches. */
export async function importOnly(lab) {
  const fetched = await lab.page((tab) => tab.row("importOnly", "import-only"));
  const modules = fetched.filter((path) => path.endsWith(".wasm"));
  check("the program was fetched", fetched.includes("/programs/import-only/program.js"), true);
  return [{ what: "import without connect: modules fetched", mark: "0", figure: String(modules.length), met: modules.length === 0, peers: {} }];
}
