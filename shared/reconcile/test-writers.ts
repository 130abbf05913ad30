/** Foreign writers for random schedules: every value they write is a token of its own, so none can vanish unseen. */
import fc from "fast-check";
import type { Value } from "../document/mod.ts";
import { content, MAPPING } from "./test-codec.ts";
import type { Cut, World } from "./test-world.ts";

type Kind =
  | ("set" | "clear" | "list" | "unlist" | "extra" | "unextra" | "body" | "unbody")
  | ("comment" | "touch" | "create" | "delete");

export interface Edit {
  side: "file" | "row";
  kind: Kind;
  /** Picks the column, the line, the item. */
  at: number;
}

/** Some edits, then a pass that may be cut off, with other edits in the middle of it. */
export interface Step {
  edits: Edit[];
  cut: Cut;
  race: "none" | "before" | "between";
  racing: Edit[];
}

const KINDS: Kind[] = [
  "set",
  "set",
  "set",
  "clear",
  "list",
  "list",
  "unlist",
  "extra",
  "unextra",
  "body",
  "body",
  "unbody",
];

function editOf(deletes: boolean): fc.Arbitrary<Edit> {
  const both: Kind[] = [...KINDS, "create", "create", ...(deletes ? (["delete", "delete"] as const) : [])];
  const of = (side: Edit["side"], kinds: Kind[]) =>
    fc.record({ side: fc.constant(side), kind: fc.constantFrom(...kinds), at: fc.nat(11) });
  return fc.oneof(of("file", [...both, "comment", "touch"]), of("row", both));
}

export function scheduleOf(deletes: boolean): fc.Arbitrary<Step[]> {
  const step = fc.record({
    edits: fc.array(editOf(deletes), { maxLength: 4 }),
    cut: fc.constantFrom<Cut[]>("none", "none", "before", "between"),
    race: fc.constantFrom("none", "none", "before", "between"),
    racing: fc.array(editOf(deletes), { minLength: 1, maxLength: 2 }),
  });
  const start: Step = { edits: [], cut: "none", race: "none", racing: [] };
  const created = fc.constantFrom<Edit[]>(
    { side: "file", kind: "create", at: 0 },
    { side: "row", kind: "create", at: 0 },
  );
  return fc
    .tuple(created, fc.array(step, { minLength: 1, maxLength: 6 }))
    .map(([edit, steps]) => [{ ...start, edits: [edit] }, ...(steps as Step[])]);
}

const SCALARS = ["title", "note", "status"];

export function tokensOf(text: string): Set<string> {
  return new Set(text.match(/T\d+T/g) ?? []);
}

export class Writers {
  /** Tokens written, and not overwritten by a writer who had seen them. */
  readonly live = new Set<string>();
  /** Tokens a writer took away. */
  readonly removed = new Set<string>();
  /** Whether anyone ever deleted anything. */
  deleted = false;
  readonly #world: World;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  edit({ side, kind, at }: Edit): void {
    const before = this.#tokens(side);
    if (side === "file") this.#editFile(kind, at);
    else this.#editRow(kind, at);
    const after = this.#tokens(side);
    for (const token of before) {
      if (after.has(token)) continue;
      this.live.delete(token);
      this.removed.add(token);
    }
    for (const token of after) if (!before.has(token)) this.live.add(token);
    if (kind === "delete") this.deleted = true;
  }

  #tokens(side: Edit["side"]): Set<string> {
    const { file, row } = this.#world;
    return tokensOf(side === "file" ? (file?.text ?? "") : JSON.stringify(row));
  }

  #token(): string {
    return `T${++this.#count}T`;
  }

  #editFile(kind: Kind, at: number): void {
    const world = this.#world;
    if (kind === "delete") world.removeFile();
    if (!world.file) {
      const text = () => `---\n# ${this.#token()}\ntitle: "${this.#token()}"\n---\n${this.#token()}\n\nend\n`;
      if (kind === "create") world.putFile(text());
      return;
    }
    const now = content(world.file.text, world.codec);
    if (kind === "comment") {
      world.putFile(now.text.replace(/^---\n(#.*\n)?/, `---\n# ${this.#token()}\n`));
      return;
    }
    const changes = new Map<string, Value | undefined>(this.#change(kind, at, now.fields));
    const column = SCALARS[at % SCALARS.length]!;
    if (kind === "clear" && Object.hasOwn(now.fields, column)) changes.set(column, at > 5 ? null : undefined);
    const body = this.#editBody(now.body, kind, at);
    world.putFile(world.codec.renderDocument(now.document, MAPPING, changes, body));
  }

  #editRow(kind: Kind, at: number): void {
    const world = this.#world;
    if (kind === "delete") world.removeRow();
    if (!world.row) {
      if (kind === "create")
        world.putRow({ title: this.#token() }, world.hasBody ? `${this.#token()}\n` : "");
      return;
    }
    const cleared: [string, Value][] = kind === "clear" ? [[SCALARS[at % SCALARS.length]!, null]] : [];
    const changes = Object.fromEntries([...cleared, ...this.#change(kind, at, world.row.fields)]);
    world.putRow(changes, world.hasBody ? this.#editBody(world.row.body, kind, at) : undefined);
  }

  #change(kind: Kind, at: number, fields: Readonly<Record<string, Value>>): [string, Value][] {
    const column = at % 2 ? "tags" : "labels";
    const list = (fields[column] ?? []) as string[];
    const rest = JSON.parse((fields.rest as string | null | undefined) ?? "{}") as Record<string, string>;
    const key = `x${at % 3}`;
    switch (kind) {
      case "set":
        return [[SCALARS[at % SCALARS.length]!, this.#token()]];
      case "list":
        return [[column, list.toSpliced(at % (list.length + 1), 0, this.#token())]];
      case "unlist":
        return list.length > 0 ? [[column, list.toSpliced(at % list.length, 1)]] : [];
      case "extra":
        return [["rest", sorted({ ...rest, [key]: this.#token() })]];
      case "unextra":
        return key in rest ? [["rest", sorted({ ...rest, [key]: undefined })]] : [];
      default:
        return [];
    }
  }

  #editBody(body: string, kind: Kind, at: number): string {
    const lines = body.split("\n");
    const line = at % lines.length;
    if (kind === "body") return lines.toSpliced(line, at % 2, this.#token()).join("\n");
    return kind === "unbody" ? lines.toSpliced(line, 1).join("\n") : body;
  }
}

function sorted(value: Record<string, string | undefined>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
