/** Forgetting a person: nothing of what they wrote stays but what lives, and nothing that lives is hurt. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decide } from "../scripts/testing/decide.ts";
import { type Garden, openValve, startGarden } from "../scripts/testing/garden.ts";
import { connect } from "../shared/sync/connect.ts";
import { importFiles } from "../shared/sync/import.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden({ config: openValve });
});
after(() => garden.stop());

const text = (name: string, body = "Body.\n", charge = "0.5") =>
  `---\nname: ${name}\nstatus: active\ncharge: ${charge}\n---\n${body}`;

/** Somebody with a name and a word that occur nowhere else. */
function somebody(name: string) {
  const unique = crypto.randomUUID().slice(0, 8);
  const author = `${name}-${unique}@example.org`;
  const token = `token${unique}`;
  const { hub, history } = connect({ url: garden.stack.url, key: garden.stack.secretKey, caller: author });
  return {
    author,
    token,
    history,
    hub,
    /** Brings a text in, in their name. */
    async write(path: string, content: string): Promise<void> {
      const read = async () => new TextEncoder().encode(content);
      const { bindings, bucket, config } = garden;
      await importFiles({
        hub,
        bindings,
        bucket,
        config,
        cause: "import",
        message: `by ${author}`,
        files: [{ path, read }],
      });
      await garden.settle();
    },
  };
}

/** The tables of the schema frontrow in which the text occurs anywhere. */
async function mentions(what: string): Promise<string[]> {
  const tables = await garden.sql.query<{ name: string }>(
    "select c.oid::regclass::text as name from pg_class as c where relnamespace = 'frontrow'::regnamespace and relkind = 'r' order by 1",
  );
  assert.ok(tables.length >= 15);
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await garden.sql.query(`select 1 from ${name} as t where strpos(t::text, $1) > 0 limit 1`, [
      what,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const purge = (authors: string[], dryRun = false) =>
  connect({
    url: garden.stack.url,
    key: garden.stack.secretKey,
    caller: "the-officer@example.org",
  }).history.purgeAuthor({
    authors,
    dryRun,
  });

const chain = (path: string) =>
  garden.sql.query<{
    revision: string;
    store: string;
    author: string | null;
    purge: string | null;
    made: string;
  }>(
    `select revision::text, store, author, purge, created_at::text as made from frontrow.revisions where path = $1 order by revision`,
    [path],
  );

test("content and name are gone from every table; the chain, the document and others' work stay", async () => {
  const ann = somebody("ann");
  const bob = somebody("bob");
  const path = "users/p1/parts/x.md";
  await ann.write(path, text("One", `${ann.token} one\n`));
  await bob.write(path, text("Two", `${bob.token}\n`));
  await ann.write(path, text("Three", `${ann.token} three\n`));
  await bob.write(path, text("Four", `${bob.token} now\n`));
  const before = await chain(path);

  const dry = await purge([ann.author], true);
  assert.deepEqual([dry.dryRun, dry.revisions, dry.current], [true, 2, []]);
  assert.deepEqual(await chain(path), before, "a dry run changes nothing");
  assert.notDeepEqual(await mentions(ann.author), []);
  assert.notDeepEqual(await mentions(ann.token), []);

  const done = await purge([ann.author]);
  assert.deepEqual({ ...done, dryRun: true }, dry, "the dry run said just what happened");
  assert.deepEqual(await mentions(ann.author), []);
  assert.deepEqual(await mentions(ann.token), []);
  assert.deepEqual(
    (await chain(path)).map(({ revision, store, author, purge }) => [revision, store, author, purge]),
    [
      ["1", "directory", null, "done"],
      ["2", "directory", bob.author, null],
      ["3", "directory", null, "done"],
      ["4", "directory", bob.author, null],
    ],
  );
  assert.deepEqual(
    (await chain(path)).map(({ made }) => made),
    before.map(({ made }) => made),
  );
  assert.equal(
    (await bob.history.revision({ collection: "parts", path, revision: 2 })).text,
    text("Two", `${bob.token}\n`),
  );
  const first = await bob.history.revision({ collection: "parts", path, revision: 1 });
  assert.deepEqual([first.text, first.purged, first.digest, first.message], [null, true, null, null]);
  await assert.rejects(bob.history.restore({ collection: "parts", path, revision: 1, expect: 4 }), {
    code: "NOT_FOUND",
    message: /it is purged/,
  });
  assert.equal(await garden.read(path), text("Four", `${bob.token} now\n`));

  const again = await purge([ann.author]);
  assert.deepEqual([again.revisions, again.entries, again.conflicts], [0, 0, 0], "safe to repeat");
  const [entry] = await garden.sql.query<{
    who: string | null;
    role: string;
    details: Record<string, unknown>;
  }>("select who, role, details from frontrow.audit where action = 'purge_author' order by id limit 1");
  assert.deepEqual([entry!.who, entry!.role, entry!.details.revisions], [null, "service_role", 2]);
  assert.deepEqual(await mentions("the-officer"), [], "who purged is known as a role only");
});

test("a document that is theirs now stays and is listed; its text goes when it is superseded", async () => {
  const cat = somebody("cat");
  const path = "users/p2/parts/x.md";
  await cat.write(path, text("One", `${cat.token}\n`));
  const done = await purge([cat.author]);
  assert.deepEqual(done.current, [{ collection: "parts", path, revision: 1 }]);
  assert.equal(done.pending, 1);
  assert.deepEqual(await mentions(cat.author), []);
  assert.equal(await garden.read(path), text("One", `${cat.token}\n`));
  assert.deepEqual(
    await mentions(cat.token),
    ["frontrow.bases", "frontrow.documents"],
    "the live document alone",
  );

  await garden.upload(path, text("Two", "Another body.\n"));
  await garden.settle();
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await mentions(cat.token), []);
  assert.equal((await chain(path))[0]!.purge, "done");
});

test("a base that stands on a purged text still merges both sides' edits", async () => {
  const dan = somebody("dan");
  const path = "users/p3/parts/x.md";
  const body = (one: string, nine: string) => `${one}\n\ntwo\n\n${dan.token}\n\n${nine}\n`;
  await dan.write(path, text("One", body("one", "nine")));
  // The hub is ahead of the bucket, whose base is the first revision: the worker died between the two.
  await garden.sql.query("update public.parts set charge = 0 where user_id = 'p3'");
  const failing = () => ({ ...garden.bucket("content"), write: () => Promise.reject(new Error("dead")) });
  await garden.drain({ bucket: failing });
  const done = await purge([dan.author]);
  assert.deepEqual([done.revisions, done.current, done.pending], [1, [], 1]);
  assert.deepEqual(await mentions(dan.author), []);

  await garden.upload(path, text("One", body("first", "nine")));
  await garden.sql.query("update public.parts set body = replace(body, 'nine', 'last') where user_id = 'p3'");
  await garden.settle();
  assert.equal(
    await garden.read(path),
    text("One", body("first", "last"), "0"),
    "merged from what both had seen",
  );
  assert.equal((await garden.row(path))!.body, body("first", "last"));
  assert.deepEqual(
    await garden.sql.query("select from frontrow.conflicts where path = $1", [path]),
    [],
    "without the base all of it would overlap",
  );
  await garden.sql.query("select frontrow.sweep()");
  assert.equal((await chain(path))[0]!.purge, "done");
  const [first] = await garden.sql.query(
    "select text, digest from frontrow.revisions where path = $1 and revision = 1",
    [path],
  );
  assert.deepEqual(first, { text: null, digest: null });
});

test("what was merged from theirs, and what was restored of theirs, is theirs too", async () => {
  const eve = somebody("eve");
  const path = "users/p4/parts/x.md";
  await garden.upload(path, text("One"));
  await garden.settle();
  await garden.sql.query("update public.parts set charge = 1 where user_id = 'p4'");
  await eve.write(path, text("One", `${eve.token}\n`));
  assert.deepEqual(
    (await chain(path)).map(({ store }) => store),
    ["bucket", "directory", "merge"],
  );
  await garden.upload(path, text("Two", "Plain.\n", "1"));
  await garden.settle();
  const fay = somebody("fay");
  await fay.history.restore({ collection: "parts", path, revision: 2, expect: 4 });
  await garden.settle();
  await garden.upload(path, text("Three", "Plain.\n", "1"));
  await garden.settle();
  const done = await purge([eve.author]);
  assert.deepEqual([done.revisions, done.pending, done.current], [3, 0, []]);
  assert.deepEqual(
    (await chain(path)).map(({ store, author, purge }) => [store, author, purge]),
    [
      ["bucket", null, null],
      ["directory", null, "done"],
      ["merge", null, "done"],
      ["bucket", null, null],
      ["restore", fay.author, "done"],
      ["bucket", null, null],
    ],
  );
  assert.deepEqual(await mentions(eve.token), []);
});

test("the last text of a deleted document goes; others' deleted documents can still be restored", async () => {
  const gus = somebody("gus");
  const [theirs, others] = ["users/p5/parts/x.md", "users/p5/parts/y.md"] as const;
  await gus.write(theirs, text("One", `${gus.token}\n`));
  await garden.upload(others, text("Other"));
  await garden.settle();
  await garden.remove(theirs, others);
  await garden.settle();
  const done = await purge([gus.author]);
  assert.deepEqual([done.revisions, done.pending, done.current], [1, 0, []]);
  assert.deepEqual(await mentions(gus.token), []);
  const { history } = gus;
  await assert.rejects(history.restore({ collection: "parts", path: theirs, revision: 1, expect: 2 }), {
    code: "NOT_FOUND",
  });
  await history.restore({ collection: "parts", path: others, revision: 1, expect: 2 });
  await garden.settle();
  assert.equal(await garden.read(others), text("Other"));
  await garden.upload(theirs, text("Anew"));
  await garden.settle();
  assert.equal((await garden.row(theirs))!.name, "Anew");
  assert.equal((await history.revision({ collection: "parts", path: theirs, revision: 1 })).text, null);
});

test("conflicts, signals, audit and messages: an open conflict keeps its texts until it is decided", async () => {
  const hal = somebody("hal");
  const path = "users/p6/parts/x.md";
  await garden.upload(path, text("One"));
  await garden.settle();
  await garden.client.storage.from("content").upload(path, new TextEncoder().encode(text(hal.token)), {
    upsert: true,
    headers: { "x-frontrow-author": hal.author },
  });
  await garden.sql.query("update public.parts set name = 'Row' where user_id = 'p6'");
  await garden.drain();
  await garden.client.storage
    .from("content")
    .upload("users/p6/parts/y.md", new TextEncoder().encode("---\nname: [\n---\n"), {
      upsert: true,
      headers: { "x-frontrow-author": hal.author },
    });
  await hal.hub.backfill({ collection: "parts", full: true });
  await garden.sql.query(
    "insert into frontrow.run_items (collection, path, outcome, message) values ('parts', 'p', 'failed', $1)",
    [`duplicate key ${hal.author.toUpperCase()}`],
  );
  assert.ok((await mentions(hal.author)).length >= 3);
  const done = await purge([hal.author]);
  assert.deepEqual([done.conflicts, done.signals, done.messages], [1, 1, 1]);
  assert.ok(done.entries >= 1);
  assert.deepEqual(await mentions(hal.author), []);
  assert.deepEqual(await mentions(hal.token), ["frontrow.conflicts"]);

  await decide(garden.hub, { collection: "parts", path }, { keep: "row" });
  await garden.remove("users/p6/parts/y.md");
  await garden.settle();
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await mentions(hal.token), [], "nor does the file's version stay in the history");
});

test("a user of Supabase Auth is known by e-mail and by id, and both go", async () => {
  await garden.sql.exec(`create table auth.users (id uuid primary key, email text);
    grant usage on schema auth to hosted_postgres; grant select on auth.users to hosted_postgres;`);
  try {
    const id = crypto.randomUUID();
    await garden.sql.query("insert into auth.users values ($1, 'ivy@example.org')", [id]);
    await garden.sql.transaction(async (tx) => {
      await tx.query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: id })]);
      await tx.query(
        "insert into public.parts (user_id, slug, name, status) values ('p7', 'x', 'One', 'active')",
      );
    });
    assert.deepEqual(await mentions(id), ["frontrow.dirty"]);
    assert.equal((await purge(["ivy@example.org"])).signals, 1);
    assert.deepEqual(await mentions(id), []);
  } finally {
    await garden.sql.exec("drop table auth.users");
  }
});

test("nobody is named: refused", async () => {
  await assert.rejects(purge([]), { code: "REQUEST_INVALID" });
  await assert.rejects(purge(["a@example.org", ""]), { code: "REQUEST_INVALID" });
});
