/** What the oracle finds, and what it forgives. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Entry } from "./monitor.ts";
import { type Evidence, type Final, judge } from "./verdict.ts";

const path = "notes/x.md";
const base: Entry = {
  store: "file",
  engine: false,
  oldPath: path,
  newPath: path,
  before: null,
  after: null,
  isBlind: false,
};
const user = (store: "file" | "row", before: string | null, after: string | null): Entry => ({
  ...base,
  store,
  before,
  after,
  oldPath: before === null ? null : path,
  newPath: after === null ? null : path,
});
const engine = (store: "file" | "row", before: string | null, after: string | null): Entry => ({
  ...user(store, before, after),
  engine: true,
});
const final = (file: string | null, row: string | null, more: Partial<Final> = {}): Final => ({
  path,
  file,
  row,
  agree: file === row,
  aside: false,
  ...more,
});
const found = (evidence: Partial<Evidence>) => {
  const { events, ...verdict } = judge({ journal: [], finals: [], history: "", conflicts: [], ...evidence });
  return Object.fromEntries(Object.entries(verdict).filter(([, list]) => list.length > 0));
};

const [t1, t2, t3] = ["a: t1t\n", "a: t2t\n", "a: t3t\n"] as const;

describe("lost", () => {
  test("a token that is on one side only", () => {
    const journal = [user("file", null, t1)];
    assert.deepEqual(found({ journal, finals: [final(t1, null, { agree: true })] }), {
      lost: [`t1t of ${path} (file)`],
    });
    assert.deepEqual(found({ journal, finals: [final(t1, t1)] }), {});
  });
  test("not what somebody overwrote who saw it, on either side", () => {
    assert.deepEqual(
      found({ journal: [user("file", null, t1), user("row", t1, t2)], finals: [final(t2, t2)] }),
      {},
    );
  });
  test("what the engine overwrote", () => {
    const journal = [user("file", null, t1), user("row", null, t2), engine("file", t1, t2)];
    assert.deepEqual(Object.keys(found({ journal, finals: [final(t2, t2)] })), ["lost", "backward"]);
  });
  test("not what a conflict record keeps; history keeps only what was deleted", () => {
    const journal = [user("file", null, t1)];
    assert.deepEqual(found({ journal, conflicts: [{ path, record: t1 }] }), {});
    assert.deepEqual(Object.keys(found({ journal, history: t1 })), ["lost"]);
    const deletion = user("row", t2, null);
    assert.deepEqual(found({ journal: [...journal, deletion], history: t1 }), {});
  });
  test("not what waits for a person", () => {
    assert.deepEqual(
      found({ journal: [user("row", null, t1)], finals: [final(t2, t1, { aside: true })] }),
      {},
    );
  });
  test("a token after a line break in JSON counts", () => {
    const row = JSON.stringify({ body: "\nt7t\n" });
    assert.deepEqual(Object.keys(found({ journal: [user("row", null, row)] })), ["lost"]);
  });
});

describe("backward", () => {
  test("a counter that goes down", () => {
    const journal = [
      user("file", null, t2),
      user("file", t2, t3),
      engine("row", '{"a": "t3t"}', '{"a": "t2t"}'),
    ];
    assert.deepEqual(found({ journal, finals: [final(t3, t3)] }), {
      backward: [`${path}: a went from 3 to 2 (row)`, `${path}: t3t taken out unseen (row)`],
    });
  });
  test("not where a conflict was decided", () => {
    const journal = [engine("row", '{"a": "t3t"}', '{"a": "t2t"}')];
    assert.deepEqual(found({ journal, conflicts: [{ path, record: `${t2}${t3}` }] }), {});
  });
  test("a version replaced that was not the one meant", () => {
    const journal = [{ ...engine("file", t1, t1), isBlind: true }];
    assert.deepEqual(Object.keys(found({ journal })), ["backward"]);
  });
  test("not what its user took along to another name", () => {
    const moved: Entry = { ...user("file", t1, t1), newPath: "notes/y.md" };
    const journal = [moved, engine("row", t1, "a: t2t\n")];
    assert.deepEqual(found({ journal }), {});
  });
});

test("resurrected: all that is there was deleted by one who saw it", () => {
  const journal = [user("file", null, t1), user("file", t1, null)];
  assert.deepEqual(found({ journal, finals: [final(t1, t1)] }), { resurrected: [path] });
  assert.deepEqual(found({ journal, finals: [final(t1 + t2, t1 + t2)] }), {});
});

test("unconverged: the sides differ and nobody knows", () => {
  assert.deepEqual(found({ finals: [final(t1, t2)] }), { unconverged: [path] });
  assert.deepEqual(found({ finals: [final(t1, t2, { aside: true })] }), {});
});
