import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { tarball } from "./pack.ts";

const run = promisify(execFile);

/** A scratch project outside of this repository, with nothing in it but the packed package and the files of one test. */
export class Project {
  private constructor(readonly folder: string) {}

  /** Makes the project and installs the tarball without a registry: the package needs no other. */
  static async create(): Promise<Project> {
    const project = new Project(await realpath(await mkdtemp(join(tmpdir(), "mcp-tasks-app-"))));
    await project.write({ "package.json": JSON.stringify({ name: "app", private: true, type: "module" }) });
    await project.run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball()]);
    return project;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), text);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    await copyFile(this.path(from), this.path(to));
  }

  /** Runs a program in the project; its output, or an error that shows it. */
  async run(program: string, args: string[]): Promise<string> {
    try {
      const { stdout } = await run(program, args, { cwd: this.folder, timeout: 50_000 });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${program} ${args.join(" ")} failed\n${stdout ?? ""}${stderr ?? ""}`, { cause: error });
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
