/**
 * Random schedules against the real SQL: foreign writers on a few documents, two workers that go forward one effect at a
 * time, crash, stall and meet each other; lost answers, stale reads, triggers switched off. Every value a foreign writer
 * writes is a token of its own, so that none can vanish unseen.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Policies } from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { readRow, readText } from "../../shared/sync/binding.ts";
import { importFiles } from "../../shared/sync/import.ts";
import { drain } from "../../shared/sync/worker.ts";
import { decide } from "./decide.ts";
import { drainUntil, type Engine, Puppet, withEffects } from "./effects.ts";
import { directHub, endWaits, type Garden, gardenSchema, openValve, settle, startGarden } from "./garden.ts";
import { type SqlBucket, sqlBucket } from "./sql-bucket.ts";

type Deletion = "delete file" | "delete row" | "hide row";
type Renaming = "rename file" | "rename row";
type Slot = "name" | "tag" | "body" | "comment" | "clear";

export type Step =
  | { do: "edit file" | "import"; doc: number; slot: Slot }
  | { do: "edit row"; doc: number; slot: Slot }
  | { do: Deletion | Renaming | "bad file"; doc: number }
  | { do: "drain" }
  | { do: "crash"; effect: number; when: "before" | "after" }
  | { do: "lose answer"; effect: number }
  | { do: "stale read"; doc: number }
  | { do: "step"; worker: 0 | 1; effects: number }
  | { do: "expire" | "sweep" | "backfill" }
  | { do: "resolve"; doc: number; keep: "file" | "row" }
  /** The next edit is made with the triggers off. */
  | { do: "blind" };

const DOCS = 3;

export function stepOf(): fc.Arbitrary<Step> {
  const doc = fc.nat(DOCS - 1);
  const slot = fc.constantFrom<Slot>("name", "name", "tag", "body", "body", "comment", "clear");
  const on = <K extends string>(...kinds: K[]) => fc.record({ do: fc.constantFrom(...kinds), doc });
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("edit file" as const), doc, slot }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("edit row" as const), doc, slot }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("import" as const), doc, slot }) },
    { weight: 4, arbitrary: on("delete file", "delete row", "hide row") },
    { weight: 2, arbitrary: on("rename file", "rename row") },
    { weight: 1, arbitrary: on("bad file") },
    { weight: 5, arbitrary: fc.constant({ do: "drain" as const }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("crash" as const),
        effect: fc.integer({ min: 1, max: 8 }),
        when: fc.constantFrom("before" as const, "after" as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("lose answer" as const),
        effect: fc.integer({ min: 1, max: 8 }),
      }),
    },
    { weight: 1, arbitrary: on("stale read") },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("step" as const),
        worker: fc.constantFrom(0 as const, 1 as const),
        effects: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom("expire" as const, "sweep" as const, "backfill" as const) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("resolve" as const),
        doc,
        keep: fc.constantFrom("file" as const, "row" as const),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: "blind" as const }) },
  ) as fc.Arbitrary<Step>;
}

export const scheduleOf = (most = 24): fc.Arbitrary<Step[]> =>
  fc.array(stepOf(), { minLength: 3, maxLength: most });

interface Document {
  text: string;
  row: Record<string, unknown>;
}

export interface Variant {
  policies?: Policies;
  /** SQL beside the garden's schema. */
  sql?: string;
}

/** Kinds of gardens to play in. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  "the garden": {},
  "a table that rewrites": {
    sql: `create function public.shout() returns trigger language plpgsql as $$
        begin new.name := upper(new.name); if new.body <> '' then new.body := rtrim(new.body, e'\\n') || e'\\n'; end if; return new; end $$;
      create trigger shout before insert or update on public.parts for each row execute function public.shout();`,
  },
  "files and deletions win": { policies: { conflict: "file-wins", deletes: "delete-wins" } },
  "rows win, deletions are hard": { policies: { conflict: "row-wins", rowDelete: "hard" } },
  "a person decides all": { policies: { conflict: "manual", deletes: "manual" } },
  "the newest wins": { policies: { conflict: "newest" } },
};

/** Where schedules are played: one database for all of them, a folder of its own for each. */
export class Theatre {
  readonly engine: Engine;
  readonly files: SqlBucket;
  readonly garden: Garden;
  plays = 0;

  private constructor(garden: Garden) {
    this.garden = garden;
    this.files = sqlBucket(garden.sql);
    this.engine = { hub: directHub(garden.sql), bucket: () => this.files, bindings: garden.bindings };
  }

  static async open({ policies, sql = "" }: Variant = {}): Promise<Theatre> {
    const config = {
      ...openValve,
      collections: openValve.collections.map((collection) => ({
        ...collection,
        policies: { ...collection.policies, ...policies },
      })),
    };
    const theatre = new Theatre(await startGarden({ config, schema: `${await gardenSchema()};${sql}` }));
    // Some that are never touched, so that no schedule empties the collection.
    for (let i = 0; i < 10; i++)
      await theatre.files.put(`users/still/parts/s${i}.md`, "---\nname: Still\nstatus: active\n---\n");
    await theatre.settle();
    return theatre;
  }

  settle(): Promise<unknown[]> {
    return settle(this.garden.sql, async () => {
      const outcomes: string[] = [];
      await drain({
        ...this.engine,
        cause: "test",
        limits: { linger: 0 },
        onResults: (part) =>
          outcomes.push(
            ...part.map(({ outcome, code, message }) => `${outcome} ${code ?? ""} ${message ?? ""}`),
          ),
      });
      return outcomes;
    });
  }

  async play(steps: readonly Step[]): Promise<void> {
    const play = new Play(this, `p${++this.plays}`);
    try {
      for (const step of steps) await play.take(step);
      await play.end();
    } finally {
      await this.#strike();
    }
  }

  /** Clears the stage: the next play starts with nothing but those that stand still. */
  async #strike(): Promise<void> {
    const others = "path not like 'users/still/%'";
    await this.garden.sql.transaction((tx) =>
      tx.exec(`
      set local storage.allow_delete_query = 'true';
      alter table public.parts disable trigger all;
      alter table storage.objects disable trigger all;
      delete from public.parts where user_id <> 'still';
      delete from storage.objects where name not like 'users/still/%';
      alter table public.parts enable trigger all;
      alter table storage.objects enable trigger all;
      delete from frontrow.documents where ${others};
      delete from frontrow.bases where ${others};
      delete from frontrow.revisions where ${others};
      truncate frontrow.dirty, frontrow.leases, frontrow.quarantine, frontrow.conflicts, frontrow.halts, frontrow.halt_items, frontrow.flows,
        frontrow.intents, frontrow.runs, frontrow.run_items;`),
    );
    this.files.bodies.clear();
    this.files.stale.clear();
  }

  stop(): Promise<void> {
    return this.garden.stop();
  }
}

class Play {
  readonly #paths: string[];
  readonly #workers: (Puppet | null)[] = [null, null];
  /** Tokens that nobody who had seen them has overwritten, and their documents. */
  readonly #live = new Map<string, number>();
  /** Documents that somebody deleted on one side, renamed or made unreadable: what they held may be history. */
  readonly #deleted = new Set<number>();
  /** Documents that were deleted while both sides agreed, and that nobody has written since. */
  readonly #gone = new Set<number>();
  #tokens = 0;
  #blind = false;
  /** Whether the hub may still not know of something, as it happened with the triggers off. */
  #unseen = false;
  readonly theatre: Theatre;
  readonly user: string;

  constructor(theatre: Theatre, user: string) {
    this.theatre = theatre;
    this.user = user;
    this.#paths = Array.from({ length: DOCS }, (_, doc) => this.#path(`d${doc}`));
  }

  get #sql() {
    return this.theatre.garden.sql;
  }

  #path(slug: string): string {
    return `users/${this.user}/parts/${slug}.md`;
  }

  #token(doc: number): string {
    const token = `t${this.user}x${++this.#tokens}z`;
    this.#live.set(token, doc);
    return token;
  }

  #forget(content: string): void {
    for (const token of content.match(/tp\d+x\d+z/gi) ?? []) this.#live.delete(token.toLowerCase());
  }

  async #row(path: string): Promise<Record<string, unknown> | null> {
    return await this.theatre.garden.row(path);
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "edit file":
        return await this.#foreign(step.doc, () =>
          this.#editFile(step.doc, step.slot, (path, text) => this.theatre.files.put(path, text)),
        );
      case "import":
        return await this.#foreign(step.doc, () =>
          this.#editFile(step.doc, step.slot, (path, text) => this.#import(path, text)),
        );
      case "edit row":
        return await this.#foreign(step.doc, () => this.#editRow(step.doc, step.slot));
      case "delete file":
      case "delete row":
      case "hide row":
        return await this.#foreign(step.doc, () => this.#delete(step.doc, step.do as Deletion));
      case "rename file":
      case "rename row":
        return await this.#foreign(step.doc, () => this.#rename(step.doc, step.do as Renaming));
      case "bad file":
        return await this.#foreign(step.doc, () => this.#spoil(step.doc));
      case "drain":
        await drainUntil(this.theatre.engine, null);
        return await this.#checkStatus();
      case "crash":
        await drainUntil(this.theatre.engine, step, 2);
        return await this.#checkStatus();
      case "lose answer":
        return await this.#loseAnswer(step.effect);
      case "stale read":
        this.theatre.files.stale.set(
          this.#paths[step.doc]!,
          new TextEncoder().encode("---\nname: stale\nstatus: active\n---\n"),
        );
        return;
      case "step":
        return await this.#step(step.worker, step.effects);
      case "expire":
        return await endWaits(this.#sql);
      case "sweep":
        await this.#sql.query("select frontrow.sweep()");
        return;
      case "backfill":
        return await this.#backfill();
      case "resolve":
        return await this.#resolve(this.#paths[step.doc]!, step.keep);
      case "blind":
        this.#blind = true;
    }
  }

  async #backfill(): Promise<void> {
    await this.theatre.engine.hub.backfill({});
    this.#unseen = false;
  }

  async #foreign(doc: number, write: () => Promise<void>): Promise<void> {
    const blind = this.#blind;
    this.#blind = false;
    this.#gone.delete(doc);
    const both = (verb: string) =>
      this.#sql.exec(
        `alter table public.parts ${verb} trigger all; alter table storage.objects ${verb} trigger all`,
      );
    if (blind) await both("disable");
    try {
      await write();
    } finally {
      if (blind) {
        await both("enable");
        this.#unseen = true;
      }
    }
  }

  async #editFile(
    doc: number,
    slot: Slot,
    write: (path: string, text: string) => Promise<void>,
  ): Promise<void> {
    const path = this.#paths[doc]!;
    const text = await this.theatre.files.text(path);
    if (text === null || !text.startsWith("---\n") || text.includes("name: [")) {
      if (text !== null) this.#forget(text);
      return await write(
        path,
        `---\n# ${this.#token(doc)}\nname: ${this.#token(doc)}\nstatus: active\n---\n${this.#token(doc)}\n`,
      );
    }
    const [, header = "", body = ""] = /^---\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(text) ?? [];
    const put = (newHeader: string, newBody: string) => write(path, `---\n${newHeader}---\n${newBody}`);
    if (slot === "body") return await put(header, `${this.#token(doc)}\n${body}`);
    if (slot === "comment") return await put(`${header}# ${this.#token(doc)}\n`, body);
    if (slot === "name") {
      const line = /^name:.*\n/m.exec(header)?.[0] ?? "";
      this.#forget(line);
      return await put(
        line ? header.replace(line, `name: ${this.#token(doc)}\n`) : `name: ${this.#token(doc)}\n${header}`,
        body,
      );
    }
    const tags = /^tags:.*\n(?:\s*-.*\n)*/m.exec(header)?.[0] ?? "";
    const without = header.replace(tags, "");
    if (slot === "clear") {
      this.#forget(tags);
      return await put(without, body);
    }
    const held = tags.match(/tp\d+x\d+z/g) ?? [];
    return await put(`${without}tags: [${[...held, this.#token(doc)].join(", ")}]\n`, body);
  }

  /** As a person's directory: an edit of the file that they have seen. What could not be brought in never was. */
  async #import(path: string, text: string): Promise<void> {
    const before = (await this.theatre.files.text(path)) ?? "";
    const { engine, garden } = this.theatre;
    const read = () => Promise.resolve(new TextEncoder().encode(text));
    const outcomes: string[] = [];
    await importFiles({
      ...engine,
      config: garden.config,
      cause: "import",
      files: [{ path, read }],
      onResults: (part) => outcomes.push(...part.map(({ outcome }) => outcome)),
    });
    if (
      !outcomes.some((outcome) =>
        /busy|stale|deferred|fenced|failed|quarantined|halted|conflict/.test(outcome),
      )
    )
      return;
    for (const token of text.match(/tp\d+x\d+z/gi) ?? []) {
      if (!before.includes(token)) this.#live.delete(token.toLowerCase());
    }
  }

  async #editRow(doc: number, slot: Slot): Promise<void> {
    const path = this.#paths[doc]!;
    const slug = /([^/]+)\.md$/.exec(path)![1]!;
    const row = await this.#row(path);
    if (!row) {
      await this.#sql.query(
        `insert into public.parts (user_id, slug, name, status, body) values ($1, $2, $3, 'active', $4)
         on conflict (user_id, slug) do update set name = excluded.name, body = excluded.body, tags = null, deleted_at = null`,
        [this.user, slug, this.#token(doc), `${this.#token(doc)}\n`],
      );
      return;
    }
    const set = (change: string, ...values: unknown[]) =>
      this.#sql.query(`update public.parts set ${change} where id = $1`, [row.id, ...values]);
    if (slot === "name") {
      this.#forget(String(row.name));
      await set("name = $2", this.#token(doc));
    } else if (slot === "body") await set("body = body || $2", `${this.#token(doc)}\n`);
    else if (slot === "clear") {
      this.#forget(JSON.stringify(row.tags));
      await set("tags = null");
    } else if (slot === "tag") await set("tags = coalesce(tags, '{}') || array[$2]", this.#token(doc));
    else await set("status = case status when 'active' then 'resting' else 'active' end::public.part_status");
  }

  async #delete(doc: number, kind: Deletion): Promise<void> {
    const path = this.#paths[doc]!;
    const [text, row] = [await this.theatre.files.text(path), await this.#row(path)];
    if (kind === "delete file" ? text === null : row === null) return;
    this.#deleted.add(doc);
    const agreed = text !== null && row !== null && (await this.#isQuiet());
    if (kind === "delete file") {
      this.#forget(text!);
      await this.theatre.files.drop(path);
    } else {
      this.#forget(JSON.stringify(row));
      const how =
        kind === "delete row" ? "delete from public.parts" : "update public.parts set deleted_at = now()";
      await this.#sql.query(`${how} where id = $1`, [row!.id]);
    }
    if (agreed) this.#gone.add(doc);
  }

  /** To a name nobody has: the document under the old name is gone, and there is a new one. */
  async #rename(doc: number, kind: Renaming): Promise<void> {
    const path = this.#paths[doc]!;
    const slug = `r${++this.#tokens}`;
    if (kind === "rename file") {
      const text = await this.theatre.files.text(path);
      if (text === null) return;
      const version = crypto.randomUUID();
      this.theatre.files.bodies.set(version, new TextEncoder().encode(text));
      await this.#sql.query("update storage.objects set name = $2, version = $3 where name = $1", [
        path,
        this.#path(slug),
        version,
      ]);
    } else {
      const row = await this.#row(path);
      if (!row) return;
      await this.#sql.query("update public.parts set slug = $2 where id = $1", [row.id, slug]);
      // The file's own tokens stay with the old name, which its renamer did not see.
    }
    this.#deleted.add(doc);
    this.#paths.push(this.#path(slug));
  }

  async #spoil(doc: number): Promise<void> {
    const path = this.#paths[doc]!;
    const text = await this.theatre.files.text(path);
    if (text !== null) this.#forget(text);
    this.#deleted.add(doc);
    await this.theatre.files.put(path, "---\nname: [\n---\n");
  }

  async #step(worker: 0 | 1, effects: number): Promise<void> {
    for (let i = 0; i < effects; i++) {
      const puppet = this.#workers[worker] ?? new Puppet(this.theatre.engine, 2);
      this.#workers[worker] = puppet;
      await puppet.step();
      if (puppet.next === null) this.#workers[worker] = null;
    }
    await this.#checkStatus();
  }

  /** The effect happens, and its answer does not arrive; the worker lives on. */
  async #loseAnswer(effect: number): Promise<void> {
    let count = 0;
    const engine = withEffects(this.theatre.engine, async (_, call) => {
      const answer = await call();
      if (++count === effect) throw new Error("no answer");
      return answer;
    });
    await drain({ ...engine, cause: "test", limits: { linger: 0, requests: 1 } }).catch(() => undefined);
  }

  async #resolve(path: string, keep: "file" | "row"): Promise<void> {
    await decide(this.theatre.engine.hub, { collection: "parts", path }, { keep }).catch((error) => {
      // Nothing is in conflict, or a side has moved on since the record was made.
      if (!(error instanceof FrontrowError && ["NOT_FOUND", "REPLICA_MOVED"].includes(error.code)))
        throw error;
    });
  }

  async #isQuiet(): Promise<boolean> {
    if (this.#unseen) return false;
    const [state] = await this.#sql.query<{ busy: boolean }>(
      "select pending + quarantined + conflicts + halts + in_flight > 0 as busy from frontrow.status",
    );
    return !state!.busy;
  }

  /** Status never says that all is well while it is not. */
  async #checkStatus(): Promise<void> {
    if (await this.#isQuiet()) for (const path of this.#paths) await this.#assertSame(path, "status says so");
  }

  async #assertSame(path: string, context: string): Promise<Document | null> {
    const text = await this.theatre.files.text(path);
    const [wire] = await this.#sql.query<{ fields: Record<string, unknown>; body: string | null }>(
      "select v.fields, v.body from frontrow.collections as c, frontrow.read_rows(c, array[$1]) as v",
      [path],
    );
    assert.equal(text === null, wire === undefined, `${context}: one side of ${path} is missing`);
    if (text === null || !wire) return null;
    const binding = this.theatre.garden.bindings.get("parts")!;
    const file = readText(binding, text);
    const row = readRow(binding, wire);
    for (const [column, value] of Object.entries(row.fields)) {
      assert.deepEqual(file.fields[column] ?? null, value, `${context}: ${column} of ${path}`);
    }
    assert.equal(file.body, row.body, `${context}: the body of ${path}`);
    return { text, row: { ...row.fields, body: row.body } };
  }

  async end(): Promise<void> {
    for (const worker of this.#workers) await worker?.finish();
    this.theatre.files.stale.clear();
    await this.#sql.query("select frontrow.sweep()");
    await this.#backfill();
    await this.theatre.settle();
    await this.#mend();
    await this.#assertEnd();
  }

  /** People mend their bad files, decide their conflicts and let go on what was stopped. */
  async #mend(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (const [doc, path] of this.#paths.entries()) {
        const text = await this.theatre.files.text(path);
        if (text?.includes("name: [")) {
          await this.theatre.files.put(path, `---\nname: ${this.#token(doc)}\nstatus: active\n---\n`);
          this.#gone.delete(doc);
        }
        await this.#resolve(path, doc % 2 === 0 ? "file" : "row");
      }
      for (const { id } of (await this.theatre.engine.hub.report()).halts)
        await this.theatre.engine.hub.resume(id, "apply");
      await this.theatre.settle();
    }
  }

  async #assertEnd(): Promise<void> {
    assert.ok(
      await this.#isQuiet(),
      `not quiet: ${JSON.stringify(await this.#sql.query("select kind, reason, evidence from frontrow.halts"))} ${JSON.stringify(await this.#sql.query("select * from frontrow.status"))}`,
    );
    const before = await this.#versions();
    await this.theatre.engine.hub.signal(this.#paths.map((path) => ({ collection: "parts", path })));
    await this.theatre.settle();
    assert.deepEqual(await this.#versions(), before, "a second look finds something to do");

    const documents = await Promise.all(this.#paths.map((path) => this.#assertSame(path, "at the end")));
    for (const doc of this.#gone)
      assert.equal(documents[doc], null, `${this.#paths[doc]} is back from the dead`);
    const kept = (await this.#kept()).toLowerCase();
    const current = JSON.stringify(documents).toLowerCase();
    const disputed = await this.#sql.query<{ path: string }>("select distinct path from frontrow.conflicts");
    for (const [token, doc] of this.#live) {
      const maybeHistory = this.#deleted.has(doc) || disputed.some(({ path }) => path === this.#paths[doc]);
      assert.ok(current.includes(token) || (maybeHistory && kept.includes(token)), `${token} is lost`);
    }
    for (const doc of [0, 1, 2]) {
      if (this.#deleted.has(doc)) continue;
      const wasMade = kept.includes(`"${this.#paths[doc]}"`);
      if (wasMade) assert.ok(documents[doc], `${this.#paths[doc]} was deleted by nobody`);
    }
  }

  /** Everything the hub keeps. */
  async #kept(): Promise<string> {
    const rows = await this.#sql.query(
      `select path, text from frontrow.revisions where path like $1 union all select path, text from frontrow.documents where path like $1
       union all select path, concat_ws('|', base_text, file_text, row_text) from frontrow.conflicts where path like $1`,
      [`users/${this.user}/%`],
    );
    return JSON.stringify(rows);
  }

  async #versions(): Promise<unknown> {
    return await this.#sql.query(
      `select path, revision::text as at from frontrow.documents where path like $1
       union all select name, version from storage.objects where name like $1
       union all select slug, updated_at::text from public.parts where user_id = $2 order by 1, 2`,
      [`users/${this.user}/%`, this.user],
    );
  }
}
