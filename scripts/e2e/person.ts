/** A person of a story: a project, a clone, and what they do with both. */
import { execFile, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import garden from "../../examples/garden/example.ts";
import { createBatcher } from "../directory/batch.ts";
import { watch } from "../directory/watch.ts";
import type { Step } from "../git/repository.ts";
import { openProject, type Project } from "../start/project.ts";
import { eventually } from "./case.ts";
import { type Machine, type MachineOptions, openMachine } from "./machine.ts";

export interface Person {
  name: string;
  project: Project;
  options: MachineOptions;
  machine: Machine;
}

export async function settleIn(name: string, folder: string, remote: string): Promise<Person> {
  const project = await openProject({ example: garden, dataDir: "memory" });
  const clone = join(folder, name);
  await git(folder, "clone", "--quiet", remote, clone);
  await git(clone, "config", "user.name", name);
  await git(clone, "config", "user.email", `${name}@clone.example`);
  await git(clone, "symbolic-ref", "HEAD", "refs/heads/main");
  await writeFile(join(clone, ".git/info/exclude"), ".frontrow-*\n");
  const { url, secretKey: key } = project.stack;
  const options = { url, key, folder: clone, caller: `${name}@example.org` };
  return { name, project, options, machine: await openMachine(options) };
}

/** A person types into a file again and again; the folder is watched, and a batch begins when they pause. */
export async function rapidly({ options, machine }: Person, path: string, edits: number): Promise<void> {
  let batches = 0;
  const failures: unknown[] = [];
  const batcher = createBatcher({
    quiet: 300,
    async work(paths) {
      await machine.push(paths);
      await machine.cycle();
      batches++;
    },
    onError: (error) => failures.push(error),
  });
  const watcher = watch({
    folder: options.folder,
    onChange: (path) => batcher.add(path),
    onDoubt: (error) => failures.push(error),
  });
  await watcher.ready;
  const file = join(options.folder, path);
  const text = await readFile(file, "utf8");
  for (let edit = 1; edit <= edits; edit++) {
    await writeFile(file, text.replace(/^name: .*$/m, `name: Round ${edit}`));
    await new Promise((done) => setTimeout(done, 10));
  }
  const isDone = await eventually(async () => batches > 0 || failures.length > 0);
  await watcher.close();
  await batcher.close();
  if (!isDone || failures.length > 0) throw failures[0] ?? new Error("the watcher told nothing");
}

/** One cycle in a process of its own. @returns the signal it died of, or its code */
export function dies({ options }: Person, dieAt: Step): Promise<string> {
  const module = fileURLToPath(new URL("./machine.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["run", "-A", "--no-check", "--quiet", module, JSON.stringify({ ...options, dieAt })],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (code, signal) => done(signal ?? String(code)));
  });
}

export async function setRow(
  { project }: Person,
  path: string,
  change: Record<string, string>,
): Promise<void> {
  const { error } = await project.client.from("parts").update(change).match(keyOf(path));
  if (error) throw error;
}

export async function rowOf(
  { project }: Person,
  path: string,
): Promise<{ name: string; charge: string } | null> {
  const { user_id, slug } = keyOf(path);
  const [row] = await project.stack.sql.query<{ name: string; charge: string }>(
    "select name, charge::text from public.parts where user_id = $1 and slug = $2 and deleted_at is null",
    [user_id, slug],
  );
  return row ?? null;
}

function keyOf(path: string): { user_id: string; slug: string } {
  const [, user_id, , slug] = path.replace(/\.md$/, "").split("/") as [string, string, string, string];
  return { user_id, slug };
}

export async function count({ stack }: Project): Promise<number> {
  const [row] = await stack.sql.query<{ rows: number }>(
    "select count(*)::int as rows from public.parts where deleted_at is null",
  );
  return row!.rows;
}

export async function commits({ options }: Person): Promise<number> {
  return Number(await git(options.folder, "rev-list", "--count", "HEAD"));
}

export async function markersIn(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return texts.filter((text) => /^(?:<{7}|>{7}) /m.test(text)).length;
}

export async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)("git", args, { cwd, encoding: "utf8" })).stdout.trim();
}
