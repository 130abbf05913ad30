/** What peers are shown: programs everything, people what the policies of their own table let them see. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as schemas from "./schemas.ts";
import { answered, startApi, type TestApi } from "./test-api.ts";

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api.garden.stop());

const path = (user: string, slug: string) => `users/${user}/parts/${slug}.md`;
const text = (name: string) => `---\nname: ${name}\nstatus: active\n---\nHello.\n`;
const paths = ({ items }: { items: { path: string }[] }) => items.map((item) => item.path);

async function plant(user: string, ...slugs: string[]): Promise<void> {
  for (const slug of slugs) await api.garden.upload(path(user, slug), text(slug));
  await api.garden.settle();
}

async function follow(headers: Record<string, string>, query = ""): Promise<string[]> {
  const found: string[] = [];
  let since = "";
  for (let more = true; more; ) {
    const page = answered(schemas.changesAnswer, await api.call(`/changes?limit=3${query}${since}`, headers));
    found.push(...paths(page));
    since = `&since=${encodeURIComponent(page.next)}`;
    more = page.more;
  }
  return found.sort();
}

test("a person's feed is their own documents; a program's is all", async () => {
  const ada = api.signedIn();
  const bo = api.signedIn();
  await plant(ada.sub, "a", "b");
  await plant(bo.sub, "c", "d", "e", "f");
  assert.deepEqual(await follow(ada.headers), [path(ada.sub, "a"), path(ada.sub, "b")]);
  assert.deepEqual(
    await follow(bo.headers),
    ["c", "d", "e", "f"].map((slug) => path(bo.sub, slug)),
  );
  assert.deepEqual(await follow(api.signedIn().headers), []);
  const all = await follow(api.program);
  for (const one of [path(ada.sub, "a"), path(bo.sub, "f")]) assert.ok(all.includes(one));
  const first = answered(schemas.changesAnswer, await api.call("/changes?texts=false", ada.headers));
  assert.ok(first.items.every((item) => item.text === undefined));
});

test("another person's cursor begins anew rather than skip", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  await plant(ada.sub, "a");
  await plant(bo.sub, "b");
  const { next } = answered(schemas.changesAnswer, await api.call("/changes", ada.headers));
  const page = answered(schemas.changesAnswer, await api.call(`/changes?since=${next}`, bo.headers));
  assert.deepEqual([page.reset, paths(page)], [true, [path(bo.sub, "b")]]);
});

test("a document is read as it is, and another's is as if it were not there", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  await plant(ada.sub, "plain");
  const plain = `/documents/parts/${path(ada.sub, "plain")}`;
  const own = answered(schemas.documentAnswer, await api.call(plain, ada.headers));
  assert.equal(own.text, text("plain"));
  assert.equal(own.revision, 1);
  assert.deepEqual(answered(schemas.documentAnswer, await api.call(plain, api.program)), own);
  const none = await api.call(`/documents/parts/${path(ada.sub, "nothing")}`, bo.headers);
  const other = await api.call(plain, bo.headers);
  assert.deepEqual([other.status, other.body.error.code], [404, "NOT_FOUND"]);
  assert.equal(other.body.error.message, none.body.error.message);

  const odd = "a part, with =signs? & +";
  await api.garden.sql.query("insert into public.parts (user_id, slug, name) values ($1, $2, 'Odd')", [
    ada.sub,
    odd,
  ]);
  await api.garden.settle();
  const place = path(ada.sub, odd.replace("=", "=3D")).split("/").map(encodeURIComponent).join("/");
  const found = answered(schemas.documentAnswer, await api.call(`/documents/parts/${place}`, ada.headers));
  assert.match(found.text!, /^name: Odd$/m);
});

test("many are read at once; what is gone or another's is left out", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  await plant(ada.sub, "stays", "goes");
  await plant(bo.sub, "theirs");
  await api.garden.sql.query(
    "update public.parts set deleted_at = now() where user_id = $1 and slug = 'goes'",
    [ada.sub],
  );
  await api.garden.settle();
  const items = [
    path(ada.sub, "stays"),
    path(ada.sub, "goes"),
    path(bo.sub, "theirs"),
    "no/path",
    path("x", "y"),
  ].map((one) => ({ collection: "parts", path: one }));
  const read = async (headers: Record<string, string>, texts?: boolean) =>
    answered(
      schemas.documentsAnswer,
      await api.call("/documents", headers, { items, ...(texts === undefined ? {} : { texts }) }),
    );
  assert.deepEqual(paths(await read(ada.headers)), [path(ada.sub, "stays")]);
  assert.deepEqual(paths(await read(bo.headers)), [path(bo.sub, "theirs")]);
  const all = await read(api.program, false);
  assert.deepEqual(
    all.items.map((item) => [item.path, item.deleted, item.text]).sort(),
    [
      [path(ada.sub, "goes"), true, undefined],
      [path(ada.sub, "stays"), false, undefined],
      [path(bo.sub, "theirs"), false, undefined],
    ].sort(),
  );
});

test("what the table's grants hide, the documents hide", async () => {
  const ada = api.signedIn();
  await plant(ada.sub, "a");
  const { sql } = api.garden;
  await sql.exec("revoke select on public.parts from authenticated");
  await sql.exec("grant select (id, user_id, slug, name, deleted_at) on public.parts to authenticated");
  try {
    assert.deepEqual(await follow(ada.headers), [], "a document shows columns that they may not read");
  } finally {
    await sql.exec(
      "revoke select on public.parts from authenticated; grant select on public.parts to authenticated",
    );
  }
  assert.deepEqual(await follow(ada.headers), [path(ada.sub, "a")]);
});

test("a conflict is shown to whom its row is shown", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  await plant(ada.sub, "torn");
  await api.garden.upload(path(ada.sub, "torn"), text("File"));
  await api.garden.sql.query("update public.parts set name = 'Row' where user_id = $1", [ada.sub]);
  await api.garden.settle();
  const list = async (headers: Record<string, string>, query = "") =>
    answered(schemas.conflictsAnswer, await api.call(`/conflicts${query}`, headers)).items;
  assert.deepEqual(
    (await list(ada.headers)).map((one) => [one.path, one.overlapping[0]!.name]),
    [[path(ada.sub, "torn"), "name"]],
  );
  assert.deepEqual(await list(bo.headers), []);
  assert.ok((await list(api.program)).some((one) => one.path === path(ada.sub, "torn")));
  const [whole] = await list(ada.headers, `?path=${encodeURIComponent(path(ada.sub, "torn"))}`);
  assert.equal(whole!.file_text, text("File"));
  assert.deepEqual(await list(bo.headers, `?path=${encodeURIComponent(path(ada.sub, "torn"))}`), []);
});

test("visible leaves nothing of the person behind in its transaction", async () => {
  const rows = await api.garden.sql.transaction(async (tx) => {
    await tx.exec("set local role service_role");
    await tx.query("select public.frontrow_visible($1::text::jsonb)", [
      JSON.stringify({
        protocol: 1,
        claims: { role: "authenticated", sub: crypto.randomUUID() },
        items: [{ collection: "parts", path: path("x", "y") }],
      }),
    ]);
    return await tx.query(
      "select current_user::text as role, current_setting('request.jwt.claims', true) as claims",
    );
  });
  assert.equal(rows[0]!.role, "service_role");
  assert.ok(!rows[0]!.claims);
});
