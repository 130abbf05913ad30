/**
 * Random schedules of foreign edits, cut off plans and races on one document. Whatever happens: both sides end up the
 * same, no writer's token is lost, a second pass finds nothing, and the engine stops.
 *
 * A failure prints its seed and path; `FRONTROW_SEED=… ` repeats it, `FRONTROW_RUNS=100000` looks longer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as realCodec from "../document/mod.ts";
import { content, testCodec } from "./test-codec.ts";
import { type Options, type Row, World } from "./test-world.ts";
import { type Step, scheduleOf, tokensOf, Writers } from "./test-writers.ts";
import type { Policies } from "./types.ts";

const RUNS = Number(process.env.FRONTROW_RUNS ?? 1000);
/** The same cases each time, so that a failure is news about the code. */
const SEED = Number(process.env.FRONTROW_SEED ?? 20261121);

function play(schedule: readonly Step[], options: Options) {
  const world = new World(options);
  const writers = new Writers(world);
  for (const { edits, cut, race, racing } of schedule) {
    for (const edit of edits) writers.edit(edit);
    const plan = world.plan();
    const others = () => {
      for (const edit of racing) writers.edit(edit);
    };
    if (race === "before") others();
    world.apply(plan, cut, race === "between" ? others : undefined);
  }
  return { world, writers };
}

/** Runs to the end; a conflict that waits for a person is then decided for the file. */
function finish(world: World): void {
  world.writes = { row: 0, object: 0 };
  const last = world.settle().at(-1)!;
  if (last.conflict?.held) {
    world.conflicts++;
    world.policies = { ...world.policies, conflict: "file-wins", deletes: "edit-wins" };
    world.settle();
  }
  for (const fetched of [false, true]) {
    const { outcome, bases, revisions } = world.plan(world.sides(fetched));
    assert.deepEqual(
      [outcome, bases, revisions.length],
      ["unchanged", {}, 0],
      "a second pass finds something",
    );
  }
}

function assertStops({ writes, trigger }: World, most = trigger === QUIET ? 1 : 2): void {
  assert.ok(writes.row <= 1 && writes.object <= most, `${writes.row} row and ${writes.object} object writes`);
}

function assertNothingLost({ world, writers }: ReturnType<typeof play>): void {
  const { file, row, hub, conflicts } = world;
  const current = tokensOf(`${file?.text} ${JSON.stringify(row)}`);
  const kept = tokensOf(world.kept.join());
  // Without a deletion or a conflict nothing may be history that nobody took back.
  const { direction, authority } = world.policies;
  const overrules = direction !== "two-way" || Object.keys(authority).length > 0 || world.trigger !== QUIET;
  const merges = conflicts === 0 && !writers.deleted && !overrules;
  for (const token of writers.live) {
    assert.ok(current.has(token) || (!merges && kept.has(token)), `${token} is lost`);
  }
  for (const token of merges ? writers.removed : []) assert.ok(!current.has(token), `${token} is back`);
  if (hub && !writers.deleted)
    assert.ok(file && row && !hub.deleted, "something was deleted that nobody deleted");
}

/** Where the row has no say, what the table makes of the file's value stands. */
function isAnswer(
  column: string,
  value: unknown,
  said: unknown,
  { authority, direction }: Policies,
): boolean {
  const ruled = direction === "files-to-rows" || authority[column] === "bucket";
  return ruled && said !== undefined && /^(?:seen |about |draft$)/.test(String(value));
}

/** What a row may hold that its file never spoke of. */
function isOwn(column: string, value: unknown, { authority, direction }: Policies): boolean {
  if (value === null || value === "{}" || value === "draft") return true;
  return (
    direction === "files-to-rows" || authority[column] === "bucket" || String(value).startsWith("about ")
  );
}

function assertSame({ file, row, hasBody, hub, bases, texts, codec, policies }: World): void {
  const { direction } = policies;
  // One way, what only the following side has is none of our business.
  if (direction === "files-to-rows" && !file) assert.equal(bases.table, null);
  else if (direction === "rows-to-files" && !row) assert.equal(bases.bucket, null);
  else assert.equal(file === null, row === null, "only one side is there");
  if (!file || !row) return;
  const { fields, body } = content(file.text, codec);
  assert.equal(texts[hub!.revision], file.text, "the hub's text is not the file's");
  for (const [column, value] of Object.entries(row.fields)) {
    if (isAnswer(column, value, fields[column], policies)) continue;
    if (fields[column] !== undefined) assert.deepEqual(value, fields[column], `${column} differs`);
    else assert.ok(isOwn(column, value, policies), `${column} is not in the file`);
  }
  if (hasBody) assert.equal(row.body, body);
}

const QUIET = () => {};
/** A user's trigger that rewrites what is written. */
function rewriting({ fields }: Row): void {
  if (typeof fields.note === "string" && !fields.note.startsWith("seen "))
    fields.note = `seen ${fields.note}`;
  fields.status = typeof fields.title === "string" ? `about ${fields.title}` : "draft";
}

const WORLDS: [name: string, options: Options][] = [
  ["merge", {}],
  ["the real codec", { codec: realCodec }],
  ["no body column", { hasBody: false }],
  ["file wins", { policies: { conflict: "file-wins" } }],
  ["row wins", { policies: { conflict: "row-wins" } }],
  ["newest", { policies: { conflict: "newest", deletes: "delete-wins" } }],
  ["newest, edits over deletions", { policies: { conflict: "newest" } }],
  ["manual", { policies: { conflict: "manual", deletes: "manual" } }],
  ["atomic", { policies: { lists: {}, bodyMerge: "atomic", conflict: "row-wins" } }],
  ["a table that rewrites", { trigger: rewriting }],
  ["files to rows", { policies: { direction: "files-to-rows" } }],
  ["files to rows that are rewritten", { policies: { direction: "files-to-rows" }, trigger: rewriting }],
  ["rows to files", { policies: { direction: "rows-to-files" } }],
  ["authority", { policies: { authority: { title: "table", note: "bucket", tags: "table" } } }],
  [
    "authority over a table that rewrites",
    { policies: { authority: { note: "bucket" } }, trigger: rewriting },
  ],
];

function property(
  name: string,
  deletes: boolean,
  options: Options,
  check: (played: ReturnType<typeof play>) => void,
) {
  test(`${name}, ${deletes ? "with" : "without"} deletions`, () => {
    const holds = fc.property(scheduleOf(deletes), (schedule) => {
      const played = play(schedule, { codec: testCodec, trigger: QUIET, ...options });
      finish(played.world);
      check(played);
    });
    fc.assert(holds, { numRuns: RUNS, seed: SEED });
  });
}

for (const [name, options] of WORLDS) {
  for (const deletes of [false, true]) {
    property(name, deletes, options, (played) => {
      assertSame(played.world);
      assertNothingLost(played);
      assertStops(played.world);
    });
  }
}
