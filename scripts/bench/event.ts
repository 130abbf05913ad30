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

export async function bench(options: BenchOptions): Promise<Figures> {
  const pglite = await measure("pglite", options);
  if (!(await hasPostgres({ extensions: ["pg_cron"] })))
    return { pglite: pglite.figures, targets: pglite.targets };
  const server = await startPostgres({ extensions: ["pg_cron"] });
  try {
    const postgres = await measure("postgres", options, server.url);
    return {
      pglite: pglite.figures,
      postgres: postgres.figures,
      targets: [...pglite.targets, ...postgres.targets],
    };
  } finally {
    await server.stop();
  }
}

/** From `edit` to `isThere`. */
interface Way {
  edit(round: number): Promise<void>;
  isThere(round: number): Promise<boolean>;
}

async function measure(
  database: string,
  { runs = 60, progress }: BenchOptions,
  databaseUrl?: string,
): Promise<{ figures: Record<string, unknown>; targets: Target[] }> {
  const project = await openProject({ example: garden, dataDir: "memory", databaseUrl });
  try {
    await plantBare(project);
    const ways = waysOf(project);
    const taken: Record<string, Taken[]> = {};
    for (let turn = 0; turn <= runs; turn++) {
      for (const [name, way] of Object.entries(ways)) {
        await pause();
        const one = await once(way, turn);
        // The first of each makes the document.
        if (turn > 0) taken[name] = [...(taken[name] ?? []), one];
      }
      if (turn % 10 === 0) progress(`${database}: ${turn} of ${runs}`);
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
  const serves = async (bucket: string, path: string, part: string): Promise<boolean> => {
    const { data } = await client.storage.from(bucket).download(path, { cacheNonce: crypto.randomUUID() });
    return data !== null && (await data.text()).includes(part);
  };
  const text = (turn: number): string =>
    `---\nname: Round ${turn}\nstatus: active # by a file\ntags: [a, b]\n---\n\nThe body of round ${turn}.\n`;
  return {
    file_to_row: {
      edit: (turn) => upload(bucketName, "users/bench/parts/file.md", text(turn)),
      async isThere(turn) {
        const { data } = await client.from("parts").select("name").eq("slug", "file").maybeSingle();
        return data?.name === `Round ${turn}`;
      },
    },
    bare_file_to_row: {
      edit: (turn) => upload(BARE_IN, "file.md", text(turn)),
      async isThere(turn) {
        const { data } = await client.from("bare_files").select("title").eq("name", "file.md").maybeSingle();
        return data?.title === `Round ${turn}`;
      },
    },
    row_to_file: {
      async edit(turn) {
        const row = { user_id: "bench", slug: "row", name: `Round ${turn}`, status: "active" };
        const { error } = await client.from("parts").upsert(row, { onConflict: "user_id,slug" });
        if (error) throw error;
      },
      isThere: (turn) => serves(bucketName, "users/bench/parts/row.md", `name: Round ${turn}\n`),
    },
    bare_row_to_file: {
      async edit(turn) {
        const { error } = await client.from("bare_rows").upsert({ name: "row.md", title: `Round ${turn}` });
        if (error) throw error;
      },
      isThere: (turn) => serves(BARE_OUT, "row.md", `name: Round ${turn}\n`),
    },
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
