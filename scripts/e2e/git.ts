/**
 * Two people, each with a project and a clone, and one bare remote between them: a row here becomes a file, a commit, a file
 * there and a row there, and back. Nothing else connects the two.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import garden from "../../examples/garden/example.ts";
import { createBatcher } from "../directory/batch.ts";
import { watch } from "../directory/watch.ts";
import type { Step } from "../git/repository.ts";
import { loadContent } from "../start/load.ts";
import { findContent, openProject, type Project } from "../start/project.ts";
import { type E2eOptions, eventually, type Story } from "./case.ts";
import { type Machine, type MachineOptions, openMachine } from "./machine.ts";

const CRITIC = "users/ada/parts/the-critic.md";
const NAVIGATOR = "users/bo/parts/the-navigator.md";
const MADE = "users/bo/parts/made-by-hand.md";
/**
 * Where a machine dies: before the merge is there, in the midst of the files, between merge and enqueue, after it. Each time
 * other documents are edited, as one that two programs rewrite by turns is what the breaker is for.
 */
const DEATHS: [Step, contested: string, other: string][] = [
  ["pending", "users/ada/parts/little-ada.md", "users/bo/parts/caretaker.md"],
  ["file", "users/ada/parts/night-watch.md", "users/bo/parts/frozen-one.md"],
  ["files", "users/ada/parts/old-soldier.md", "users/bo/parts/inner-teenager.md"],
  ["moved", "users/ada/parts/the-archivist.md", "users/bo/parts/the-accountant.md"],
  ["arrived", "users/ada/parts/the-comedian.md", "users/bo/parts/the-optimist.md"],
  ["enqueued", "users/ada/parts/the-firefighter.md", "users/bo/parts/the-procrastinator.md"],
];
const EDITS = 25;

interface Person {
  name: string;
  project: Project;
  options: MachineOptions;
  machine: Machine;
}

export async function play({ progress }: E2eOptions): Promise<Story> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "frontrow-e2e-")));
  const people: Person[] = [];
  const broken: string[] = [];
  const promise = (isKept: boolean, what: string): boolean => {
    if (!isKept) broken.push(what);
    return isKept;
  };
  try {
    const remote = join(folder, "remote.git");
    await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", remote);
    for (const name of ["ada", "bo"]) people.push(await settleIn(name, folder, remote));
    const [ada, bo] = people as [Person, Person];
    const cycles = async (...who: Person[]): Promise<void> => {
      for (const { machine } of who) await machine.cycle();
    };

    progress("ada's documents become files, commits, files and rows of bo's");
    const loaded = await loadContent(ada.project, await findContent(garden));
    await cycles(ada, bo);
    const rows = await count(bo.project);
    promise(rows === loaded, `${loaded} documents of ada's are ${rows} rows of bo's`);

    progress("a row there and back, a new file, a file that is removed");
    await setRow(ada, CRITIC, { charge: "0.25" });
    await cycles(ada, bo);
    const documentToRow = promise(
      (await rowOf(bo, CRITIC))?.charge === "0.25",
      "a row did not reach the other project's row",
    );
    await setRow(bo, CRITIC, { charge: "0.5" });
    await writeFile(join(bo.options.folder, MADE), "---\nname: By hand\nstatus: active\n---\nHere.\n");
    await rm(join(bo.options.folder, NAVIGATOR));
    await bo.machine.push([NAVIGATOR, MADE]);
    await cycles(bo, ada);
    const back = (await rowOf(ada, CRITIC))?.charge === "0.5" && (await rowOf(ada, MADE))?.name === "By hand";
    const rowBack = promise(back, "a row or a new file did not come back");
    promise((await rowOf(ada, NAVIGATOR)) === null, "a file that was removed is still a row");

    progress(`${EDITS} rapid edits of one file`);
    const before = await commits(ada);
    await rapidly(ada, EDITS);
    const rapid = (await commits(ada)) - before;
    promise(rapid === 1, `${EDITS} rapid edits made ${rapid} commits`);
    const author = await git(ada.options.folder, "log", "-1", "--format=%ae");
    promise(author === "ada@example.org", `the commit's author is ${author}, not the revision's`);

    progress("cycles without news");
    await cycles(bo, ada);
    const still = await commits(ada);
    for (let round = 0; round < 3; round++) await cycles(ada, bo);
    const circular = (await commits(ada)) + (await commits(bo)) - 2 * still;
    promise(circular === 0, `cycles without news made ${circular} commits`);

    progress("both edit the same documents while the other dies, at each step of a pull");
    const lost: string[] = [];
    for (const [round, [dieAt, contested, other]] of DEATHS.entries()) {
      const [charge, name] = [`0.${round + 1}1`, `Both ${round}`];
      await setRow(ada, contested, { charge });
      await setRow(ada, other, { charge });
      await setRow(bo, contested, { name });
      await cycles(ada);
      promise((await dies(bo, dieAt)) === "SIGKILL", `a machine that was to die at "${dieAt}" lived`);
      await cycles(bo, ada);
      for (const person of people) {
        const [both, one] = [await rowOf(person, contested), await rowOf(person, other)];
        const has = both?.charge === charge && both.name === name && one?.charge === charge;
        if (!has) lost.push(`${person.name}, killed at "${dieAt}"`);
      }
    }
    promise(lost.length === 0, `edits are lost: ${lost.join("; ")}`);

    await cycles(ada, bo, ada, bo);
    const trees = await Promise.all(
      people.map(({ options }) => git(options.folder, "rev-parse", "HEAD^{tree}")),
    );
    const converged = promise(trees[0] === trees[1], "the clones differ");
    const markers = await markersIn(ada.options.folder);
    promise(markers === 0, `${markers} files hold conflict markers`);
    return {
      documents: loaded,
      document_to_row: documentToRow,
      row_back: rowBack,
      rapid_edits: EDITS,
      rapid_edit_commits: rapid,
      circular_commits: circular,
      deaths: DEATHS.length,
      lost_edits: lost.length,
      conflict_markers: markers,
      converged,
      commits: await commits(ada),
      broken,
    };
  } finally {
    for (const { project } of people) await project.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function settleIn(name: string, folder: string, remote: string): Promise<Person> {
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
async function rapidly({ options, machine }: Person, edits: number): Promise<void> {
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
  const file = join(options.folder, CRITIC);
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
function dies({ options }: Person, dieAt: Step): Promise<string> {
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

async function setRow({ project }: Person, path: string, change: Record<string, string>): Promise<void> {
  const { error } = await project.client.from("parts").update(change).match(keyOf(path));
  if (error) throw error;
}

async function rowOf({ project }: Person, path: string): Promise<{ name: string; charge: string } | null> {
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

async function count({ stack }: Project): Promise<number> {
  const [row] = await stack.sql.query<{ rows: number }>(
    "select count(*)::int as rows from public.parts where deleted_at is null",
  );
  return row!.rows;
}

async function commits({ options }: Person): Promise<number> {
  return Number(await git(options.folder, "rev-list", "--count", "HEAD"));
}

async function markersIn(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return texts.filter((text) => /^(?:<{7}|>{7}) /m.test(text)).length;
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)("git", args, { cwd, encoding: "utf8" })).stdout.trim();
}
