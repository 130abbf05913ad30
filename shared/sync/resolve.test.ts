/** A person answers a conflict: each kind of answer, what is refused, and what is kept. Through the real stack. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { decide } from "../../scripts/testing/decide.ts";
import { drainUntil, Puppet } from "../../scripts/testing/effects.ts";
import { endWaits, type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../collections/mod.ts";
import type { FrontrowError } from "../errors.ts";
import type { ConflictRecord, Decision, Hub } from "../hub/hub.ts";
import { connect } from "./connect.ts";
import { importFiles } from "./import.ts";

const fields = z.object({
  title: z.string(),
  mood: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  links: z.record(z.string(), z.unknown()).nullish(),
});
const define = (name: string, policies: object = {}) =>
  defineCollection({
    name,
    table: name,
    path: `${name}/:slug.md`,
    fields,
    body: "body",
    extra: "rest",
    policies: { valve: { atLeast: 1000 }, ...policies },
  });

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({
      collections: [define("notes"), define("strict", { conflict: "manual", deletes: "manual" })],
    }),
    schema: ["notes", "strict"]
      .map(
        (
          name,
        ) => `create table public.${name} (slug text primary key, title text not null, mood text default 'new',
          tags text[], links jsonb, rest jsonb not null default '{}', body text not null default '');`,
      )
      .join("\n"),
  });
});
after(() => garden.stop());

const BASE =
  "---\ntitle: one # why\nmood: calm\ntags: [a, b]\nlinks: {blog: b, home: h}\nweather: dry\n---\nfirst\n\n## Two\n\nsecond\n";

let documents = 0;
async function agreed(collection = "notes", text: string = BASE) {
  const slug = `d${++documents}`;
  const path = `${collection}/${slug}.md`;
  await garden.upload(path, text);
  await garden.drain();
  const one = {
    collection,
    path,
    editFile: (edit: (text: string) => string) => garden.upload(path, edit(text)),
    editRow: (change: string) =>
      garden.sql.query(`update public.${collection} set ${change} where slug = $1`, [slug]),
    deleteRow: () => garden.sql.query(`delete from public.${collection} where slug = $1`, [slug]),
    async row() {
      const [row] = await garden.sql.query(
        `select title, mood, tags, links, rest, body from public.${collection} where slug = $1`,
        [slug],
      );
      return row ?? null;
    },
    file: () => garden.read(path),
    async record(): Promise<ConflictRecord> {
      return (await garden.hub.conflictsOf(path, { collection, state: "all" }))[0]!;
    },
    async history() {
      // As JSON: PGlite takes a byte order mark off a text that it answers.
      const found = await garden.sql.query<{ text: string | null }>(
        "select to_jsonb(text) as text from frontrow.revisions where path = $1 union all select to_jsonb(text) from frontrow.documents where path = $1",
        [path],
      );
      return found.map(({ text }) => text);
    },
    decide: (decision: Decision) => decide(person(), { collection, path }, decision),
    async version() {
      const [found] = await garden.sql.query<{ version: string }>(
        "select version from storage.objects where name = $1",
        [path],
      );
      return found!.version;
    },
    /** Nothing is looked at again and again. */
    async assertQuiet() {
      assert.equal((await garden.hub.backfill({})).marked, 0);
    },
    /** Both sides say the same, nothing is open, and a second look finds nothing. */
    async assertSettled() {
      assert.deepEqual(await garden.hub.conflictsOf(path, { collection }), []);
      assert.equal((await garden.hub.backfill({})).marked, 0, "nothing differs");
    },
  };
  return one;
}

/** The hub, as somebody with a name calls it. */
function person(): Hub {
  return connect({ url: garden.stack.url, key: garden.stack.secretKey, caller: "a person" }).hub;
}

/** Overlaps in the title, one JSON key, a key of the catch-all, and the body; the mood merges. */
async function manyOverlaps() {
  const one = await agreed();
  await one.editFile((text) =>
    text
      .replace("one", "uno")
      .replace("home: h", "home: file")
      .replace("blog: b", "blog: file")
      .replace("dry", "wet")
      .replace("second", "SECOND"),
  );
  await one.editRow(
    `title = 'eins', mood = 'merry', links = '{"blog": "row", "home": "row"}', rest = '{"weather": "hot"}', body = replace(body, 'second', 'zweitens')`,
  );
  assert.deepEqual((await garden.drain()).counts, { conflict: 1 });
  return one;
}

test("a record has everything: base, both texts, the attempt, the overlaps by name, who and when", async () => {
  const one = await manyOverlaps();
  const record = await one.record();
  assert.deepEqual(
    record.overlapping.map(({ label, name }) => [label, name]),
    [
      ["title", "title"],
      ["links.blog", "links.blog"],
      ["links.home", "links.home"],
      ["rest.weather", "weather"],
      ["(body)", "(body)"],
    ],
  );
  assert.equal(record.base_text, BASE);
  assert.equal(record.file_text, await one.file());
  assert.match(record.row_text!, /title: eins # why\nmood: merry/);
  assert.match(record.merged_text!, /title: eins # why\nmood: merry[\s\S]*weather: hot[\s\S]*zweitens/);
  assert.deepEqual([record.state, record.decided_by, record.decision], ["open", "merge", null]);
  for (const at of [record.file_at, record.row_at, record.created_at]) assert.ok(Date.parse(at!) > 0);
  const [listed] = await garden.hub.conflicts({ collection: "notes", limit: 1 });
  assert.equal(listed!.path, one.path);
  assert.ok(!("file_text" in listed!), "the list is without texts");
});

test("a field at a time, down to the keys of a JSON object", async () => {
  const one = await manyOverlaps();
  const before = await one.record();
  await one.decide({
    fields: {
      title: "file",
      "links.blog": "file",
      "links.home": "row",
      "rest.weather": "file",
      "(body)": "row",
    },
  });
  await garden.settle();
  assert.deepEqual(await one.row(), {
    title: "uno",
    mood: "merry",
    tags: ["a", "b"],
    links: { blog: "file", home: "row" },
    rest: { weather: "wet" },
    body: "first\n\n## Two\n\nzweitens\n",
  });
  assert.equal(
    await one.file(),
    "---\ntitle: uno # why\nmood: merry\ntags: [a, b]\nlinks: {blog: file, home: row}\nweather: wet\n---\nfirst\n\n## Two\n\nzweitens\n",
  );
  await one.assertSettled();
  const record = await one.record();
  assert.deepEqual(
    [record.id, record.state, record.decided_by, record.decider],
    [before.id, "resolved", "person", "a person"],
  );
  assert.deepEqual([record.file_text, record.row_text], [before.file_text, before.row_text]);
  const history = await one.history();
  assert.ok(
    history.includes(before.file_text) && history.includes(before.row_text),
    "both are in the history",
  );
});

test("the other way round, and a column's name for all of its keys", async () => {
  const one = await manyOverlaps();
  await one.decide({ fields: { title: "row", links: "file", rest: "row", "(body)": "file" } });
  await garden.settle();
  const { title, links, rest, body } = (await one.row())!;
  assert.deepEqual(
    [title, links, rest, body],
    ["eins", { blog: "file", home: "file" }, { weather: "hot" }, "first\n\n## Two\n\nSECOND\n"],
  );
  await one.assertSettled();
});

test("what is left or never overlapped is refused by name, and nothing is decided", async () => {
  const one = await manyOverlaps();
  const before = [await one.file(), await one.row()];
  const refused = async (decision: object, message: RegExp) =>
    await assert.rejects(one.decide(decision as Decision), (error: FrontrowError) => {
      assert.equal(error.code, "REQUEST_INVALID");
      assert.match(error.message, message);
      return true;
    });
  await refused(
    { fields: { title: "file", "links.blog": "row" } },
    /not decided yet: \(body\), links\.home, rest\.weather$/,
  );
  await refused({ fields: { mood: "file" } }, /nothing is to be decided about mood/);
  await refused({ fields: { title: "base" } }, /"file" or "row"/);
  await refused({ keep: "both" }, /one of keep/);
  await refused({ keep: "file", text: "x" }, /one of keep/);
  await refused({}, /one of keep/);
  await garden.settle();
  assert.deepEqual([await one.file(), await one.row()], before);
  const record = await one.record();
  assert.deepEqual([record.state, record.decision], ["open", null]);
});

test("manual: the kept side's whole value counts, lists included", async () => {
  const one = await agreed("strict");
  await one.editFile((text) => text.replace("[a, b]", "[a, b, c]").replace("one", "uno"));
  await one.editRow("tags = '{a}', title = 'eins'");
  await garden.drain();
  await one.decide({ fields: { tags: "row", title: "file" } });
  await garden.settle();
  const { tags, title } = (await one.row())!;
  assert.deepEqual([tags, title], [["a"], "uno"]);
  await one.assertSettled();
});

for (const [name, text] of [
  ["plain", "---\ntitle: given\nmood: calm\n---\nmine\n"],
  ["CRLF", "---\r\ntitle: given\r\nmood: calm\r\n---\r\nmine\r\n"],
  ["a BOM", "\uFEFF---\ntitle: given\nmood: calm\n---\nmine\n"],
  ["no final line break", "---\ntitle: given   # kept\nmood: 'calm'\n\n---\nmine"],
] as const) {
  test(`a given text is taken byte for byte, ${name}; what it does not speak of is gone`, async () => {
    const one = await manyOverlaps();
    const before = await one.record();
    await one.decide({ text });
    await garden.settle();
    const object = await garden.bucket("content").read(one.path, {
      version: await one.version(),
    });
    assert.ok(object.state === "found");
    assert.deepEqual(object.content, new TextEncoder().encode(text));
    const body = text.slice(text.indexOf("mine"));
    const { title, tags, links, rest, ...row } = (await one.row())!;
    assert.deepEqual([title, tags, links, rest, row], ["given", null, null, {}, { mood: "calm", body }]);
    await one.assertSettled();
    const record = await one.record();
    assert.deepEqual([record.id, record.decided_by, record.decision], [before.id, "person", { text }]);
    const history = await one.history();
    for (const version of [before.file_text, before.row_text, text]) {
      assert.ok(history.includes(version), "in the history, byte for byte");
    }
  });
}

test("a key that only the row had goes too when the given text does not have it", async () => {
  const one = await agreed("notes", "---\ntitle: one\n---\n");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins', tags = '{x}'");
  await garden.drain();
  await one.decide({ text: "---\ntitle: given\n---\n" });
  await garden.settle();
  const { title, tags, mood } = (await one.row())!;
  assert.deepEqual([title, tags, mood], ["given", null, "new"], "a default nobody touched stays");
  assert.equal(await one.file(), "---\ntitle: given\n---\n");
  await one.assertSettled();
});

test("a given text that is no document decides nothing: the question stays", async () => {
  const one = await manyOverlaps();
  const before = [await one.file(), await one.row()];
  await one.decide({ text: "---\ntitle: [\n---\n" });
  await garden.settle();
  assert.deepEqual([await one.file(), await one.row()], before);
  const record = await one.record();
  assert.deepEqual([record.state, record.decision], ["open", null]);
  await one.assertQuiet();
  await one.decide({ keep: "row" });
  await garden.settle();
  assert.equal((await one.row())!.title, "eins");
});

for (const side of ["file", "row"] as const) {
  test(`the ${side} moved since it was looked at: nothing is decided on a text nobody saw`, async () => {
    const one = await manyOverlaps();
    const { bucket_version, table_version, revision } = await one.record();
    const seen = { bucket_version, table_version, revision };
    const { collection, path } = one;
    if (side === "file") await garden.upload(path, (await one.file())!.replace("uno", "unseen"));
    else await one.editRow("title = 'unseen'");
    const stale = () =>
      garden.hub.resolve({ collection, path, seen, keep: side === "file" ? "row" : "file" });
    await assert.rejects(stale, { code: "REPLICA_MOVED" }, "before a pass has looked");
    await garden.drain();
    await assert.rejects(stale, { code: "REPLICA_MOVED" }, "after the record was renewed");
    await garden.settle();
    assert.equal((await one.record()).state, "open");
    assert.match(side === "file" ? (await one.file())! : String((await one.row())!.title), /unseen/);
  });

  test(`the ${side} moves after the decision and before its pass: it is asked again`, async () => {
    const one = await manyOverlaps();
    await one.decide({ keep: side === "file" ? "row" : "file" });
    if (side === "file") await garden.upload(one.path, (await one.file())!.replace("uno", "unseen"));
    else await one.editRow("title = 'unseen'");
    await garden.settle();
    const record = await one.record();
    assert.deepEqual([record.state, record.decision], ["open", null]);
    assert.match(side === "file" ? record.file_text! : record.row_text!, /unseen/);
  });

  test(`the ${side} moves while the pass carries the decision out: it is asked again`, async () => {
    const one = await manyOverlaps();
    await one.decide({ keep: side === "file" ? "row" : "file" });
    const worker = new Puppet(garden);
    await worker.stepTo("apply");
    if (side === "file") await garden.upload(one.path, (await one.file())!.replace("uno", "unseen"));
    else await one.editRow("title = 'unseen'");
    await worker.finish();
    await garden.settle();
    assert.equal((await one.record()).state, "open");
    assert.match(side === "file" ? (await one.file())! : String((await one.row())!.title), /unseen/);
  });
}

test("a decision is not about a file that somebody brings in before it is carried out", async () => {
  const one = await manyOverlaps();
  await one.decide({ keep: "row" });
  const imported = new TextEncoder().encode(BASE.replace("one", "imported"));
  const { counts } = await importFiles({
    hub: garden.hub,
    config: garden.config,
    bindings: garden.bindings,
    bucket: garden.bucket,
    cause: "test",
    files: [{ path: one.path, read: () => Promise.resolve(imported) }],
  });
  assert.deepEqual(counts, { conflict: 1 });
  assert.equal((await one.record()).state, "open");
});

test("an answer given while a pass holds the document again is not lost", async () => {
  const one = await manyOverlaps();
  await garden.hub.signal([{ collection: one.collection, path: one.path }]);
  const worker = new Puppet(garden);
  await worker.stepTo("apply");
  await one.decide({ keep: "file" });
  await worker.finish();
  await garden.settle();
  assert.equal((await one.row())!.title, "uno");
  await one.assertSettled();
});

test("the same answer twice is one answer, before and after it was carried out; another one comes too late", async () => {
  const one = await manyOverlaps();
  const answer: Decision = { keep: "file" };
  const first = await one.decide(answer);
  const { decided_at } = await one.record();
  assert.deepEqual(await one.decide(answer), first);
  assert.equal((await one.record()).decided_at, decided_at);
  await garden.settle();
  assert.deepEqual(await one.decide(answer), { conflict: first.conflict, state: "resolved" });
  await assert.rejects(one.decide({ keep: "row" }), { code: "NOT_FOUND" });
  assert.equal((await garden.settle()).length, 0);
});

test("a later answer replaces an earlier one that was not carried out yet", async () => {
  const one = await manyOverlaps();
  await one.decide({ keep: "file" });
  await one.decide({ keep: "row" });
  await garden.settle();
  assert.equal((await one.row())!.title, "eins");
});

test("a worker that dies anywhere between the answer and its end: the next one carries it out", async () => {
  const whole = await manyOverlaps();
  await whole.decide({ keep: "row" });
  const effects = (await drainUntil(garden, null)).length;
  assert.ok(effects >= 4, "claim, apply, write, confirm …");
  for (let effect = 1; effect <= effects; effect++) {
    const one = await manyOverlaps();
    const isText = effect % 2 === 1;
    await one.decide(isText ? { text: "---\ntitle: given\n---\n" } : { keep: "row" });
    // Before the next effect is the same place.
    await drainUntil(garden, { effect, when: "after" });
    await endWaits(garden.sql);
    await garden.settle();
    const title = isText ? "given" : "eins";
    assert.equal((await one.row())!.title, title, `effect ${effect}`);
    assert.ok((await one.file())!.includes(`title: ${title}`), `effect ${effect}`);
    await one.assertSettled();
    assert.equal((await one.record()).decided_by, "person");
  }
});

test("a conflict that both sides overtake by agreeing is closed, and says so", async () => {
  const one = await agreed();
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.decide({ keep: "row" });
  await one.editFile((text) => text.replace("one", "both"));
  await one.editRow("title = 'both'");
  await garden.settle();
  const record = await one.record();
  assert.deepEqual([record.state, record.decided_by], ["resolved", "agreement"]);
  assert.match(record.file_text!, /uno/);
  await one.assertSettled();
});

for (const deleted of ["file", "row"] as const) {
  const held = async () => {
    const one = await agreed("strict");
    if (deleted === "file") await garden.remove(one.path);
    else await one.deleteRow();
    if (deleted === "file") await one.editRow("mood = 'merry'");
    else await one.editFile((text) => text.replace("calm", "merry"));
    await garden.drain();
    const record = await one.record();
    assert.deepEqual(
      [record.state, record.overlapping.map(({ label }) => label), record[`${deleted}_text`]],
      ["open", ["(document)"], null],
    );
    assert.match(record.merged_text!, /merry/);
    return one;
  };

  test(`the ${deleted} deleted, the other side edited: answered with a text`, async () => {
    const one = await held();
    await one.decide({ text: "---\ntitle: given\n---\n" });
    await garden.settle();
    assert.equal(await one.file(), "---\ntitle: given\n---\n");
    assert.equal((await one.row())!.title, "given");
    await one.assertSettled();
  });

  test(`the ${deleted} deleted, the other side edited: answered as the one field it is`, async () => {
    const one = await held();
    await one.decide({ fields: { "(document)": deleted } });
    await garden.settle();
    assert.deepEqual([await one.file(), await one.row()], [null, null]);
    assert.ok(
      (await one.history()).some((text) => text?.includes("merry")),
      "the edit is in the history",
    );
    await one.assertSettled();
  });
}

test("both texts stay byte-exact in the record, odd bytes and all", async () => {
  const odd = "\uFEFF---\r\ntitle: one\r\nmood: calm   # odd\r\n---\r\nfirst\r\n\r\nlast, no break\u00a0";
  const one = await agreed("notes", odd);
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.decide({ keep: "row" });
  await garden.settle();
  const { base_text, file_text, row_text } = await one.record();
  assert.deepEqual(
    [base_text, file_text, row_text],
    [odd, odd.replace("one", "uno"), odd.replace("one", "eins")],
  );
  const object = await garden.bucket("content").read(one.path, { version: await one.version() });
  assert.deepEqual(
    object.state === "found" && object.content,
    new TextEncoder().encode(odd.replace("one", "eins")),
  );
});
