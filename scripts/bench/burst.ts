/** Much at once: many uploads, many rows in one statement, many edits of one document. */
import { drain } from "../../shared/sync/worker.ts";
import { drainBare } from "./bare.ts";
import { atLeast, atMost, type BenchOptions, type Figures, median, round, spread } from "./case.ts";
import { asleep, type Ground, openGround, quiet } from "./server.ts";
import { beAwake } from "./trigger-changes.ts";
import { lookAfresh, whereBetween } from "./where.ts";

const MANY = 1000;
/** Uploads under way at once, as a sync client has them. */
const ABREAST = 16;

export async function bench({ runs = 1, progress }: BenchOptions): Promise<Figures> {
  const outcomes = new Map<string, number>();
  const ground = await openGround((results) => {
    for (const { outcome } of results) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  });
  const writes = (): number => (outcomes.get("updated") ?? 0) + (outcomes.get("merged") ?? 0);
  const measured = {
    uploads: [] as number[],
    alone: [] as number[],
    drains: [] as number[],
    bare: [] as number[],
    rows: [] as number[],
    fileEdits: [] as number[],
  };
  let where: Record<string, number> = {};
  const made = { rowWrites: [] as number[], fileWrites: [] as number[] };
  try {
    for (let run = 0; run < runs; run++) {
      progress("1,000 uploads at once");
      measured.uploads.push(await uploads(ground, `up${run}`));
      progress("1,000 uploads that lie there");
      const drained = await drainUploads(ground, `lie${run}`);
      measured.alone.push(drained.alone);
      measured.drains.push(drained.seconds);
      where = drained.where;
      const paths = Array.from({ length: MANY }, (_, at) => `users/lie${run}/parts/n${at}.md`);
      measured.bare.push(await drainBare(ground.project, paths));
      progress("1,000 rows in one statement");
      measured.rows.push(await rowsAtOnce(ground, `up${run}`));
      progress("1,000 edits of one file");
      let before = writes();
      measured.fileEdits.push(await editsOfOneFile(ground, `one${run}`));
      made.rowWrites.push(writes() - before);
      progress("1,000 edits of one row");
      before = writes();
      await editsOfOneRow(ground, `one${run}`);
      made.fileWrites.push(writes() - before);
    }
  } finally {
    await ground.stop();
  }
  const drainPerSecond = MANY / spread(measured.drains).median;
  return {
    database: ground.database,
    runs,
    /** From the first upload to quiet, with the worker woken as ever; then what the uploads alone take. */
    uploads_s: spread(measured.uploads),
    uploads_alone_s: spread(measured.alone),
    drain_s: spread(measured.drains),
    drain_per_s: round(drainPerSecond),
    bare_drain_s: spread(measured.bare),
    drain_where_ms: where,
    rows_in_one_update_s: spread(measured.rows),
    edits_of_one_file_s: spread(measured.fileEdits),
    row_writes: made.rowWrites,
    file_writes: made.fileWrites,
    documents_per_s: round(MANY / spread(measured.uploads).median),
    targets: [
      atLeast("1,000 distinct uploads that lie there, documents/s", drainPerSecond, { aim: 400 }),
      atMost(
        "the same, time over a bare download and upsert",
        median(measured.drains) / median(measured.bare),
        {
          aim: 2,
        },
      ),
      atMost("1,000 edits of one file: row writes", Math.max(...made.rowWrites), { aim: 5 }),
      atMost("1,000 edits of one row: file writes", Math.max(...made.fileWrites), { aim: 5 }),
    ],
  };
}

/** Seconds from the first upload to quiet. */
async function uploads({ project }: Ground, user: string): Promise<number> {
  const started = performance.now();
  await putMany(project, user);
  await quiet(project);
  return (performance.now() - started) / 1000;
}

/** Uploads that nobody is woken for; then one worker after the other until quiet, each in its budget. */
async function drainUploads(
  { project }: Ground,
  user: string,
): Promise<{ alone: number; seconds: number; where: Record<string, number> }> {
  const { stack, hub, bindings, bucket } = project;
  await asleep(project);
  await beAwake(stack.sql);
  const alone = performance.now();
  await putMany(project, user);
  const made = performance.now();
  await stack.sql.exec("delete from frontrow.runs where worker = 'bench'");
  lookAfresh();
  const started = performance.now();
  for (let more = true; more; )
    ({ more } = await drain({ hub, bindings, bucket, cause: "bench", limits: { linger: 0 } }));
  const ended = performance.now();
  const steps = Object.entries(whereBetween(started, ended));
  return {
    alone: (made - alone) / 1000,
    seconds: (ended - started) / 1000,
    where: Object.fromEntries(steps.map(([step, ms]) => [step, round(ms)])),
  };
}

async function putMany(project: Ground["project"], user: string): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < MANY) {
      const at = next++;
      await put(project, `users/${user}/parts/n${at}.md`, `Number ${at}`, "A body.\n");
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, one));
}

async function rowsAtOnce({ project }: Ground, user: string): Promise<number> {
  const started = performance.now();
  await project.stack.sql.query("update public.parts set charge = 0.5 where user_id = $1", [user]);
  await quiet(project);
  return (performance.now() - started) / 1000;
}

async function editsOfOneFile({ project }: Ground, user: string): Promise<number> {
  const started = performance.now();
  for (let edit = 0; edit < MANY; edit++)
    await put(project, `users/${user}/parts/same.md`, `Edit ${edit}`, "A body.\n");
  await quiet(project);
  return (performance.now() - started) / 1000;
}

async function editsOfOneRow({ project }: Ground, user: string): Promise<void> {
  for (let edit = 0; edit < MANY; edit++)
    await project.stack.sql.query("update public.parts set name = $2 where user_id = $1", [
      user,
      `Row edit ${edit}`,
    ]);
  await quiet(project);
}

async function put(project: Ground["project"], path: string, name: string, body: string): Promise<void> {
  const text = `---\nname: ${name}\nstatus: active\n---\n${body}`;
  const { error } = await project.client.storage
    .from(project.bucketName)
    .upload(path, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
  if (error) throw error;
}
