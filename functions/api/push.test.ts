/** What a program pushes: done once, onto the revision it was made from, or answered with what is there. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openValve } from "../../scripts/testing/garden.ts";
import * as schemas from "./schemas.ts";
import { answered, startApi, type TestApi } from "./test-api.ts";

let api: TestApi;
before(async () => {
  api = await startApi({ config: openValve }, { documents: 3 });
});
after(() => api.garden.stop());

const path = (user: string, slug: string) => `users/${user}/parts/${slug}.md`;
const text = (name: string, body = "Hello.\n") => `---\n# kept\nname: ${name}\nstatus: active\n---\n${body}`;

interface Item {
  path: string;
  expected: number | null;
  text: string | null;
}

async function push(items: Item[], request: string = crypto.randomUUID(), headers = api.program) {
  const body = { request, message: "a push", items: items.map((item) => ({ collection: "parts", ...item })) };
  return answered(schemas.pushAnswer, await api.call("/push", headers, body));
}

async function one(item: Item, request?: string) {
  const { items } = await push([item], request);
  return items[0]!;
}

async function revisions(of: string): Promise<string[]> {
  const rows = await api.garden.sql.query<{ said: string }>(
    "select concat_ws(' ', revision, store, author, message, case when deleted then 'deleted' end) as said from frontrow.revisions where path = $1 order by revision",
    [of],
  );
  return rows.map(({ said }) => said);
}

test("a new document, an edit, a deletion and a return: file, row and history follow", async () => {
  const at = path("one", "a");
  const headers = { ...api.program, "x-frontrow-author": "ann@example.org" };
  const step = async (expected: number | null, said: string | null) =>
    (await push([{ path: at, expected, text: said }], crypto.randomUUID(), headers)).items[0]!;
  assert.deepEqual(await step(null, text("A")), {
    collection: "parts",
    path: at,
    outcome: "accepted",
    revision: 1,
  });
  assert.equal(await api.garden.read(at), text("A"));
  assert.equal((await api.garden.row(at))!.name, "A");
  assert.equal((await step(1, text("B"))).revision, 2);
  assert.equal(await api.garden.read(at), text("B"));
  assert.equal((await api.garden.row(at))!.name, "B");
  assert.deepEqual(await step(2, null), {
    collection: "parts",
    path: at,
    outcome: "accepted",
    revision: null,
  });
  assert.equal(await api.garden.read(at), null);
  assert.equal(await api.garden.row(at), null);
  assert.equal((await step(null, text("C"))).outcome, "accepted");
  assert.equal(await api.garden.read(at), text("C"));
  assert.deepEqual(await revisions(at), [
    "1 directory ann@example.org a push",
    "2 directory ann@example.org a push",
    "3 directory ann@example.org a push deleted",
    "4 directory ann@example.org a push",
  ]);
  assert.deepEqual((await api.garden.drain()).counts, {}, "nothing echoes");
});

test("what meets a newer revision is answered with it, and nothing is changed", async () => {
  const at = path("two", "a");
  await one({ path: at, expected: null, text: text("A") });
  await api.garden.sql.query("update public.parts set name = 'Row' where user_id = 'two'");
  const stale = await one({ path: at, expected: 1, text: text("Mine") });
  assert.deepEqual(stale, {
    collection: "parts",
    path: at,
    outcome: "newer",
    revision: 2,
    text: text("Row"),
  });
  assert.equal(await api.garden.read(at), text("Row"), "the row's edit was brought to the file on the way");
  assert.equal((await one({ path: at, expected: 1, text: null })).outcome, "newer", "a deletion as well");
  assert.equal((await one({ path: at, expected: null, text: text("New") })).outcome, "newer");
  const merged = await one({ path: at, expected: 2, text: text("Row", "And mine.\n") });
  assert.deepEqual([merged.outcome, merged.revision], ["accepted", 3]);
  await one({ path: at, expected: 3, text: null });
  const gone = await one({ path: at, expected: 3, text: text("Edited") });
  assert.deepEqual(gone, { collection: "parts", path: at, outcome: "newer", revision: null, text: null });
});

test("a file that was edited meanwhile is newer too, though nothing had brought it in yet", async () => {
  const at = path("three", "a");
  await one({ path: at, expected: null, text: text("A") });
  await api.garden.upload(at, text("File"));
  const answer = await one({ path: at, expected: 1, text: text("Mine") });
  assert.deepEqual([answer.outcome, answer.revision, answer.text], ["newer", 2, text("File")]);
});

test("undoing what the hub holds is an edit like any other", async () => {
  const at = path("undo", "a");
  await one({ path: at, expected: null, text: text("A") });
  await one({ path: at, expected: 1, text: text("B") });
  assert.equal((await one({ path: at, expected: 2, text: text("A") })).revision, 3);
  assert.equal((await api.garden.row(at))!.name, "A");
});

test("the same request again is answered the same, whatever came after it", async () => {
  const at = path("four", "a");
  const request = crypto.randomUUID();
  await one({ path: at, expected: null, text: text("A") });
  assert.equal((await one({ path: at, expected: 1, text: text("B") }, request)).revision, 2);
  await one({ path: at, expected: 2, text: text("A") });
  assert.deepEqual(await one({ path: at, expected: 1, text: text("B") }, request), {
    collection: "parts",
    path: at,
    outcome: "accepted",
    revision: 2,
  });
  assert.equal((await api.garden.row(at))!.name, "A", "somebody undid it, and it stays undone");
  assert.equal(
    (await one({ path: at, expected: 1, text: text("B") })).outcome,
    "newer",
    "another request is another push",
  );
});

test("a push whose answer and memory are lost is known by its text", async () => {
  const at = path("five", "a");
  await one({ path: at, expected: null, text: text("A") });
  await one({ path: at, expected: 1, text: text("B") });
  assert.equal((await one({ path: at, expected: 1, text: text("B") })).outcome, "accepted");
  assert.equal((await one({ path: at, expected: null, text: text("B") })).outcome, "accepted");
  assert.equal((await revisions(at)).length, 2);
  await one({ path: at, expected: 2, text: null });
  assert.equal((await one({ path: at, expected: 2, text: null })).outcome, "accepted");
});

test("what is no document, or no path, or not for this table is refused and leaves no trace", async () => {
  const at = path("six", "a");
  await one({ path: at, expected: null, text: text("A") });
  const refusal = async (item: Item) => {
    const { outcome, code, line } = await one(item);
    return [outcome, code, line];
  };
  assert.deepEqual(await refusal({ path: at, expected: 1, text: "---\nname: [\n---\n" }), [
    "refused",
    "FRONT_MATTER_INVALID",
    3,
  ]);
  assert.deepEqual(await refusal({ path: at, expected: 1, text: "---\nname: A\nstatus: odd\n---\n" }), [
    "refused",
    "SCHEMA_VIOLATION",
    3,
  ]);
  assert.deepEqual(await refusal({ path: "elsewhere.md", expected: null, text: text("A") }), [
    "refused",
    "PATH_INVALID",
    undefined,
  ]);
  assert.deepEqual(await refusal({ path: at, expected: 1, text: `${text("A")}\u0000` }), [
    "refused",
    "NUL_BYTE",
    7,
  ]);
  assert.deepEqual(await refusal({ path: at, expected: 1, text: `${text("A")}\ud800` }), [
    "refused",
    "NOT_WELL_FORMED",
    7,
  ]);
  await api.garden.sql.exec("alter table public.parts add constraint no_z check (name <> 'Z')");
  assert.deepEqual(await refusal({ path: at, expected: 1, text: text("Z") }), [
    "refused",
    "ROW_CONSTRAINT",
    undefined,
  ]);
  await api.garden.sql.exec("alter table public.parts drop constraint no_z");
  assert.deepEqual(await api.garden.sql.query("select * from frontrow.quarantine where path = $1", [at]), []);
  assert.equal(await api.garden.read(at), text("A"));
  assert.deepEqual(await revisions(at), ["1 directory a push"]);
});

test("what waits for a person is held, and what somebody works on is busy", async () => {
  const at = path("seven", "a");
  await one({ path: at, expected: null, text: text("A") });
  await api.garden.upload(at, text("File"));
  await api.garden.sql.query("update public.parts set name = 'Row' where user_id = 'seven'");
  await api.garden.settle();
  assert.equal((await one({ path: at, expected: 1, text: text("Mine") })).outcome, "held");
  const busy = path("seven", "b");
  await one({ path: busy, expected: null, text: text("A") });
  await api.garden.sql.query(
    "insert into frontrow.leases (collection, path, worker, token, until, seen) values ('parts', $1, 'x', 1, now() + interval '1 hour', '{}')",
    [busy],
  );
  const answer = await push([{ path: busy, expected: 1, text: text("B") }]);
  assert.deepEqual([answer.items[0]!.outcome, answer.more], ["busy", true]);
  await api.garden.sql.query("delete from frontrow.leases where path = $1", [busy]);
});

test("many at once, in chunks; a request that is cut goes on under its id, and nothing is done twice", async () => {
  const cut = await startApi({ config: openValve }, { documents: 2, cpu: 0 });
  const whole = api;
  try {
    const items = Array.from({ length: 11 }, (_, n) => ({
      path: path("many", `p${n}`),
      expected: null,
      text: text(`N${n}`),
    }));
    assert.ok(
      (await push(items)).items.every(({ outcome, revision }) => outcome === "accepted" && revision === 1),
    );
    api = cut;
    const request = crypto.randomUUID();
    const revisionsOf: (number | null | undefined)[] = [];
    let left = items;
    for (let rounds = 0; left.length > 0; rounds++) {
      assert.ok(rounds < 6, "two documents come through each time");
      const { items: answers, more } = await push(left, request);
      revisionsOf.push(
        ...answers.filter(({ outcome }) => outcome === "accepted").map(({ revision }) => revision),
      );
      left = left.filter((_, index) => answers[index]!.outcome === "busy");
      assert.equal(more, left.length > 0);
    }
    assert.deepEqual(
      revisionsOf,
      items.map(() => 1),
    );
  } finally {
    api = whole;
    await cut.garden.stop();
  }
  const request = crypto.randomUUID();
  const items = Array.from({ length: 7 }, (_, n) => ({
    path: path("again", `p${n}`),
    expected: null,
    text: text(`N${n}`),
  }));
  await push(items.slice(0, 4), request);
  const all = await push(items, request);
  assert.deepEqual(
    all.items.map(({ outcome, revision }) => [outcome, revision]),
    items.map(() => ["accepted", 1]),
  );
  for (const { path: at } of items) assert.equal((await revisions(at)).length, 1);
});

test("a push that names a document twice, or has no id, is none", async () => {
  const item = { collection: "parts", path: path("x", "a"), expected: null, text: text("A") };
  for (const body of [
    { request: crypto.randomUUID(), items: [item, item] },
    { request: "1", items: [item] },
    { items: [item] },
    { request: crypto.randomUUID(), items: [{ ...item, expected: 0 }] },
  ]) {
    const { status, body: said } = await api.call("/push", api.program, body);
    assert.deepEqual([status, said.error.code], [400, "REQUEST_INVALID"]);
  }
});

test("ten peers push to one document: each accepted text stands on the one before", async () => {
  const at = path("ten", "a");
  await one({ path: at, expected: null, text: text("A", "0\n") });
  let accepted = 0;
  const peer = async (name: number) => {
    let base = { revision: 1, text: text("A", "0\n") };
    for (let tries = 0; tries < 200; tries++) {
      const mine = `${base.text}${name}\n`;
      const answer = await one({ path: at, expected: base.revision, text: mine });
      if (answer.outcome === "accepted") {
        accepted++;
        return;
      }
      if (answer.outcome === "newer") base = { revision: answer.revision!, text: answer.text! };
    }
    assert.fail("never accepted");
  };
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(peer));
  assert.equal(accepted, 10);
  const lines = (await api.garden.read(at))!.split("\n").slice(5).filter(Boolean).sort();
  assert.deepEqual(lines, ["0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"]);
});
