import assert from "node:assert/strict";
import { test } from "node:test";
import * as realCodec from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { content } from "./test-codec.ts";
import { type Options, World } from "./test-world.ts";
import type { Plan, Reading, Side } from "./types.ts";

const doc = (header: string, body = "Body\n") => `---\n${header}\n---\n${body}`;
const A = doc('# mine\ntitle: "A"\nmood: "calm"');

/** A world in which file, row and hub agree on a text. */
function agreed(text = A, options: Options = {}): World {
  const world = new World({ codec: realCodec, ...options });
  world.putFile(text);
  world.settle();
  return world;
}

function step(world: World): Plan {
  const plan = world.plan();
  world.apply(plan);
  assert.equal(world.plan().outcome, "unchanged");
  return plan;
}

const storesOf = (plan: Plan) => plan.revisions.map((revision) => revision.store);
const written = (plan: Plan) => [plan.row?.op ?? null, plan.object?.op ?? null];

test("a new file becomes a row; columns it does not speak of keep their defaults", () => {
  const world = new World();
  world.putFile(A);
  const plan = step(world);
  assert.equal(plan.outcome, "created");
  assert.deepEqual(plan.row, {
    ...{ op: "put", expect: null, clear: [], body: "Body\n" },
    set: { title: "A", rest: '{"mood":"calm"}' },
  });
  assert.equal(plan.object, null);
  assert.equal(plan.bases.bucket && plan.bases.bucket !== "drop" && plan.bases.bucket.revision, 1);
  assert.equal(world.row!.fields.status, "draft");
});

test("a new row becomes a file without its nulls", () => {
  const world = new World();
  world.putRow({ title: "A", tags: ["x"] }, "Body\n");
  const plan = step(world);
  assert.equal(plan.outcome, "created");
  assert.deepEqual(written(plan), [null, "put"]);
  assert.deepEqual(world.fileFields(), { title: "A", status: "draft", tags: ["x"] });
});

test("an edit of the file writes the columns it changed and nothing else", () => {
  const world = agreed();
  world.putFile(A.replace('"A"', '"B"'));
  const plan = step(world);
  assert.equal(plan.outcome, "updated");
  assert.deepEqual(storesOf(plan), ["bucket"]);
  assert.ok(plan.row?.op === "put");
  assert.deepEqual([{ ...plan.row.set }, plan.row.clear, plan.row.body], [{ title: "B" }, [], null]);
});

test("an edit of a comment is a revision; the row is not written and its base moves on", () => {
  const world = agreed();
  world.putFile(A.replace("# mine", "# yours"));
  const plan = step(world);
  assert.deepEqual([plan.revisions.length, ...written(plan)], [1, null, null]);
  assert.deepEqual(Object.keys(plan.bases), ["bucket", "table"]);
});

test("the same bytes in a new version move the base only", () => {
  const world = agreed();
  world.putFile(A);
  const plan = step(world);
  assert.deepEqual([plan.outcome, plan.revisions.length, ...written(plan)], ["adopted", 0, null, null]);
});

test("an edit of the row is rendered into the file's text", () => {
  const world = agreed();
  world.putRow({ title: "B" });
  const plan = step(world);
  assert.deepEqual(storesOf(plan), ["table"]);
  assert.equal(world.file!.text, A.replace('"A"', '"B"'));
});

test("a key that is gone resets its column; a null is written as null", () => {
  const world = agreed(doc('title: "A"\nnote: "n"\nstatus: "live"'));
  world.putFile(doc('title: "A"\nnote:'));
  const plan = step(world);
  assert.ok(plan.row?.op === "put");
  assert.deepEqual([{ ...plan.row.set }, plan.row.clear], [{ note: null }, ["status"]]);
  assert.deepEqual([world.row!.fields.note, world.row!.fields.status], [null, "draft"]);
});

test("a row's null clears a key of the file, and is nothing where the file never had one", () => {
  const world = agreed();
  world.putRow({ title: null, status: null });
  step(world);
  assert.equal(world.fileFields().title, null);
  assert.ok(!("status" in world.fileFields()));
});

test("changes of different fields merge into the file's text", () => {
  const world = agreed();
  world.putFile(A.replace("# mine", "# yours").replace('"calm"', '"wild"'));
  world.putRow({ title: "B", tags: ["t"] });
  const plan = step(world);
  assert.equal(plan.outcome, "merged");
  assert.deepEqual(storesOf(plan), ["bucket", "merge"]);
  assert.deepEqual(written(plan), ["put", "put"]);
  assert.ok(plan.bases.bucket && plan.bases.bucket !== "drop");
  assert.equal(plan.bases.bucket.revision, 1);
  assert.match(world.file!.text, /# yours\ntitle: "?B"?\nmood: "wild"\ntags/);
  assert.equal(world.row!.fields.rest, '{"mood":"wild"}');
});

test("a file edited while its last write was still on the way merges with that write", () => {
  const world = agreed();
  world.putRow({ title: "B" });
  world.apply(world.plan(), "between");
  world.putFile(A.replace("# mine", "# yours"));
  const plan = step(world);
  assert.deepEqual(storesOf(plan), ["bucket", "merge"]);
  assert.equal(world.file!.text, A.replace("# mine", "# yours").replace('"A"', '"B"'));
});

test("the same change on both sides is no overlap", () => {
  const world = agreed();
  world.putFile(A.replace('"A"', '"B"'));
  world.putRow({ title: "B" });
  const plan = step(world);
  assert.deepEqual([plan.conflict, ...written(plan)], [null, null, null]);
});

function overlapping(options: Options = {}): World {
  const world = agreed(A, options);
  world.putFile(A.replace('"A"', '"F"').replace("Body", "Body of file"));
  world.putRow({ title: "R" });
  return world;
}

test("what overlaps is held, with the base and both versions, and nothing is written", () => {
  for (const conflict of ["merge", "manual"] as const) {
    const { outcome, conflict: note, ...rest } = overlapping({ policies: { conflict } }).plan();
    assert.equal(outcome, "conflict");
    assert.deepEqual(rest, {
      ...{
        revisions: [],
        tombstone: false,
        bases: {},
        row: null,
        object: null,
        quarantine: null,
        deferred: null,
      },
    });
    assert.deepEqual([note!.held, note!.overlaps], [true, [{ column: "title" }]]);
    assert.deepEqual([note!.base, note!.file], [A, A.replace('"A"', '"F"').replace("Body", "Body of file")]);
    assert.equal(note!.row, A.replace('"A"', '"R"'));
  }
});

test("a policy that decides keeps both versions", () => {
  for (const [conflict, title] of [
    ["file-wins", "F"],
    ["row-wins", "R"],
    ["newest", "R"],
  ] as const) {
    const world = overlapping({ policies: { conflict } });
    const plan = step(world);
    assert.deepEqual([plan.conflict!.held, plan.conflict!.decidedBy], [false, conflict]);
    assert.equal(world.row!.fields.title, title);
    assert.equal(world.row!.body, "Body of file\n");
    const texts = plan.revisions.map((revision) => revision.text).join();
    assert.ok(texts.includes('"F"') && texts.includes('"R"'));
  }
});

test("newest: a tie goes to the file, and fractions of a second count", () => {
  const world = overlapping({ policies: { conflict: "newest" } });
  const titleOf = (fileAt: string, rowAt: string) => {
    const [file, row] = world.sides();
    const plan = world.plan([
      { ...file!, dirtyAt: fileAt },
      { ...row!, dirtyAt: rowAt },
    ]);
    return plan.revisions.at(-1)!.fields.title;
  };
  assert.equal(titleOf("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), "F");
  assert.equal(titleOf("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5Z"), "R");
  assert.equal(titleOf("2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z"), "F");
});

test("manual merges what does not overlap, and holds lists and bodies both sides changed", () => {
  const world = agreed(doc('title: "A"\ntags: ["a"]', "1\n2\n3\n"), { policies: { conflict: "manual" } });
  world.putRow({ tags: ["a", "r"] }, "1\n2\nR\n");
  world.putFile(doc('title: "A"\ntags: ["a", "f"]', "F\n2\n3\n"));
  assert.deepEqual(world.plan().conflict!.overlaps, [{ column: "tags" }, { column: "(body)" }]);
  world.policies = { ...world.policies, conflict: "merge" };
  step(world);
  assert.deepEqual(world.row!.fields.tags, ["a", "f", "r"]);
  assert.equal(world.row!.body, "F\n2\nR\n");
});

test("a first meeting: equal is fine, nothing is no opinion, different overlaps", () => {
  const world = new World({ codec: realCodec });
  world.putFile(doc('title: "A"\nnote: "n"'));
  world.putRow({ title: "A", note: null, tags: ["t"] }, "Body\n");
  step(world);
  assert.deepEqual([world.row!.fields.note, world.fileFields().tags], ["n", ["t"]]);
  const other = new World({ codec: realCodec });
  other.putFile(doc('title: "A"'));
  other.putRow({ title: "B" });
  assert.deepEqual(other.plan().conflict!.overlaps, [{ column: "title" }]);
});

test("a file that is gone takes the row with it, and the other way round", () => {
  const world = agreed();
  world.file = null;
  const plan = step(world);
  assert.deepEqual(
    [plan.outcome, plan.tombstone, plan.bases],
    ["deleted", true, { bucket: "drop", table: "drop" }],
  );
  assert.equal(world.row, null);
  const other = agreed();
  other.row = null;
  assert.deepEqual(written(step(other)), [null, "delete"]);
  assert.equal(other.file, null);
});

test("both gone is a tombstone without a conflict, even with a write on the way", () => {
  const world = agreed();
  world.putRow({ title: "B" });
  world.apply(world.plan(), "between");
  world.file = null;
  world.row = null;
  const plan = step(world);
  assert.deepEqual([plan.tombstone, plan.conflict, plan.revisions], [true, null, []]);
});

test("edit wins against deletion: the deleted side is restored whole", () => {
  const world = agreed();
  world.file = null;
  world.putRow({ title: "B" });
  const plan = step(world);
  assert.deepEqual(
    [plan.conflict!.held, plan.conflict!.decidedBy, plan.conflict!.file],
    [false, "edit-wins", null],
  );
  assert.equal(world.file!.text, A.replace('"A"', '"B"'));

  const other = agreed();
  other.row = null;
  other.putFile(A.replace('"A"', '"B"'));
  assert.equal(step(other).conflict!.row, null);
  assert.deepEqual([other.row!.fields.title, other.row!.fields.rest], ["B", '{"mood":"calm"}']);
});

test("a file deleted before a row's edit reached it comes back with that edit", () => {
  const world = agreed();
  world.putRow({ title: "B" });
  world.apply(world.plan(), "between");
  world.file = null;
  const plan = step(world);
  assert.equal(plan.conflict?.decidedBy, "edit-wins");
  assert.equal(world.file!.text, A.replace('"A"', '"B"'));
});

test("where one store has authority nothing overlaps", () => {
  const world = overlapping({ policies: { authority: { title: "table" } } });
  const plan = step(world);
  assert.equal(plan.conflict, null);
  assert.ok(plan.revisions[0]!.text.includes('"F"'));
  assert.equal(world.fileFields().title, "R");
});

test("delete wins, with the edit in the history", () => {
  const world = agreed(A, { policies: { deletes: "delete-wins" } });
  world.row = null;
  world.putFile(A.replace('"A"', '"B"'));
  const plan = step(world);
  assert.deepEqual([plan.outcome, plan.tombstone, storesOf(plan)], ["deleted", true, ["bucket"]]);
  assert.equal(world.file, null);
});

test("manual: a deletion against an edit waits for a person", () => {
  const world = agreed(A, { policies: { deletes: "manual" } });
  world.row = null;
  world.putFile(A.replace('"A"', '"B"'));
  const { conflict } = world.plan();
  assert.deepEqual([conflict!.held, conflict!.overlaps], [true, [{ column: "(document)" }]]);
});

test("a comment edited while the row was deleted is an edit", () => {
  const world = agreed();
  world.row = null;
  world.putFile(A.replace("# mine", "# yours"));
  step(world);
  assert.ok(world.row);
});

test("a deletion half carried out goes on; a file edited meanwhile comes back", () => {
  const world = agreed();
  world.row = null;
  world.apply(world.plan(), "between");
  assert.deepEqual(written(world.plan()), [null, "delete"]);
  world.putFile(A.replace('"A"', '"B"'));
  step(world);
  assert.equal(world.row!.fields.title, "B");
});

test("after a tombstone a file or a row is a new document", () => {
  const world = agreed();
  world.file = null;
  world.settle();
  world.putFile(A);
  assert.equal(step(world).outcome, "created");
  world.row = null;
  world.settle();
  world.putRow({ title: "again" });
  assert.equal(step(world).outcome, "created");
});

test("unknown defers and invalid quarantines, whatever else is there", () => {
  const unknown: Reading = { state: "unknown", error: new FrontrowError("STORE_UNAVAILABLE", "down") };
  const invalid: Reading = { state: "invalid", version: "v9", error: new FrontrowError("NUL_BYTE", "nul") };
  const nothing = { revisions: [], tombstone: false, bases: {}, row: null, object: null, conflict: null };
  for (const direction of ["two-way", "files-to-rows", "rows-to-files"] as const) {
    const world = agreed(A, { policies: { direction: "two-way" } });
    world.policies = { ...world.policies, direction };
    world.putRow({ title: "B" });
    const [file, row] = world.sides();
    assert.partialDeepStrictEqual(world.plan([file!, { ...row!, reading: unknown }]), {
      outcome: "deferred",
      ...nothing,
    });
    const plan = world.plan([{ ...file!, reading: invalid }, row!]);
    assert.partialDeepStrictEqual(plan, { outcome: "quarantined", ...nothing });
    assert.partialDeepStrictEqual(plan.quarantine!, { store: "bucket", version: "v9" });
  }
});

test("a change that cannot be rendered quarantines the side it came from", () => {
  const world = agreed(doc("title: &a A\nnote: *a"));
  world.putRow({ title: "B" });
  const plan = world.plan();
  assert.equal(plan.quarantine?.store, "table");
  assert.equal(plan.quarantine?.error.code, "CANNOT_SPLICE");
  assert.deepEqual([plan.revisions, plan.row, plan.object], [[], null, null]);
});

function importing(world: World, text: string): Side[] {
  const reading: Reading = { state: "found", version: "disk", content: content(text, realCodec) };
  const [file, row] = world.sides();
  return [file!, { store: "directory", base: null, reading, dirtyAt: null }, row!];
}

test("an imported file is as good as an upload, and the bucket follows", () => {
  const world = agreed();
  const plan = world.plan(importing(world, A.replace('"A"', '"D"')));
  assert.deepEqual(storesOf(plan), ["directory"]);
  assert.deepEqual(written(plan), ["put", "put"]);
  world.apply(plan);
  assert.equal(world.file!.text, A.replace('"A"', '"D"'));
  assert.equal(world.plan().outcome, "unchanged");
});

test("an import of what was there before changes nothing; of a new document it creates both", () => {
  const world = agreed();
  assert.equal(world.plan(importing(world, A)).outcome, "unchanged");
  const empty = new World({ codec: realCodec });
  empty.apply(empty.plan(importing(empty, A)));
  assert.deepEqual([empty.file!.text, empty.row!.fields.title], [A, "A"]);
  assert.equal(empty.plan().outcome, "unchanged");
});

test("an import merges with what bucket and row have changed since", () => {
  const world = agreed();
  world.putFile(A.replace('"calm"', '"wild"'));
  world.putRow({ tags: ["t"] });
  world.apply(world.plan(importing(world, A.replace('"A"', '"D"'))));
  assert.equal(world.plan().outcome, "unchanged");
  assert.deepEqual(
    [world.row!.fields.title, world.row!.fields.rest, world.row!.fields.tags],
    ["D", '{"mood":"wild"}', ["t"]],
  );
});

test("files to rows: a row's edit is reverted and kept, a missing row comes back", () => {
  const world = agreed(A, { policies: { direction: "files-to-rows" } });
  world.putRow({ title: "R", note: "mine" });
  const plan = step(world);
  assert.deepEqual(storesOf(plan), ["table", "merge"]);
  assert.deepEqual([world.row!.fields.title, world.row!.fields.note, world.file!.text], ["A", "mine", A]);
  world.row = null;
  step(world);
  assert.equal(world.row!.fields.title, "A");
});

test("rows to files: a file's edit is reverted and kept, a missing file comes back, a stranger is left alone", () => {
  const world = new World({ codec: realCodec, policies: { direction: "rows-to-files" } });
  world.putFile(A);
  assert.deepEqual(world.plan().outcome, "unchanged");
  world.putRow({ title: "R" }, "Body\n");
  const first = step(world);
  assert.equal(first.revisions[0]!.text, A);
  assert.match(world.file!.text, /# mine\ntitle: "?R"?\n/);
  const { text } = world.file!;
  world.putFile(A);
  const plan = step(world);
  assert.deepEqual(plan.object, { op: "put", text, expect: "v3" });
  assert.ok(plan.revisions.some((revision) => revision.text === A));
  world.file = null;
  step(world);
  assert.equal(world.file!.text, text);
});

test("what a store has no authority over is reverted there, and kept", () => {
  const world = agreed(A, { policies: { authority: { title: "bucket", note: "table" } } });
  world.putRow({ title: "R", note: "n" });
  const plan = step(world);
  assert.equal(plan.conflict, null);
  assert.ok(plan.revisions.some((revision) => revision.store === "table" && revision.fields.title === "R"));
  assert.deepEqual([world.row!.fields.title, world.fileFields().note], ["A", "n"]);
  world.putFile(world.file!.text.replace(/note:.*/, "note: mine"));
  step(world);
  assert.deepEqual([world.row!.fields.note, world.fileFields().note], ["n", "n"]);
});

test("an edit in a column where its word does not count is not in the way of a deletion, and is kept", () => {
  const world = agreed(A, { policies: { authority: { title: "bucket" } } });
  world.file = null;
  world.putRow({ title: "R" });
  const plan = step(world);
  assert.deepEqual([plan.outcome, plan.conflict, world.row], ["deleted", null, null]);
  assert.ok(plan.revisions.some(({ store, fields }) => store === "table" && fields.title === "R"));

  const other = agreed(A, { policies: { authority: { title: "table" } } });
  other.row = null;
  other.putFile(A.replace('"A"', '"F"'));
  const mirrored = step(other);
  assert.deepEqual([mirrored.outcome, mirrored.conflict, other.file], ["deleted", null, null]);
  assert.ok(mirrored.revisions.some(({ store, fields }) => store === "bucket" && fields.title === "F"));
});

test("an edit that undoes a deletion brings back only what its store may say", () => {
  const world = agreed(A, { policies: { authority: { title: "bucket" } } });
  world.file = null;
  world.putRow({ title: "R", note: "n" });
  const plan = step(world);
  assert.deepEqual(plan.conflict!.overlaps, [{ column: "(document)" }]);
  assert.deepEqual([world.fileFields().title, world.fileFields().note], ["A", "n"]);
  assert.deepEqual([world.row!.fields.title, world.row!.fields.note], ["A", "n"]);
  assert.ok(plan.revisions.some(({ store, fields }) => store === "table" && fields.title === "R"));
});

test("a field mapped later takes its first value from the file", () => {
  const world = agreed(doc('title: "A"\nnote: "n"'));
  const { note: _, ...fields } = world.bases.table!.row!.fields;
  world.bases.table = { ...world.bases.table!, version: "old", row: { ...world.bases.table!.row!, fields } };
  world.row!.fields.note = null;
  const plan = step(world);
  assert.ok(plan.row?.op === "put");
  assert.deepEqual({ ...plan.row.set }, { note: "n" });
});

test("a field mapped later that differs overlaps", () => {
  const world = agreed(doc('title: "A"\nnote: "n"'));
  const { note: _, ...fields } = world.bases.table!.row!.fields;
  world.bases.table = { ...world.bases.table!, version: "old", row: { ...world.bases.table!.row!, fields } };
  world.putRow({ note: "other" });
  assert.deepEqual(world.plan().conflict!.overlaps, [{ column: "note" }]);
});

test("what a trigger makes of a value comes back to the file once", () => {
  const world = agreed(A, {
    trigger: ({ fields }) => {
      fields.title = String(fields.title).toLowerCase();
    },
  });
  assert.match(world.file!.text, /title: "?a"?\n/);
  assert.deepEqual(world.writes, { row: 1, object: 1 });
});

test("a new file fills even the columns that belong to the table, as there is no row yet to ask", () => {
  const world = new World({ policies: { authority: { title: "table" } } });
  world.putFile(A);
  const plan = step(world);
  assert.deepEqual([plan.object, world.row!.fields.title], [null, "A"]);
});

test("a person is asked about the row that is there, not about what the hub last heard of it", () => {
  const world = new World({ codec: realCodec });
  world.putRow({ title: "old" });
  world.apply(world.plan(), "between");
  world.putFile(A);
  world.putRow({ title: "newest", note: "n" });
  const { outcome, conflict } = world.plan();
  assert.equal(outcome, "conflict");
  assert.equal(conflict!.row, '---\ntitle: newest\nstatus: draft\nnote: "n"\n---\n');
  assert.equal(conflict!.file, A);
  assert.deepEqual(conflict!.overlaps, [{ column: "title" }]);
});

for (const conflict of ["newest", "row-wins", "merge"] as const) {
  test(`a row that is gone wins nothing from a file that is there: ${conflict}; found by the torture`, () => {
    const world = agreed(A, { policies: { conflict } });
    world.putRow({ title: "of the row", note: "n" });
    world.removeFile();
    // The hub has taken the row's edit, but the file it would write is in the way of a new one.
    world.apply(world.plan(), "between");
    const file = doc('title: "of the file"', "Another body\n");
    world.putFile(file);
    world.removeRow();
    const plan = step(world);
    assert.deepEqual([world.fileFields().title, world.row!.fields.title], ["of the file", "of the file"]);
    assert.deepEqual(
      [world.file!.text.endsWith("---\nAnother body\n"), world.row!.body],
      [true, "Another body\n"],
    );
    // The record has the file as it was, whatever the merge then made of it.
    if (plan.conflict) assert.equal(plan.conflict.file, file);
  });
}

test("the record of two decisions in one plan has the file as it was read", () => {
  const world = agreed(A, { policies: { conflict: "newest" } });
  world.putRow({ title: "first" });
  world.apply(world.plan(), "between");
  const file = doc('title: "of the file"\nnote: "of the file"');
  world.putFile(file);
  world.putRow({ note: "second" });
  const { conflict } = step(world);
  assert.deepEqual(conflict!.overlaps, [{ column: "title" }, { column: "note" }]);
  assert.deepEqual([world.fileFields().title, world.fileFields().note], ["first", "second"]);
  assert.equal(conflict!.file, file);
});
