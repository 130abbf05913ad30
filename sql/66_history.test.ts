/** Whose a revision is, what it was made from, and how long it is kept. Through the real writers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import gardenConfig from "../examples/garden/config.ts";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { Policies } from "../shared/collections/mod.ts";
import type { Revision } from "../shared/hub/history-hub.ts";
import { connect } from "../shared/sync/connect.ts";
import { importFiles } from "../shared/sync/import.ts";
import { register } from "../shared/sync/register.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
  await garden.sql.exec(`
    create policy "own files" on storage.objects for all to authenticated
      using (bucket_id = 'content' and name like 'users/' || auth.uid() || '/%')
      with check (bucket_id = 'content' and name like 'users/' || auth.uid() || '/%');
    -- As Supabase Auth has it; the local stack has no accounts of its own.
    create table auth.users (id uuid primary key, email text);
    grant usage on schema auth to hosted_postgres;
    grant select on auth.users to hosted_postgres;`);
});
after(() => garden.stop());

const text = (name: string, charge = "0.5", body = "Body.\n") =>
  `---\nname: ${name} # kept\nstatus: active\ncharge: ${charge}\n---\n${body}`;

/** A person with an account: their client, and where their documents are. */
interface Person {
  id: string;
  path: string;
  client: SupabaseClient;
  upload(text: string): Promise<void>;
  edit(change: Record<string, unknown>): Promise<void>;
}

async function person(email: string | null = null): Promise<Person> {
  const id = crypto.randomUUID();
  if (email !== null) await garden.sql.query("insert into auth.users values ($1, $2)", [id, email]);
  const path = `users/${id}/parts/x.md`;
  const client = createClient(garden.stack.url, garden.stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { authorization: `Bearer ${garden.stack.userToken({ sub: id })}` } },
  });
  return {
    id,
    path,
    client,
    async upload(content) {
      const { error } = await client.storage
        .from("content")
        .upload(path, new TextEncoder().encode(content), { upsert: true });
      assert.equal(error, null);
    },
    async edit(change) {
      const { error } = await client.from("parts").update(change).eq("slug", "x");
      assert.equal(error, null);
    },
  };
}

async function revisions(path: string): Promise<Revision[]> {
  const { history } = connect({ url: garden.stack.url, key: garden.stack.secretKey });
  const { items } = await history.history({ path });
  return [...items].sort((a, b) => a.revision - b.revision);
}

const said = ({ revision, parents, store, author, message }: Revision) => [
  revision,
  parents.join(),
  store,
  author,
  message,
];

test("the uploader's and the row writer's tokens name the author, by e-mail where there is one", async () => {
  const ann = await person("ann@example.org");
  await ann.upload(text("One"));
  await garden.drain();
  await ann.edit({ charge: 1 });
  await garden.drain();
  await ann.client.storage.from("content").remove([ann.path]);
  await garden.drain();
  assert.deepEqual((await revisions(ann.path)).map(said), [
    [1, "", "bucket", "ann@example.org", "created"],
    [2, "1", "table", "ann@example.org", "updated"],
    [3, "2", "bucket", "ann@example.org", "deleted"],
  ]);
  const nameless = await person();
  await nameless.upload(text("One"));
  await garden.drain();
  assert.deepEqual(said((await revisions(nameless.path))[0]!), [1, "", "bucket", nameless.id, "created"]);
});

test("the newest word counts: a program that wrote after a person leaves nobody's name", async () => {
  const bea = await person("bea@example.org");
  await bea.upload(text("One"));
  await garden.upload(bea.path, text("Two"));
  await garden.drain();
  assert.deepEqual((await revisions(bea.path)).map(said), [[1, "", "bucket", null, "created"]]);
  await garden.upload(bea.path, text("Three"));
  await bea.upload(text("Four"));
  await garden.hub.signal([{ collection: "parts", path: bea.path }]);
  await garden.drain();
  assert.deepEqual((await revisions(bea.path)).map(said).slice(1), [
    [2, "1", "bucket", "bea@example.org", "updated"],
  ]);
  const left = await garden.sql.query("select actor from frontrow.dirty");
  assert.deepEqual(left, [], "our own writes left no signal of their own");
});

test("a merge has two parents; a row that was merged without a text of its own gives it its author", async () => {
  const cat = await person("cat@example.org");
  await cat.upload(text("One"));
  await garden.drain();
  await garden.upload(cat.path, text("Two"));
  await cat.edit({ charge: 1 });
  await garden.settle();
  assert.deepEqual((await revisions(cat.path)).map(said).slice(1), [
    [2, "1", "bucket", null, "merged"],
    [3, "1,2", "merge", "cat@example.org", "merged"],
  ]);
  await cat.upload(text("Three", "1"));
  await garden.sql.query("update public.parts set charge = 0 where user_id = $1", [cat.id]);
  await garden.settle();
  assert.deepEqual((await revisions(cat.path)).map(said).slice(3), [
    [4, "3", "bucket", "cat@example.org", "merged"],
    [5, "3,4", "merge", null, "merged"],
  ]);
});

test("a conflict remembers who made which side, until it is decided", async () => {
  const eve = await person("eve@example.org");
  await eve.upload(text("One"));
  await garden.drain();
  await eve.upload(text("File"));
  await garden.sql.query("update public.parts set name = 'Row' where user_id = $1", [eve.id]);
  await garden.drain();
  const conflict = "select file_author, row_author from frontrow.conflicts where path = $1";
  assert.deepEqual(await garden.sql.query(conflict, [eve.path]), [
    { file_author: "eve@example.org", row_author: null },
  ]);
  const [seen] = await garden.hub.conflictsOf(eve.path, {});
  await garden.hub.resolve({ collection: "parts", path: eve.path, seen: seen!, keep: "file" });
  await garden.settle();
  const made = (await revisions(eve.path)).filter(({ store }) => store === "bucket");
  assert.ok(made.length >= 2 && made.every(({ author }) => author === "eve@example.org"));
});

test("an import is its caller's, with the message; a program of the project's may name whom it acts for", async () => {
  const path = "users/imp/parts/x.md";
  const { hub } = connect({
    url: garden.stack.url,
    key: garden.stack.secretKey,
    caller: "fay@example.org",
  });
  const bring = (content: string) =>
    importFiles({
      hub,
      bindings: garden.bindings,
      bucket: garden.bucket,
      config: garden.config,
      cause: "import",
      message: "from the attic",
      files: [{ path, read: async () => new TextEncoder().encode(content) }],
    });
  await bring(text("One"));
  await garden.sql.query("update public.parts set charge = -1 where user_id = 'imp'");
  await bring(text("Two"));
  await garden.settle();
  assert.deepEqual((await revisions(path)).map(said), [
    [1, "", "directory", "fay@example.org", "from the attic"],
    [2, "1", "directory", "fay@example.org", "from the attic"],
    [3, "1,2", "merge", null, "from the attic"],
  ]);
  const named = { upsert: true, headers: { "x-frontrow-author": "gus@example.org" } };
  const bytes = new TextEncoder().encode(text("Three", "-1"));
  await garden.client.storage.from("content").upload(path, bytes, named);
  await garden.drain();
  assert.equal((await revisions(path)).at(-1)!.author, "gus@example.org");
  const hal = await person("hal@example.org");
  const { error } = await hal.client.storage.from("content").upload(hal.path, bytes, named);
  assert.equal(error, null);
  await garden.drain();
  assert.equal((await revisions(hal.path))[0]!.author, "hal@example.org", "nobody else is believed");
  const files = garden.client.storage.from("content");
  const { data: signed } = await files.createSignedUploadUrl("users/imp/parts/signed.md");
  const uploaded = await createClient(garden.stack.url, garden.stack.publishableKey, {
    global: { headers: { "x-frontrow-author": "gus@example.org" } },
  })
    .storage.from("content")
    .uploadToSignedUrl("users/imp/parts/signed.md", signed!.token, bytes);
  assert.equal(uploaded.error, null);
  await garden.drain();
  assert.equal(
    (await revisions("users/imp/parts/signed.md"))[0]!.author,
    null,
    "nor is a stranger with a signed URL",
  );
});

test("a token that is no JSON costs nobody a change", async () => {
  await garden.sql.transaction(async (tx) => {
    await tx.query("select set_config('request.jwt.claims', '{', true)");
    await tx.query(
      "insert into public.parts (user_id, slug, name, status) values ('odd', 'x', 'One', 'active')",
    );
  });
  assert.deepEqual(await garden.sql.query("select actor from frontrow.dirty where path like 'users/odd/%'"), [
    { actor: "" },
  ]);
  await garden.drain();
});

test("an object written by SQL is its owner's", async () => {
  await garden.upload("users/own/parts/x.md", text("One"));
  await garden.drain();
  await garden.sql.query(
    `insert into storage.objects (bucket_id, name, version, owner_id, metadata)
     select bucket_id, 'users/own/parts/y.md', version, 'some-owner', metadata from storage.objects where name = 'users/own/parts/x.md'`,
  );
  const actors = await garden.sql.query(
    "select actor from frontrow.dirty where path = 'users/own/parts/y.md'",
  );
  assert.deepEqual(actors, [{ actor: "some-owner" }]);
  await garden.sql.query("delete from frontrow.dirty where path = 'users/own/parts/y.md'");
});

let bindings: Garden["bindings"] | undefined;
const drain = (options: Parameters<Garden["drain"]>[0] = {}) =>
  garden.drain({ ...(bindings ? { bindings } : {}), ...options });

test("pages of the history: everything once, newest first", async () => {
  const { history } = connect({ url: garden.stack.url, key: garden.stack.secretKey });
  const { items: all, next } = await history.history({ limit: 500 });
  assert.ok(all.length > 10 && next === null);
  const paged: Revision[] = [];
  for (let after: unknown; after !== null; ) {
    const page = await history.history({ limit: 3, ...(after === undefined ? {} : { after }) });
    paged.push(...page.items);
    after = page.next;
  }
  assert.deepEqual(paged, all);
  assert.deepEqual(
    all.map(({ at }) => at),
    all
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  );
  const few = await history.history({ author: "eve@example.org", since: all.at(-1)!.at });
  assert.ok(few.items.length > 0 && few.items.every(({ author }) => author === "eve@example.org"));
});

/** Registers the garden with another history policy while `use` runs. */
async function keeping(history: Policies["history"], use: () => Promise<void>): Promise<void> {
  const { resolveConfig } = await import("../shared/collections/mod.ts");
  const collections = gardenConfig.collections.map((one) => ({
    ...one,
    policies: { ...one.policies, ...(history === undefined ? {} : { history }) },
  }));
  bindings = await register(garden.hub, resolveConfig({ ...gardenConfig, collections }));
  try {
    await use();
  } finally {
    bindings = await register(garden.hub, garden.config);
  }
}

const numbers = async (path: string) => (await revisions(path)).map(({ revision }) => revision);

async function write(path: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await garden.upload(path, text(`Number ${i}`));
    await drain();
  }
}

test("a number of revisions is kept beside the current one; parents may be gone, and that is said", async () => {
  await keeping(2, async () => {
    const path = "users/few/parts/x.md";
    await write(path, 5);
    assert.deepEqual(await numbers(path), [3, 4, 5]);
    assert.deepEqual(
      (await revisions(path)).map(({ parents, trimmed }) => [parents, trimmed]),
      [
        [[2], [2]],
        [[3], []],
        [[4], []],
      ],
    );
  });
});

test("age trims too, by the sweep, in slices; so does a policy that became stricter", async () => {
  const path = "users/old/parts/x.md";
  await write(path, 4);
  assert.deepEqual(await numbers(path), [1, 2, 3, 4]);
  await garden.sql.query(
    "update frontrow.revisions set created_at = created_at - interval '8 days' where path = $1 and revision <> 3",
    [path],
  );
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await numbers(path), [1, 2, 3, 4], "everything is kept by default");
  await keeping({ days: 7 }, async () => {
    await garden.sql.query("select frontrow.sweep_history()");
    assert.deepEqual(await numbers(path), [3, 4], "the current one stays, however old");
  });
  await keeping({ keep: 0, days: 7 }, async () => {
    await garden.sql.query("select frontrow.sweep()");
    assert.deepEqual(await numbers(path), [4]);
  });
  assert.equal(await garden.read(path), text("Number 4"));
});

test("a revision a base stands on is kept, and so is one an open conflict began at", async () => {
  await keeping(0, async () => {
    const path = "users/base/parts/x.md";
    await write(path, 1);
    await garden.sql.query("update public.parts set charge = 1 where user_id = 'base'");
    // The worker dies between the hub and the bucket: the bucket's base stays at 1.
    const failing = () => ({ ...garden.bucket("content"), write: () => Promise.reject(new Error("dead")) });
    await drain({ bucket: failing });
    await garden.sql.query("select frontrow.sweep_history()");
    assert.deepEqual(await numbers(path), [1, 2]);
    await garden.upload(path, text("Both"));
    await garden.settle({ bindings: bindings! });
    assert.equal(await garden.read(path), text("Both", "1"), "the merge knew what the file had been");
    await garden.sql.query("select frontrow.sweep_history()");
    assert.deepEqual(await numbers(path), [4], "once the bases have moved on");

    const torn = "users/torn/parts/x.md";
    await write(torn, 2);
    await garden.upload(torn, text("File"));
    await garden.sql.query("update public.parts set name = 'Row' where user_id = 'torn'");
    await drain();
    await garden.sql.query("update frontrow.documents set revision = 3 where path = $1", [torn]);
    await garden.sql.query("delete from frontrow.bases where path = $1", [torn]);
    await garden.sql.query(
      "insert into frontrow.revisions (collection, path, revision, store, text) values ('parts', $1, 3, 'bucket', null)",
      [torn],
    );
    await garden.sql.query("update frontrow.revisions set text = 'x' where path = $1 and revision = 2", [
      torn,
    ]);
    await garden.sql.query("select frontrow.sweep_history()");
    assert.deepEqual(await numbers(torn), [2, 3]);
    await garden.sql.query("update frontrow.conflicts set state = 'resolved' where path = $1", [torn]);
    await garden.sql.query("select frontrow.sweep_history()");
    assert.deepEqual(await numbers(torn), [3]);
  });
});
