/** A clone: its hub in SQLite with 10,000 documents, `status` of a folder where nothing changed, push and pull of 1,000. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { settleDocument } from "../../shared/replica/settle.ts";
import { openClone } from "../replica/open.ts";
import { seeded } from "../torture/random.ts";
import { atMost, type BenchOptions, type Figures, percentile, round, spread } from "./case.ts";
import { type Folders, openFolders } from "./folder.ts";
import { wholeFigures } from "./lanes.ts";
import notes from "./notes/config.ts";
import { type NotesGround, openNotes, postgresIsHere } from "./notes/ground.ts";
import { DENO, runWhole, type Whole } from "./whole.ts";

const MANY = 10_000;
const PUSHED = 1000;
/** Calls of each kind. */
const CALLS = 1000;

const cli = fileURLToPath(new URL("../frontrow.ts", import.meta.url));
const config = fileURLToPath(new URL("notes/config.ts", import.meta.url));

export async function bench({ root, runs = 5, progress }: BenchOptions): Promise<Figures> {
  const folders = await openFolders(root);
  const home = await mkdtemp(join(tmpdir(), "frontrow-bench-local-"));
  const ground = await openNotes({ database: (await postgresIsHere()) ? "postgres" : "pglite" });
  try {
    const large = await cloneOf(ground, folders, home, "large", MANY);
    const first = await frontrow(ground, large, "import");
    progress(`${MANY} files taken in: ${round(first.seconds)} s`);
    const operations = await measureOperations(large);
    // The first looks at every file once more: those that were just made may have changed within a clock's tick.
    await frontrow(ground, large, "status");
    const statuses: Whole[] = [];
    for (let run = 0; run < runs; run++) statuses.push(await frontrow(ground, large, "status"));
    progress("status measured");

    const ann = await cloneOf(ground, folders, home, "ann", PUSHED);
    const pushed = await frontrow(ground, ann, "push");
    const bob = await cloneOf(ground, folders, home, "bob", 0);
    const pulled = await frontrow(ground, bob, "pull");
    const [push, pull] = [pushed, pulled].map(({ stdout }) => JSON.parse(stdout));
    if (push.counts.accepted !== PUSHED || pull.counts.created !== PUSHED)
      throw new Error(`not all went over: ${JSON.stringify([push.counts, pull.counts])}`);
    const slowest = Math.max(...Object.values(operations).map(({ p95_ms }) => p95_ms));
    const seconds = spread(statuses.map((one) => one.seconds));
    return {
      database: ground.database,
      documents: MANY,
      take_in: wholeFigures([first], MANY),
      operations,
      status: wholeFigures(statuses, MANY),
      push: { ...wholeFigures([pushed], PUSHED), requests: push.requests },
      pull: wholeFigures([pulled], PUSHED),
      targets: [
        atMost(`SQLite with ${MANY} documents, p95 ms of the slowest operation`, slowest, {
          aim: 100,
        }),
        atMost(`status of ${MANY} unchanged files, seconds of the whole process`, seconds.median, {
          aim: 1,
        }),
      ],
    };
  } finally {
    await ground.stop();
    await folders.remove();
    await rm(home, { recursive: true, force: true });
  }
}

/** A clone of so many real files; the folder is made anew and may be written to. */
async function cloneOf(
  ground: NotesGround,
  folders: Folders,
  home: string,
  name: string,
  count: number,
): Promise<string> {
  const root = join(home, name);
  await mkdir(root);
  if (count > 0) await symlink(await folders.of(count), join(root, "content"));
  await writeFile(join(root, "frontrow.config.ts"), `export { default } from ${JSON.stringify(config)};\n`);
  await frontrow(ground, root, "init", ground.project.stack.url);
  return root;
}

function frontrow({ project: { stack } }: NotesGround, cwd: string, ...argv: string[]): Promise<Whole> {
  return runWhole([DENO, "run", "-A", "--no-check", cli, ...argv, "--json", "--quiet"], {
    cwd,
    env: { SUPABASE_SECRET_KEY: stack.secretKey },
    codes: [0, 1],
  });
}

/** Milliseconds of each kind of call, on documents drawn at random. */
async function measureOperations(root: string) {
  const clone = await openClone({
    root,
    folder: join(root, "content"),
    config: await resolveConfig(notes),
    author: null,
  });
  const { hub } = clone;
  const random = seeded(1);
  const names = hub.entries();
  const figures: Record<string, { p50_ms: number; p95_ms: number }> = {};
  async function measure(name: string, calls: number, call: (index: number) => unknown): Promise<void> {
    const taken: number[] = [];
    for (let index = 0; index < calls; index++) {
      const started = performance.now();
      await call(index);
      taken.push(performance.now() - started);
    }
    figures[name] = { p50_ms: round(percentile(taken, 50)), p95_ms: round(percentile(taken, 95)) };
  }
  const drawn = Array.from({ length: CALLS }, () => random.pick(names));
  // As if they had been pushed: what comes is an edit of what is here.
  for (const { collection, path, revision } of new Set(drawn))
    hub.apply({
      ...{ collection, path, expect: revision, revisions: [], tombstone: false, author: null, message: null },
      peer: { version: "1", revision },
    });
  await measure("read", CALLS, (at) => hub.document(drawn[at]!));
  await measure("history", CALLS, (at) => hub.history(drawn[at]!));
  await measure("receive", CALLS, (at) => {
    const { collection, path } = drawn[at]!;
    const { text } = hub.document({ collection, path })!;
    hub.receive(
      [{ collection, path, revision: at + 2, text: `${text}\nMore.\n`, author: null, at: "" }],
      null,
    );
  });
  await measure("merge_and_write", 200, (at) => {
    const { collection, path } = drawn[at]!;
    return settleDocument(clone, { collection, path });
  });
  await measure("next_request", 20, () => {
    const request = hub.nextRequest({ documents: 200, bytes: 4_000_000 }, new Set());
    for (const item of request?.items ?? []) hub.returned(request!.request, item);
  });
  await measure("counts", 20, () => hub.counts());
  for (const { collection, path } of hub.incoming()) await settleDocument(clone, { collection, path });
  clone.close();
  return figures;
}
