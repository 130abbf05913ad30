/**
 * `npm run -s e2e -- team --developers 10 --documents 1000 --json`: so many processes, each with its own clone and hub, edit
 * the same documents, go offline, are killed, and sync with one origin. In the end all of them have the same, and every
 * edit is in it, in the history, or in the record of a conflict.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import team from "../../examples/team-cache/example.ts";
import type { ConnectedClone } from "../../shared/replica/clone.ts";
import { createOrigin } from "../../shared/replica/origin.ts";
import { settleDocument } from "../../shared/replica/settle.ts";
import { syncClone } from "../../shared/replica/sync.ts";
import { isIgnored } from "../../shared/stores/directory-names.ts";
import { openGround, quiet } from "../bench/server.ts";
import { initClone, openClone } from "../replica/open.ts";
import type { Project } from "../start/project.ts";
import { type Random, seeded } from "../torture/random.ts";
import type { E2eOptions, Story } from "./case.ts";
import { loadTeamConfig } from "./team/config.ts";
import { gather, type JournalEntry, journalOf, lostEdits } from "./team/evidence.ts";

const DEVELOPER = fileURLToPath(new URL("team/developer.ts", import.meta.url));
/** Milliseconds after which a developer may be killed, drawn anew each time. */
const LIFE = [500, 6000] as const;
const MOST_KILLS = 3;
/** Broken promises that are told. */
const MOST_SAID = 10;

export async function play({ values, seed, progress }: E2eOptions): Promise<Story> {
  const developers = Number(values.developers ?? 10);
  const documents = Number(values.documents ?? 1000);
  const rounds = Number(values.rounds ?? 20);
  const root = await mkdtemp(join(tmpdir(), "frontrow-e2e-"));
  const ground = await openGround(undefined, team);
  const { project } = ground;
  try {
    const names = Array.from({ length: developers }, (_, index) => `dev${index}`);
    const folders = names.map((name) => join(root, name));
    await plant(project, folders[0]!, documents);
    progress(`${documents} documents planted on ${ground.database}`);
    const random = seeded(seed);
    const kills = await Promise.all(
      names.map((name, index) =>
        work({ project, name, folder: folders[index]!, seed: seed + index, rounds, random }),
      ),
    );
    progress("everybody has finished; the last syncs …");
    const { passes, left } = await calmDown(project, names, folders);
    const differing = await differences(project, folders);
    const edits = folders.flatMap(journalOf);
    const lost = lostEdits(edits, await gather(project.stack.sql, folders));
    const documents_now = await project.stack.sql.query<{ path: string }>(
      "select path from frontrow.documents",
    );
    const duplicate = duplicateIds(
      edits,
      documents_now.map(({ path }) => path),
    );
    return {
      developers,
      documents,
      database: ground.database,
      rounds,
      edits: edits.filter(({ token }) => token !== null).length,
      ids: edits.filter(({ kind }) => kind === "id").length,
      kills: kills.reduce((sum, one) => sum + one, 0),
      conflicts: await conflictsOf(names, folders),
      last_syncs: passes,
      lost_edits: lost.length,
      duplicate_ids: duplicate,
      converged: differing.length === 0 && left === 0,
      broken: [
        ...lost.map(({ token, path }) => `the edit ${token} of ${path} is lost`),
        ...differing.map((what) => `it differs: ${what}`),
        ...(duplicate > 0 ? [`${duplicate} ids were handed out twice`] : []),
        ...(left > 0 ? [`${left} documents are left to push, merge or decide`] : []),
      ].slice(0, MOST_SAID),
    };
  } finally {
    await ground.stop();
    if (process.env.FRONTROW_E2E_KEEP) progress(`kept: ${root}`);
    else await rm(root, { recursive: true, force: true });
  }
}

/** The first developer makes all documents, and pushes them. */
async function plant(project: Project, folder: string, documents: number): Promise<void> {
  for (let index = 0; index < documents; index++) {
    const path = join(folder, `stories/INFRA-${index + 1}.md`);
    await mkdir(dirname(path), { recursive: true });
    const body = Array.from({ length: 8 }, (_, line) => `Line ${line} of ${index}.\n`).join("\n");
    await writeFile(
      path,
      `---\n# ${index}\ntitle: Document ${index}\nteam: e2e\nstatus: open\ntags: [a]\n---\n\n${body}`,
    );
  }
  await withClone(project, "dev0", folder, async (clone) => {
    const { pushed } = await syncClone(clone);
    const bad = pushed.outcomes.filter(({ outcome }) => outcome !== "accepted");
    if (bad.length > 0) throw new Error(`cannot plant: ${JSON.stringify(bad[0])}`);
  });
}

async function withClone<Result>(
  { stack }: Project,
  name: string,
  folder: string,
  use: (clone: ConnectedClone) => Promise<Result>,
): Promise<Result> {
  await mkdir(folder, { recursive: true });
  const author = `${name}@example.org`;
  const origin = createOrigin({ url: stack.url, key: stack.secretKey, author });
  await initClone(folder, origin);
  const clone = await openClone({ root: folder, config: await loadTeamConfig(), author });
  try {
    return await use({ ...clone, origin });
  } finally {
    clone.close();
  }
}

interface Work {
  project: Project;
  name: string;
  folder: string;
  seed: number;
  rounds: number;
  random: Random;
}

/** Runs a developer to its end, killing it now and then; answers how often. */
async function work({ project, name, folder, seed, rounds, random }: Work): Promise<number> {
  await withClone(project, name, folder, async () => undefined);
  await writeFile(join(folder, ".journal"), "");
  let kills = 0;
  for (;;) {
    const { stack } = project;
    const args = ["run", "-A", "--no-check", DEVELOPER, folder, stack.url, stack.secretKey, name];
    const child = spawn(process.execPath, [...args, String(seed), String(rounds)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const life = kills < MOST_KILLS ? random.between(...LIFE) : null;
    const { code, said } = await ended(child, life);
    if (code === 0) return kills;
    if (code !== null) throw new Error(`${name} ended with ${code}:\n${said}`);
    kills++;
  }
}

/** The exit code; null when it was killed. */
async function ended(
  child: ChildProcess,
  life: number | null,
): Promise<{ code: number | null; said: string }> {
  let said = "";
  child.stderr!.on("data", (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const timer = life === null ? undefined : setTimeout(() => child.kill("SIGKILL"), life);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  return { code, said };
}

const MOST_PASSES = 20;

/** Everybody syncs in turns and takes the others' side of what is left, until nothing moves. */
async function calmDown(
  project: Project,
  names: readonly string[],
  folders: readonly string[],
): Promise<{ passes: number; left: number }> {
  let left = 0;
  for (let passes = 1; passes <= MOST_PASSES; passes++) {
    await quiet(project);
    let moved = 0;
    left = 0;
    for (const [index, name] of names.entries()) {
      await withClone(project, name, folders[index]!, async (clone) => {
        const { hub } = clone;
        const first = await syncClone(clone);
        for (const conflict of hub.conflicts("open")) {
          hub.decide(conflict.id, { keep: "theirs" }, name);
          await settleDocument(clone, { collection: conflict.collection, path: conflict.path });
          moved++;
        }
        const last = await syncClone(clone);
        for (const { absorbed, merged, pushed, fetched } of [first, last])
          moved += fetched + absorbed.outcomes.length + merged.length + pushed.outcomes.length;
        const { queued, incoming, conflicts, quarantined } = hub.counts();
        left += queued + incoming + conflicts + quarantined;
      });
    }
    if (moved === 0) return { passes, left };
  }
  return { passes: MOST_PASSES, left };
}

/** Documents that somebody has otherwise than the origin, its file or its row. */
async function differences(project: Project, folders: readonly string[]): Promise<string[]> {
  await quiet(project);
  const documents = await project.stack.sql.query<{ path: string; text: string }>(
    "select path, text from frontrow.documents where deleted_at is null",
  );
  const wanted = new Map(documents.map(({ path, text }) => [path, text]));
  const found: string[] = [];
  for (const folder of folders) {
    const names = (await readdir(join(folder, "stories"))).filter((name) => !isIgnored(name));
    const there = new Set(names.map((name) => `stories/${name}`));
    for (const path of new Set([...wanted.keys(), ...there])) {
      const text = there.has(path) ? await readFile(join(folder, path), "utf8") : undefined;
      if (text !== wanted.get(path)) found.push(join(folder, path));
    }
  }
  const bucket = project.client.storage.from(project.bucketName);
  for (const [path, text] of wanted) {
    const { data } = await bucket.download(path);
    if ((await data?.text()) !== text) found.push(`bucket: ${path}`);
  }
  const rows = await project.stack.sql.query<{ id: string; title: string }>(
    "select id, title from public.stories where deleted_at is null",
  );
  if (rows.length !== wanted.size) found.push(`${rows.length} rows of ${wanted.size} documents`);
  for (const { id, title } of rows)
    if (!wanted.get(`stories/${id}.md`)?.includes(`title: ${title}\n`)) found.push(`row: ${id}`);
  return found;
}

async function conflictsOf(names: readonly string[], folders: readonly string[]): Promise<number> {
  let count = 0;
  for (const [index] of names.entries()) {
    const clone = await openClone({ root: folders[index]!, config: await loadTeamConfig(), author: null });
    count += clone.hub.conflicts("all").length;
    clone.close();
  }
  return count;
}

/** Ids that two people got, and provisional ones that nobody made real. */
function duplicateIds(journals: readonly JournalEntry[], documents: readonly string[]): number {
  const ids = journals.filter(({ kind }) => kind === "id").map(({ path }) => path);
  const provisional = documents.filter((path) => path.includes("-new-"));
  return ids.length - new Set(ids).size + provisional.length;
}
