/**
 * One edit, end to end, on the local stack: from the upload's return to the row being visible, and from the row's
 * commit to the object being served. Edits follow each other, as a person's do; each waits for the one before. By turns
 * with them, the same edit on the bare minimum (bare.ts).
 */
import { createClient } from "@supabase/supabase-js";
import garden from "../../examples/garden/example.ts";
import { hasPostgres, startPostgres } from "../local/postgres.ts";
import { openProject, type Project } from "../start/project.ts";
import { BARE_IN, BARE_OUT, plantBare } from "./bare.ts";
import { atMost, type BenchOptions, type Figures, percentile, round, type Target } from "./case.ts";
import { lookAfresh, unwatched, whereBetween } from "./where.ts";

/** Milliseconds between edits, drawn anew each time, so that they do not fall in step with the worker's polls. */
const PAUSE = [20, 400] as const;
/** Edits before those that are measured: each of the ten connections compiles and plans what it meets first. */
const WARM_UP = 16;

export async function bench(options: BenchOptions): Promise<Figures> {
  const pglite = await measure("pglite", options);
  if (!(await hasPostgres({ extensions: ["pg_cron"] })))
    return { pglite: pglite.figures, targets: pglite.targets };
  const postgres = await onPostgres(options);
  // Ten are enough: each of the bare minimum's takes up to a second.
  const { figures } = await onPostgres({ ...options, runs: 10 }, 990);
  return {
    pglite: pglite.figures,
    postgres: postgres.figures,
    /** With the second that the real pg_net leaves between its batches. */
    postgres_pg_net: figures,
    targets: [...pglite.targets, ...postgres.targets],
  };
}

async function onPostgres(options: BenchOptions, pgNetPauseMs?: number): ReturnType<typeof measure> {
  const server = await startPostgres({ extensions: ["pg_cron"] });
  try {
    return await measure("postgres", options, { databaseUrl: server.url, pgNetPauseMs });
  } finally {
    await server.stop();
  }
}

/** From `edit` to `isThere`, which asks the database alone: looking by HTTP would be most of what this process does. */
interface Way {
  edit(round: number): Promise<void>;
  isThere(round: number): Promise<boolean>;
  /** Afterwards: whether what is there is what is served. */
  isRight?(round: number): Promise<boolean>;
}

async function measure(
  database: string,
  { runs = 60, progress }: BenchOptions,
  { databaseUrl, pgNetPauseMs }: { databaseUrl?: string; pgNetPauseMs?: number | undefined } = {},
): Promise<{ figures: Record<string, unknown>; targets: Target[] }> {
  const project = await openProject({ example: garden, dataDir: "memory", databaseUrl, pgNetPauseMs });
  try {
    await plantBare(project);
    const ways = waysOf(project);
    const taken: Record<string, Taken[]> = {};
    const warmUp = pgNetPauseMs === undefined ? WARM_UP : 2;
    for (let turn = 1 - warmUp; turn <= runs; turn++) {
      for (const [name, way] of Object.entries(ways)) {
        if (turn > 0) await pause();
        const one = await once(way, turn);
        if (turn > 0) taken[name] = [...(taken[name] ?? []), one];
      }
      if (turn > 0 && turn % 10 === 0) progress(`${database}: ${turn} of ${runs}`);
    }
    const p = (name: string, percent: number): number =>
      percentile(
        (taken[name] ?? []).map(({ milliseconds }) => milliseconds),
        percent,
      );
    const figures = Object.fromEntries(Object.keys(ways).map((name) => [name, figuresOf(taken[name] ?? [])]));
    const targets = ["file_to_row", "row_to_file"].flatMap((name) => [
      atMost(`${database}: ${name}, p50 over the bare minimum's`, p(name, 50) / p(`bare_${name}`, 50), {
        aim: 2,
      }),
      atMost(`${database}: ${name}, p95 ms`, p(name, 95), { aim: 120 }),
    ]);
    return { figures: { edits: runs, ...figures }, targets };
  } finally {
    await project.stop();
  }
}

/** Each direction has a document of its own: one that both sides rewrite by turns is what the breaker is for. */
function waysOf({ stack, bucketName }: Project): Record<string, Way> {
  const client = createClient(stack.url, stack.secretKey, { global: { fetch: unwatched } });
  const upload = async (bucket: string, path: string, text: string): Promise<void> => {
    const { error } = await client.storage
      .from(bucket)
      .upload(path, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
    if (error) throw error;
  };
  const holds = async (condition: string, value: string): Promise<boolean> =>
    (await stack.sql.query(`select from ${condition} = $1`, [value])).length > 0;
  const versionOf = (bucket: string, name: string) =>
    stack.sql.query<{ version: string }>(
      "select version from storage.objects where bucket_id = $1 and name = $2",
      [bucket, name],
    );
  /** A row, edited by `write`, and the object that follows. */
  const towards = (bucket: string, name: string, write: Way["edit"]): Way => {
    let before: string | undefined;
    return {
      async edit(turn) {
        before = (await versionOf(bucket, name))[0]?.version;
        await write(turn);
      },
      async isThere() {
        const [now] = await versionOf(bucket, name);
        return now !== undefined && now.version !== before;
      },
      async isRight(turn) {
        const { data } = await client.storage
          .from(bucket)
          .download(name, { cacheNonce: crypto.randomUUID() });
        return data !== null && (await data.text()).includes(`name: Round ${turn}\n`);
      },
    };
  };
  const text = (turn: number): string =>
    `---\nname: Round ${turn}\nstatus: active # by a file\ntags: [a, b]\n---\n\nThe body of round ${turn}.\n`;
  return {
    file_to_row: {
      edit: (turn) => upload(bucketName, "users/bench/parts/file.md", text(turn)),
      isThere: (turn) => holds("public.parts where slug = 'file' and name", `Round ${turn}`),
    },
    bare_file_to_row: {
      edit: (turn) => upload(BARE_IN, "file.md", text(turn)),
      isThere: (turn) => holds("public.bare_files where name = 'file.md' and title", `Round ${turn}`),
    },
    row_to_file: towards(bucketName, "users/bench/parts/row.md", async (turn) => {
      const row = { user_id: "bench", slug: "row", name: `Round ${turn}`, status: "active" };
      const { error } = await client.from("parts").upsert(row, { onConflict: "user_id,slug" });
      if (error) throw error;
    }),
    bare_row_to_file: towards(BARE_OUT, "row.md", async (turn) => {
      const { error } = await client.from("bare_rows").upsert({ name: "row.md", title: `Round ${turn}` });
      if (error) throw error;
    }),
  };
}

interface Taken {
  /** From the edit's return to its being there. */
  milliseconds: number;
  where: Record<string, number>;
}

async function once(way: Way, turn: number): Promise<Taken> {
  lookAfresh();
  await way.edit(turn);
  const started = performance.now();
  while (!(await way.isThere(turn))) {
    if (performance.now() > started + 30_000) throw new Error("an edit did not arrive within 30 s");
    await new Promise((done) => setTimeout(done, 2));
  }
  const ended = performance.now();
  if ((await way.isRight?.(turn)) === false) throw new Error("something else arrived");
  return { milliseconds: ended - started, where: whereBetween(started, ended) };
}

async function pause(): Promise<void> {
  const [least, most] = PAUSE;
  await new Promise((done) => setTimeout(done, least + Math.random() * (most - least)));
}

/** `where_ms`: the mean of each step over the middle half of the edits, so that the steps add up to about the median. */
function figuresOf(taken: readonly Taken[]): Record<string, unknown> {
  const values = taken.map(({ milliseconds }) => milliseconds);
  const sorted = [...taken].sort((a, b) => a.milliseconds - b.milliseconds);
  const middle = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((sorted.length * 3) / 4));
  const steps = [...new Set(middle.flatMap(({ where }) => Object.keys(where)))];
  return {
    ...Object.fromEntries([50, 95, 99].map((p) => [`p${p}_ms`, round(percentile(values, p))])),
    where_ms: Object.fromEntries(
      steps.map((step) => [
        step,
        round(middle.reduce((total, { where }) => total + (where[step] ?? 0), 0) / middle.length),
      ]),
    ),
  };
}
