/** Every file of the catalogue at once: put where a good document was, beside good ones, and looked at afterwards. */
import assert from "node:assert/strict";
import {
  decode,
  encode,
  parseDocument,
  readFields,
  renderDocument,
  warningsOf,
} from "../../shared/document/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { FileCase, Line } from "./line.ts";
import type { World } from "./world.ts";

const GOOD = "---\ntitle: Good\nflag: true\n---\nGood body.\n";
const NEIGHBOURS = 12;

/** A case with where it is. */
interface Placed extends FileCase {
  slug: string;
  path: string;
  bytes: Uint8Array;
}

export function placed(lines: readonly Line[]): Placed[] {
  return lines.flatMap(({ id, files = [] }) =>
    files.map((file, index) => {
      const slug = `${id.toLowerCase()}-${index}`;
      const { content } = file;
      const bytes = typeof content === "string" ? encode(content) : content;
      return { ...file, slug, path: `things/${slug}.md`, bytes };
    }),
  );
}

/** Puts everything there and lets the engine work; asserts nothing. */
export async function plantFiles(world: World, files: readonly Placed[]): Promise<void> {
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, index) => `things/neighbour-${index}.md`);
  // Only what is refused must leave something as it was; the others are met for the first time.
  const refused = files.filter(({ expect }) => expect !== "preserved").map(({ path }) => path);
  for (const path of [...refused, ...neighbours]) await world.upload(path, GOOD);
  await world.settle();
  await world.sql.query("create table public.before as select * from public.things");
  for (const [index, { path, bytes }] of files.entries()) {
    await world.upload(path, bytes);
    const neighbour = neighbours[index % NEIGHBOURS]!;
    if (index < NEIGHBOURS) await world.upload(neighbour, GOOD.replace("Good\n", "Better\n"));
  }
  await world.settle();
}

/** The codec's answer to one file: the refusal that is expected, or a document that is the same bytes again. */
export function checkCodec({ name, bytes, expect, codec, warns = [] }: Placed): void {
  const read = () => {
    const document = parseDocument(decode(bytes));
    assert.deepEqual(encode(renderDocument(document, { fields: [] }, new Map())), bytes, name);
    return document;
  };
  if (expect === "preserved" || codec === "preserved") {
    const document = read();
    if (expect === "preserved")
      assert.deepEqual(
        warningsOf(document).map(({ rule }) => rule),
        warns,
        name,
      );
    return;
  }
  assert.throws(
    () => readFields(read(), { fields: [], extra: "rest" }),
    (error) => {
      assert.ok(error instanceof FrontrowError, `${name}: ${(error as Error).stack}`);
      const { code, rule, line } = error;
      assert.deepEqual({ code, rule, line }, { line: undefined, ...expect }, name);
      assert.ok(error.hint, `${name}: has no hint`);
      return true;
    },
  );
}

/** The content sent to the functions instead: refused, told nothing of it, and nothing is marked. */
export async function checkHttp(world: World, { name, bytes, path }: Placed): Promise<void> {
  const given = await world.post("frontrow-ingest/events", bytes);
  assert.ok([400, 413].includes(given.status), `${name}: ${given.status}`);
  await given.body?.cancel();
  const event = { event: { type: "ObjectCreated:Put", payload: { name: path, bucketId: "content" } } };
  const named = await world.post("frontrow-ingest/storage", event);
  assert.equal(named.status, 202, name);
  assert.deepEqual(await named.json(), { marked: 1, ignored: 0 });
}

interface Entry {
  code: string;
  rule: string;
  line: number | null;
  message: string;
  hint: string | null;
}

/** Bucket, row and messages after the engine has worked. */
export async function checkEngine(world: World, file: Placed): Promise<void> {
  const { name, path, slug, bytes, expect, warns = [], row = {} } = file;
  assert.deepEqual(await world.bytesOf(path), bytes, `${name}: the file's bytes stay`);
  const entries = await world.sql.query<Entry>(
    "select code, rule, line, message, hint from frontrow.quarantine where path = $1",
    [path],
  );
  const warned = await world.sql.query<{ code: string }>(
    "select distinct code from frontrow.run_items where path = $1 and outcome = 'warning' order by code",
    [path],
  );
  if (expect === "preserved") {
    assert.deepEqual(entries, [], name);
    assert.deepEqual(
      warned.map(({ code }) => code),
      warns,
      name,
    );
    const found = await world.thing(slug);
    for (const [column, value] of Object.entries(row))
      assert.equal(found?.[column], value, `${name}: ${column}`);
    return;
  }
  const [entry] = entries;
  assert.ok(entry, `${name}: is not quarantined`);
  const { code, rule, line } = entry;
  assert.deepEqual({ code, rule, line: line ?? undefined }, { line: undefined, ...expect }, name);
  assert.ok(entry.message && entry.hint, `${name}: says what and what to do`);
  assert.deepEqual(
    await rowOf(world, "things", slug),
    await rowOf(world, "before", slug),
    `${name}: the row stays`,
  );
}

async function rowOf(world: World, table: string, slug: string): Promise<unknown> {
  return await world.sql.query(`select * from public.${table} where slug = $1`, [slug]);
}

/** The good documents of the same batch have all gone on. */
export async function checkNeighbours(world: World): Promise<void> {
  const titles = await world.sql.query<{ title: string }>(
    "select distinct title from public.things where slug like 'neighbour-%'",
  );
  assert.deepEqual(titles, [{ title: "Better" }]);
}

/** A row that is edited while its file is bad does not write over the file, whatever the file is. */
export async function checkEditedRows(world: World, files: readonly Placed[]): Promise<void> {
  const bad = files.filter(({ expect }) => expect !== "preserved");
  await world.sql.query("update public.things set title = 'Edited' where slug = any ($1)", [
    bad.map(({ slug }) => slug),
  ]);
  await world.settle();
  for (const { name, path, bytes } of bad) assert.deepEqual(await world.bytesOf(path), bytes, name);
}
