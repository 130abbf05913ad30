/** What a person pushes: exactly what the policies and grants of their own table would let them write. */
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
const text = (name: string, status = "active") => `---\nname: ${name}\nstatus: ${status}\n---\nHello.\n`;

async function one(
  { headers }: { headers: Record<string, string> },
  at: string,
  expected: number | null,
  said: string | null,
  request: string = crypto.randomUUID(),
) {
  const body = { request, items: [{ collection: "parts", path: at, expected, text: said }] };
  return answered(schemas.pushAnswer, await api.call("/push", headers, body)).items[0]!;
}

const REFUSED = ["refused", "FORBIDDEN"];
const said = ({ outcome, code }: { outcome: string; code?: string | undefined }) => [outcome, code];

test("a person plants, tends and removes their own, under their own name", async () => {
  const ada = api.signedIn(crypto.randomUUID(), { email: "ada@example.org" });
  const at = path(ada.sub, "a");
  assert.deepEqual(await one(ada, at, null, text("A")), {
    collection: "parts",
    path: at,
    outcome: "accepted",
    revision: 1,
  });
  assert.equal((await one(ada, at, 1, text("B"))).revision, 2);
  assert.equal((await api.garden.row(at))!.name, "B");
  assert.equal((await one(ada, at, 2, `${text("B")}# Only the file has this\n`)).revision, 3);
  assert.equal((await one(ada, at, 3, null)).outcome, "accepted");
  assert.equal(await api.garden.read(at), null);
  const authors = await api.garden.sql.query(
    "select distinct author from frontrow.revisions where path = $1",
    [at],
  );
  assert.deepEqual(authors, [{ author: "ada@example.org" }]);
});

test("another's document is neither changed, nor deleted, nor made, nor told of", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  const at = path(ada.sub, "a");
  await one(ada, at, null, text("A"));
  for (const [expected, new_text] of [
    [1, text("B")],
    [1, null],
    [null, text("B")],
    [7, text("B")],
    [1, text("A")],
  ] as const) {
    const answer = await one(bo, at, expected, new_text);
    assert.deepEqual(said(answer), REFUSED);
    assert.ok(!("text" in answer) && !("revision" in answer));
  }
  const fresh = path(ada.sub, "fresh");
  assert.deepEqual(said(await one(bo, fresh, null, text("Mine"))), REFUSED);
  assert.equal(await api.garden.row(fresh), null);
  assert.equal(await api.garden.read(fresh), null);
  assert.equal((await api.garden.row(at))!.name, "A");
  assert.deepEqual(await api.garden.sql.query("select * from frontrow.leases"), [], "nothing is left leased");
  assert.equal((await one(ada, at, 1, text("B"))).outcome, "accepted", "and she is not hindered");
});

test("a policy about what is written counts, and so does a trigger that asks who writes", async () => {
  const ada = api.signedIn();
  const at = path(ada.sub, "a");
  await one(ada, at, null, text("A"));
  const { sql } = api.garden;
  await sql.exec(`create policy "nobody retires alone" on public.parts as restrictive for update to authenticated
    using (true) with check (status <> 'retired')`);
  assert.deepEqual(said(await one(ada, at, 1, text("A", "retired"))), REFUSED);
  assert.equal((await one(ada, at, 1, text("A", "resting"))).outcome, "accepted");
  await sql.exec(`drop policy "nobody retires alone" on public.parts;
    create function public.ask_who() returns trigger language plpgsql as $$
    begin
      if auth.uid() is not null and new.name = 'Admin' then raise exception 'not you'; end if;
      return new;
    end $$;
    create trigger ask_who before update on public.parts for each row execute function public.ask_who()`);
  assert.deepEqual(said(await one(ada, at, 2, text("Admin", "resting"))), ["refused", "ROW_CONSTRAINT"]);
  assert.equal((await api.garden.row(at))!.name, "A");
  await sql.exec("drop trigger ask_who on public.parts; drop function public.ask_who()");
});

test("a column that they may not write is not written", async () => {
  const ada = api.signedIn();
  const at = path(ada.sub, "a");
  await one(ada, at, null, text("A"));
  const { sql } = api.garden;
  await sql.exec(
    "revoke update on public.parts from authenticated; grant update (status) on public.parts to authenticated",
  );
  assert.deepEqual(said(await one(ada, at, 1, text("B"))), REFUSED);
  assert.equal((await one(ada, at, 1, text("A", "resting"))).outcome, "accepted");
  await sql.exec(
    "revoke update on public.parts from authenticated; grant update on public.parts to authenticated",
  );
});

test("who may only read a document cannot change its file either", async () => {
  const ada = api.signedIn();
  const at = path(ada.sub, "a");
  await one(ada, at, null, text("A"));
  const { sql } = api.garden;
  await sql.exec(`alter policy "owners tend their parts" on public.parts using (false)`);
  assert.deepEqual(
    said(await one(ada, at, 1, `${text("A")}`.replace("name: A", "name: A # a comment"))),
    REFUSED,
  );
  assert.equal(await api.garden.read(at), text("A"));
  const bo = api.signedIn();
  assert.deepEqual(said(await one(bo, at, 1, text("B"))), REFUSED);
  await sql.exec(
    `alter policy "owners tend their parts" on public.parts using (user_id = (select auth.uid())::text)`,
  );
});

test("one person's request id means nothing to another", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  const request = crypto.randomUUID();
  const at = path(ada.sub, "a");
  await one(ada, at, null, text("A"), request);
  assert.deepEqual(said(await one(bo, at, null, text("A"), request)), REFUSED);
  assert.equal((await one(ada, at, null, text("A"), request)).revision, 1);
});

test("what is tried as a person is undone: no row, no signal, no number used by the hub", async () => {
  const [ada, bo] = [api.signedIn(), api.signedIn()];
  const at = path(ada.sub, "tried");
  const before_ = await api.garden.sql.query("select count(*)::int as n from public.parts");
  await api.garden.peer.writable({ role: "authenticated", sub: ada.sub }, [
    {
      collection: "parts",
      path: at,
      row: { op: "put", set: { name: "Tried", status: "active" }, clear: [], body: "x" },
    },
  ]);
  assert.deepEqual(await api.garden.sql.query("select count(*)::int as n from public.parts"), before_);
  assert.deepEqual(await api.garden.sql.query("select * from frontrow.dirty where path = $1", [at]), []);
  const asked = {
    collection: "parts",
    path: at,
    row: { op: "put", set: { name: "Tried", status: "active" }, clear: [], body: "x" },
  } as const;
  assert.equal(
    (await api.garden.peer.writable({ role: "authenticated", sub: ada.sub }, [asked])).items.length,
    1,
  );
  assert.equal(
    (await api.garden.peer.writable({ role: "authenticated", sub: bo.sub }, [asked])).items.length,
    0,
  );
});
