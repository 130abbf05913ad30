/** Bulk load: the same documents, rows, bases and history as one document after the other, and nothing that is not new. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import type { Query } from "../../scripts/local/database/sql.ts";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { createBulkHub, type RpcClient } from "../hub/postgres-hub.ts";
import { importFiles } from "./import.ts";
import { loadDocuments } from "./load.ts";
import type { Result } from "./pass.ts";

let bulk: Garden;
let single: Garden;
before(async () => {
  // One after the other: on one server, both would make its roles.
  bulk = await startGarden();
  single = await startGarden();
});
after(() => Promise.all([bulk.stop(), single.stop()]));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hub = () => createBulkHub(bulk.client as unknown as RpcClient, { identity: "local", caller: "ann" });

/** What a folder of files holds, and not only the plain ones. */
const FILES: Record<string, string> = {
  "users/u/parts/plain.md": "---\nname: Plain\nstatus: active\n---\nA body.\n",
  "users/u/parts/bare.md": "---\nname: Bare\nstatus: active\n---\n",
  "users/u/parts/extra.md":
    "---\nname: Extra\nstatus: resting\nvoice: 'a # b'\nunknown: [1, two, {three: 3}]\n---\nZeile ä\r\n\r\nEnde",
  "users/u/parts/crlf.md": "---\r\nname: CRLF\r\nstatus: active\r\n---\r\nOne\r\ntwo\r\n",
  "users/u/parts/warned.md": "---\nname: Warned\nstatus: active\nno: thing\n---\n",
  "users/u/parts/bom.md": "\ufeff---\nname: Bom\nstatus: active\n---\nBody\n",
  "users/u/parts/nulls.md": "---\nname: Nulls\nstatus: active\ncharge: ~\ncategory:\n---\n",
  "users/u/parts/numbers.md": "---\nname: 012\nstatus: active\ncharge: 0.250\n---\n",
  "users/u/parts/w=C3=A4rme=3D.md": "---\nname: Odd key\nstatus: active\n---\n",
};
const BROKEN = { "users/u/parts/broken.md": "---\nname: [\n---\n" };

/** Everything the hub and the table hold, without times, tokens and tries. */
async function stateOf({ sql }: Garden): Promise<unknown> {
  const of = (text: string) => sql.query(text);
  return {
    rows: await of(
      "select to_jsonb(p) - '{id,created_at,updated_at}'::text[] as row from public.parts as p order by slug",
    ),
    documents: await of(
      "select collection, path, text, digest, encode(bytes_digest, 'hex') as bytes, revision, updated_by, deleted_at from frontrow.documents order by path",
    ),
    revisions: await of(
      "select path, revision, parents, store, author, message, digest, text, deleted, purge from frontrow.revisions order by path, revision",
    ),
    tables: await of(
      "select path, version, revision, fields, frontrow.base_body(b) as body from frontrow.bases as b where store = 'table' order by path",
    ),
    buckets: await of(
      "select path, revision, fields, body from frontrow.bases where store = 'bucket' order by path",
    ),
    quarantine: await of("select path, code from frontrow.quarantine order by path"),
    warnings: await of(
      "select distinct path, code from frontrow.run_items where outcome = 'warning' order by path",
    ),
    pending: await of("select path, store from frontrow.dirty order by path"),
    leases: await of("select path from frontrow.leases"),
  };
}

async function load(files: Record<string, string>): Promise<{ left: string[]; results: Result[] }> {
  const results: Result[] = [];
  const left = await loadDocuments({
    bulk: hub(),
    binding: bulk.bindings.get("parts")!,
    files: Object.entries(files).map(([path, text]) => ({ path, bytes: bytes(text) })),
    run: crypto.randomUUID(),
    cause: "import",
    onResults: (part) => results.push(...part),
  });
  return { left, results };
}

test("leaves what one document after the other leaves, once the bucket has the files", async () => {
  const { left, results } = await load({ ...FILES, ...BROKEN });
  assert.deepEqual(left, Object.keys(BROKEN));
  assert.equal(results.length, Object.keys(FILES).length);
  await bulk.settle();

  const { createPostgresHub } = await import("../hub/postgres-hub.ts");
  await importFiles({
    ...single,
    hub: createPostgresHub(single.client as unknown as RpcClient, { identity: "local", caller: "ann" }),
    cause: "import",
    files: Object.entries(FILES).map(([path, text]) => ({ path, read: async () => bytes(text) })),
  });
  await single.settle();
  assert.deepEqual(await stateOf(bulk), await stateOf(single));
  for (const [path, text] of Object.entries(FILES))
    assert.equal(await bulk.read(path), text.replace("\ufeff", ""));
});

test("a file of which anything is known is left", async () => {
  const text = "---\nname: New\nstatus: active\n---\n";
  const pathOf = (name: string): string => `users/k/parts/${name}.md`;
  const known: Record<string, string> = {
    row: "insert into public.parts (user_id, slug, name, status) values ('k', 'row', 'Row', 'active')",
    soft: "insert into public.parts (user_id, slug, name, status, deleted_at) values ('k', 'soft', 'S', 'active', now())",
    document: `insert into frontrow.documents (collection, path, revision, updated_by, deleted_at)
      values ('parts', '${pathOf("document")}', 3, 'bucket', now())`,
    base: `insert into frontrow.bases (collection, path, store, version, revision)
      values ('parts', '${pathOf("base")}', 'bucket', 'v', 1)`,
    quarantine: `insert into frontrow.quarantine (collection, path, store, version, code, message)
      values ('parts', '${pathOf("quarantine")}', 'bucket', 'v', 'POISON', 'm')`,
    busy: `insert into frontrow.leases (collection, path, worker, token, until, seen)
      values ('parts', '${pathOf("busy")}', 'x', 1, now() + interval '1 minute', '{}')`,
  };
  await bulk.upload(pathOf("object"), text);
  for (const statement of Object.values(known)) await bulk.sql.query(statement);
  await bulk.sql.query("delete from frontrow.dirty");
  await bulk.sql.query(
    `insert into frontrow.dirty (collection, path, store) values ('parts', '${pathOf("signal")}', 'bucket')`,
  );
  const paths = ["object", "signal", ...Object.keys(known)].map(pathOf);
  const { left } = await load(Object.fromEntries([...paths, pathOf("new")].map((path) => [path, text])));
  assert.deepEqual(left.sort(), paths.sort());
  assert.equal((await bulk.row(pathOf("new")))!.name, "New");
  for (const table of ["documents", "bases", "quarantine", "leases"])
    await bulk.sql.query(
      `delete from frontrow.${table} where path like 'users/k/%' and path not like '%/new.md'`,
    );
  await bulk.hub.backfill({});
  await bulk.settle();
});

test("a caller for another project loads nothing, and that is said", async () => {
  const stranger = createBulkHub(bulk.client as unknown as RpcClient, { identity: "elsewhere" });
  const [files, run] = [
    [{ path: "users/s/parts/a.md", bytes: bytes(FILES["users/u/parts/plain.md"]!) }],
    crypto.randomUUID(),
  ];
  await assert.rejects(
    loadDocuments({ bulk: stranger, binding: bulk.bindings.get("parts")!, files, run, cause: "import" }),
    { code: "PROJECT_MISMATCH" },
  );
  assert.equal(await bulk.row("users/s/parts/a.md"), null);
  await bulk.sql.query("delete from frontrow.halts");
});

test("one row that the table refuses leaves the whole request to the other way, and nothing half done", async () => {
  await bulk.sql.exec("alter table public.parts add constraint no_zed check (name <> 'Zed')");
  const before = await stateOf(bulk);
  const { left } = await load({
    "users/r/parts/good.md": "---\nname: Good\nstatus: active\n---\n",
    "users/r/parts/bad.md": "---\nname: Zed\nstatus: active\n---\n",
  });
  assert.deepEqual(left.sort(), ["users/r/parts/bad.md", "users/r/parts/good.md"]);
  assert.deepEqual(await stateOf(bulk), before);
  await bulk.sql.exec("alter table public.parts drop constraint no_zed");
});

test("what a trigger of the table makes of a row is news of the row", async () => {
  await bulk.sql.exec(`create function public.shout() returns trigger language plpgsql as
    $$ begin new.name := upper(new.name); return new; end $$;
    create trigger shout before insert on public.parts for each row execute function public.shout()`);
  const path = "users/t/parts/a.md";
  assert.deepEqual((await load({ [path]: "---\nname: quiet\nstatus: active\n---\n" })).left, []);
  // The base is what was meant, so the row's own name is an edit of the row.
  const [said] = await bulk.sql.query(
    `select fields ->> 'name' as name, exists (select from frontrow.dirty as s where s.path = b.path and s.store = 'table') as is_news
     from frontrow.bases as b where path = '${path}'`,
  );
  assert.deepEqual(said, { name: "quiet", is_news: true });
  await bulk.settle();
  await bulk.sql.exec("drop trigger shout on public.parts; drop function public.shout()");
  assert.equal((await bulk.row(path))!.name, "QUIET");
  assert.match((await bulk.read(path))!, /name: QUIET/);
});

test("the body of a row's base is kept once, as the end of its revision's text", async () => {
  const path = "users/b/parts/a.md";
  const body = "Zeile ä\n\nMitte\n\nEnde 🌱\n";
  await load({ [path]: `---\nname: Ä\nstatus: active\n---\n${body}` });
  const base = async (on: Query = bulk.sql): Promise<unknown> => {
    const [found] = await on.query<{ is_once: boolean; body: string }>(
      `select b.body is null as is_once, frontrow.base_body(b) as body from frontrow.bases as b
       where store = 'table' and path = '${path}'`,
    );
    return found;
  };
  assert.deepEqual(await base(), { is_once: true, body });
  // The document may move on before its row does.
  const moved = bulk.sql.transaction(async (tx) => {
    await tx.exec(`update frontrow.revisions as r set text = d.text from frontrow.documents as d
        where d.path = '${path}' and r.path = d.path;
      update frontrow.documents set text = 'something else', revision = 2 where path = '${path}'`);
    assert.deepEqual(await base(tx), { is_once: true, body });
    await tx.exec(`update frontrow.revisions set text = null, purge = 'done' where path = '${path}'`);
    await base(tx);
  });
  await assert.rejects(moved, /has no text/);
  // An edit of either side is merged from it.
  await bulk.settle();
  await bulk.sql.query("update public.parts set body = replace(body, 'Ende', 'Schluss') where user_id = 'b'");
  await bulk.upload(path, `---\nname: Ä\nstatus: active\n---\n${body.replace("Zeile", "Reihe")}`);
  await bulk.settle();
  const merged = body.replace("Ende", "Schluss").replace("Zeile", "Reihe");
  assert.ok((await bulk.read(path))!.endsWith(`---\n${merged}`));
  assert.deepEqual(await base(), { is_once: false, body: merged });
});

test("long rows are compressed as our own tables, unless somebody chose a default", async () => {
  const body = "The same line again.\n".repeat(500);
  const path = "users/z/parts/a.md";
  await load({ [path]: `---\nname: Long\nstatus: active\n---\n${body}` });
  const [row] = await bulk.sql.query<{ has: boolean; used: string; now: string }>(
    `select pg_column_compression(body) as used, current_setting('default_toast_compression') as now,
       (select 'lz4' = any (enumvals) from pg_settings where name = 'default_toast_compression') as has
     from public.parts where user_id = 'z'`,
  );
  assert.deepEqual([row!.used, row!.now], [row!.has ? "lz4" : "pglz", "pglz"]);
  const chosen = await bulk.sql.transaction(async (tx) => {
    await tx.exec("set local default_toast_compression = 'pglz'");
    return await tx.query("select frontrow.fast_compression() as name");
  });
  assert.deepEqual(chosen, [{ name: null }]);
  await bulk.settle();
});

test("keys that are not those of the path load nothing", async () => {
  const { name, digest } = { name: "parts", digest: bulk.bindings.get("parts")!.digest };
  const path = "users/w/parts/a.md";
  const item = {
    path,
    start: 0,
    head: 16,
    size: 16,
    digest: "x",
    set: { name: "A", status: "active" },
  };
  const texts = ["---\nname: A\n---\n"];
  const request = { run: crypto.randomUUID(), cause: "import", collection: name, digest, texts };
  for (const keys of [["w", "b"], ["w"], []]) {
    const { left, failure } = await hub().load({ ...request, items: [{ ...item, keys }] });
    assert.deepEqual([left, failure], [[path], null]);
  }
  // Sizes that are not those of the texts would cut every text in the wrong place.
  for (const texts of [["---\nname: Ä\n---\n"], ["---\nname: A\n---\n", "\n"], []]) {
    const { left, failure } = await hub().load({
      ...request,
      texts,
      items: [{ ...item, keys: ["w", "a"] }],
    });
    assert.deepEqual([left, failure], [[path], "FR422"]);
  }
  assert.deepEqual((await hub().load({ ...request, items: [{ ...item, keys: ["w", "a"] }] })).left, []);
  await bulk.settle();
});

test("a registration that is not the caller's loads nothing", async () => {
  const binding = { ...bulk.bindings.get("parts")!, digest: "other:other" };
  const left = await loadDocuments({
    bulk: hub(),
    binding,
    files: [{ path: "users/o/parts/a.md", bytes: bytes("---\nname: A\nstatus: active\n---\n") }],
    run: crypto.randomUUID(),
    cause: "import",
  });
  assert.deepEqual(left, ["users/o/parts/a.md"]);
});

test("an open halt of the collection loads nothing", async () => {
  await bulk.sql.query("select frontrow.hold('parts', 'scope-changed', null, null, 'why', '{}', '{}')");
  const { left } = await load({ "users/h/parts/a.md": "---\nname: A\nstatus: active\n---\n" });
  await bulk.sql.query("delete from frontrow.halts");
  assert.deepEqual(left, ["users/h/parts/a.md"]);
});

const compare = (files: Record<string, string>, report = false) =>
  hub().compare({
    collection: "parts",
    paths: Object.keys(files),
    digests: Object.values(files).map((text) => createHash("sha256").update(text).digest("hex")),
    report,
  });

test("compare: a file is in when hub, object and bases say so", async () => {
  assert.deepEqual(
    await compare({ ...FILES, "users/c/parts/x.md": "" }).then(({ fresh, changed }) => ({ fresh, changed })),
    {
      fresh: [Object.keys(FILES).length],
      changed: [],
    },
  );
  const [path, text] = Object.entries(FILES)[0]!;
  assert.deepEqual((await compare({ [path]: `${text}!` })).changed, [0]);
  assert.equal((await compare({ [path]: text }, true)).report!.collections[0]!.collection, "parts");
  assert.equal((await compare({ [path]: `${text}!` }, true)).report, undefined);
});

test("compare: what is lost or in question is not in", async () => {
  const path = "users/u/parts/plain.md";
  const files = { [path]: FILES[path]! };
  const during = async (change: string, undo: string): Promise<readonly number[]> => {
    await bulk.sql.exec(change);
    const { changed } = await compare(files);
    await bulk.sql.exec(undo);
    return changed;
  };
  const signal = (store: string, gone: boolean) =>
    during(
      `insert into frontrow.dirty (collection, path, store, gone) values ('parts', '${path}', '${store}', ${gone})`,
      "delete from frontrow.dirty",
    );
  assert.deepEqual(await signal("table", true), [0], "its row is gone");
  assert.deepEqual(await signal("table", false), [0], "its row changed");
  assert.deepEqual(await signal("bucket", true), [0], "its file is gone");
  assert.deepEqual(await signal("bucket", false), [], "it is only being written");
  assert.deepEqual(
    await during(
      `update frontrow.bases set version = 'other' where path = '${path}' and store = 'bucket'`,
      `update frontrow.bases as b set version = o.version from storage.objects as o where b.path = '${path}' and o.name = b.path and store = 'bucket'`,
    ),
    [0],
    "its object is another",
  );
  assert.deepEqual(
    await during(
      `select frontrow.hold('parts', 'deletions', '${path}', 'bucket', 'why', '{}', '{}')`,
      "delete from frontrow.halt_items; delete from frontrow.halts",
    ),
    [0],
    "a person is asked about it",
  );
  assert.deepEqual(
    await during(
      `insert into frontrow.quarantine (collection, path, store, version, code, message) values ('parts', '${path}', 'bucket', 'x', 'POISON', 'm')`,
      "delete from frontrow.quarantine",
    ),
    [0],
    "it is quarantined",
  );
  assert.deepEqual((await compare(files)).changed, []);
});
