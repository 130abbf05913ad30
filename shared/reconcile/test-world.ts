/** A world in memory for tests: one document's file, row and hub, and what carrying out a plan does to them. */
import type { Fields, Value } from "../document/mod.ts";
import { reconcile } from "./reconcile.ts";
import { content, MAPPING, testCodec } from "./test-codec.ts";
import type { Base, Codec, Plan, Policies, Reading, RowContent, Side } from "./types.ts";

export const POLICIES: Policies = {
  conflict: "merge",
  deletes: "edit-wins",
  direction: "two-way",
  lists: { tags: "set", labels: "list" },
  bodyMerge: "sections",
  authority: {},
};

export interface Row {
  fields: Record<string, Value>;
  body: string;
}

/** What the table's own trigger does to every row that is written. */
export type RowTrigger = (row: Row) => void;

export interface Options {
  policies?: Partial<Policies>;
  codec?: Codec;
  hasBody?: boolean;
  trigger?: RowTrigger;
}

/** Where the carrying out of a plan is cut off. */
export type Cut = "before" | "between" | "none";

const DEFAULTS: Fields = {
  title: null,
  note: null,
  status: "draft",
  tags: null,
  labels: null,
  meta: null,
  rest: "{}",
};

export class World {
  file: { text: string; version: string } | null = null;
  row: Row | null = null;
  hub: { revision: number; deleted: boolean } | null = null;
  texts: string[] = [];
  bases: { bucket: Omit<Base, "text"> | null; table: Omit<Base, "text"> | null } = {
    bucket: null,
    table: null,
  };
  /** Every text and version the hub keeps: revisions and conflict records. */
  kept: string[] = [];
  conflicts = 0;
  writes = { row: 0, object: 0 };
  policies: Policies;
  readonly codec: Codec;
  readonly hasBody: boolean;
  readonly trigger: RowTrigger;
  #versions = 0;
  #clock = 0;
  #written: [file: number, row: number] = [0, 0];

  constructor({ policies, codec = testCodec, hasBody = true, trigger = () => {} }: Options = {}) {
    this.policies = { ...POLICIES, ...policies };
    this.codec = codec;
    this.hasBody = hasBody;
    this.trigger = trigger;
  }

  // Foreign writers.

  putFile(text: string): void {
    this.file = { text, version: `v${++this.#versions}` };
    this.#written[0] = ++this.#clock;
  }

  putRow(change: Partial<Record<string, Value>> = {}, body?: string): void {
    const old = this.row ?? { fields: { ...DEFAULTS }, body: "" };
    this.#store({ fields: { ...old.fields, ...change } as Row["fields"], body: body ?? old.body });
  }

  removeFile(): void {
    this.file = null;
    this.#written[0] = ++this.#clock;
  }

  removeRow(): void {
    this.row = null;
    this.#written[1] = ++this.#clock;
  }

  #store(row: Row): void {
    this.trigger(row);
    this.row = row;
    this.#written[1] = ++this.#clock;
  }

  // What the worker sees.

  /** `fetched`: as a worker that reads everything, changed or not. */
  sides(fetched = false): Side[] {
    const [fileAt, rowAt] = this.#written;
    return [
      {
        store: "bucket",
        base: this.#base("bucket"),
        reading: this.#readFile(fetched),
        dirtyAt: instant(fileAt),
      },
      { store: "table", base: this.#base("table"), reading: this.#readRow(fetched), dirtyAt: instant(rowAt) },
    ];
  }

  plan(sides: readonly Side[] = this.sides()): Plan {
    const { mapping, policies, codec, hasBody } = { mapping: MAPPING, ...this };
    const hub = this.hub && {
      revision: this.hub.revision,
      text: this.hub.deleted ? null : this.#text(this.hub.revision),
    };
    return reconcile({ hub, sides, mapping, policies, codec, hasBody });
  }

  #text(revision: number) {
    return content(this.texts[revision]!, this.codec);
  }

  #base(store: "bucket" | "table"): Base | null {
    const base = this.bases[store];
    return base && { ...base, text: this.#text(base.revision) };
  }

  #readFile(fetched: boolean): Reading {
    if (!this.file) return { state: "absent" };
    const { version, text } = this.file;
    if (!fetched && version === this.bases.bucket?.version) return { state: "unchanged", version };
    return { state: "found", version, content: content(text, this.codec) };
  }

  #readRow(fetched: boolean): Reading {
    if (!this.row) return { state: "absent" };
    const version = hash(this.row);
    if (!fetched && version === this.bases.table?.version) return { state: "unchanged", version };
    return { state: "found", version, content: this.#rowContent() };
  }

  #rowContent(): RowContent {
    const { fields, body } = structuredClone(this.row!);
    return { kind: "row", fields, body: this.hasBody ? body : null };
  }

  // Carrying out.

  /** Carries out a plan as the protocols do; `meanwhile` runs between the hub's transaction and the bucket's write. */
  apply(plan: Plan, cut: Cut = "none", meanwhile: () => void = () => {}): void {
    if (cut === "before") return;
    if (plan.row && plan.row.expect !== (this.row && hash(this.row))) return;
    this.#commit(plan);
    meanwhile();
    if (cut === "none") this.#writeObject(plan);
  }

  #commit(plan: Plan): void {
    const start = this.hub?.revision ?? 0;
    for (const { text } of plan.revisions) {
      this.hub = { revision: (this.hub?.revision ?? 0) + 1, deleted: false };
      this.texts[this.hub.revision] = text;
      this.kept.push(text);
    }
    if (plan.tombstone && this.hub) this.hub.deleted = true;
    if (plan.conflict) {
      this.conflicts++;
      this.kept.push(JSON.stringify(plan.conflict), plan.conflict.file ?? "", plan.conflict.row ?? "");
    }
    for (const store of ["bucket", "table"] as const) {
      const base = plan.bases[store];
      if (base === "drop") this.bases[store] = null;
      else if (base) this.bases[store] = { ...base, revision: start + base.revision };
    }
    if (plan.row) this.#writeRow(plan.row);
  }

  #writeRow(write: NonNullable<Plan["row"]>): void {
    this.writes.row++;
    if (write.op === "delete") {
      this.row = null;
      return;
    }
    const old = this.row ?? { fields: { ...DEFAULTS }, body: "" };
    const cleared = Object.fromEntries(write.clear.map((column) => [column, DEFAULTS[column]!]));
    this.#store({ fields: { ...old.fields, ...cleared, ...write.set }, body: write.body ?? old.body });
    this.bases.table = { version: hash(this.row!), revision: this.hub!.revision, row: this.#rowContent() };
  }

  #writeObject({ object }: Plan): void {
    if (!object || object.expect !== (this.file?.version ?? null)) return;
    this.writes.object++;
    if (object.op === "delete") {
      this.file = null;
      this.bases.bucket = null;
      return;
    }
    this.putFile(object.text);
    this.bases.bucket = { version: this.file!.version, revision: this.hub!.revision, row: null };
  }

  /** Reconciles and carries out until nothing is left to do; gives up after `most` passes. */
  settle(most = 8): Plan[] {
    const plans: Plan[] = [];
    while (plans.length < most) {
      const plan = this.plan();
      plans.push(plan);
      if (plan.outcome === "unchanged" || plan.conflict?.held || plan.quarantine || plan.deferred)
        return plans;
      this.apply(plan);
    }
    throw new Error(`still ${plans.at(-1)?.outcome} after ${most} passes`);
  }

  /** The file's fields as the codec reads them. */
  fileFields(): Fields {
    return content(this.file!.text, this.codec).fields;
  }
}

function instant(clock: number): string {
  return `2024-01-01T00:${String(Math.floor(clock / 60)).padStart(2, "0")}:${String(clock % 60).padStart(2, "0")}Z`;
}

/** The row hash: the same row has the same version. */
function hash(row: Row): string {
  return JSON.stringify([Object.entries(row.fields).sort(), row.body]);
}
