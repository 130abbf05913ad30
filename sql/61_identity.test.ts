/** Whose database this is: a clone of it writes nothing, wherever it is brought to life. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drainUntil } from "../scripts/testing/effects.ts";
import { directHub, type Garden, startGarden } from "../scripts/testing/garden.ts";
import { projectIdentity } from "../shared/hub/project-identity.ts";
import { register } from "../shared/sync/register.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const file = (name: string) => `---\nname: ${name}\nstatus: active\n---\n`;
const path = (name: string) => `users/ann/parts/${name}.md`;

/** Everything a write could change outside the hub. */
const world = () =>
  garden.sql.query(
    `select 'row' as side, slug as name, md5(p::text) as version from public.parts as p
     union all select 'object', name, version from storage.objects order by 1, 2`,
  );
const identityHalts = async () => (await garden.hub.report()).halts.filter(({ kind }) => kind === "identity");

test("an identity is the project's ref, local, or the host", () => {
  const urls: [string, string][] = [
    ["https://abcdefghijklmnopqrst.supabase.co", "abcdefghijklmnopqrst"],
    ["https://ABCDEFGHIJKLMNOPQRST.supabase.co/", "abcdefghijklmnopqrst"],
    ["http://127.0.0.1:54321", "local"],
    ["http://localhost:8000", "local"],
    ["http://[::1]:8000", "local"],
    ["http://kong:8000", "local"],
    ["http://api.supabase.internal:8000", "local"],
    ["https://supabase.example.com", "supabase.example.com"],
    ["https://supabase.example.com:8443", "supabase.example.com:8443"],
    ["https://evil.example/abc.supabase.co", "evil.example"],
  ];
  for (const [url, identity] of urls) assert.equal(projectIdentity(url), identity, url);
});

test("a clone with dirty keys, leases and open intents writes nothing, and says why in one halt", async () => {
  for (const name of ["a", "b", "c"]) await garden.upload(path(name), file(name));
  await garden.settle();
  // What a dump may have in it: a lease and an open intent of a worker that died before its upload, and new signals.
  await garden.sql.query("update public.parts set name = 'Cut off' where slug = 'a'");
  await drainUntil(garden, { effect: 3, when: "before" });
  const [{ open }] = (await garden.sql.query(
    "select count(*)::int as open from frontrow.intents where state = 'open'",
  )) as [{ open: number }];
  assert.equal(open, 1);
  await garden.upload(path("b"), file("B edited"));
  await garden.remove(path("c"));
  const before = await world();

  for (const identity of ["abcdefghijklmnopqrst", "elsewhere.example", ""]) {
    const hub = directHub(garden.sql, identity);
    await assert.rejects(garden.settle({ hub }), {
      code: "PROJECT_MISMATCH",
      message: /belongs to the project "local", and the caller is for/,
    });
    // An apply that was on its way: the clone's worker holds the lease's token.
    const [lease] = await garden.sql.query<{ token: string }>(
      "select token::text as token from frontrow.leases",
    );
    const item = {
      collection: "parts",
      path: path("a"),
      token: lease!.token,
      outcome: "updated",
      editor: "table",
      expect: { revision: 1, bucket: null, table: null },
      revisions: [],
      tombstone: true,
      bases: {},
      row: { op: "delete" as const },
      object: { op: "delete" as const },
      quarantine: null,
      conflict: null,
    };
    await assert.rejects(hub.apply(crypto.randomUUID(), [item]), { code: "PROJECT_MISMATCH" });
  }
  await garden.sql.query("select frontrow.sweep()");
  await garden.sql.query("update frontrow.leases set until = '-infinity'");
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await world(), before);
  const halts = await identityHalts();
  assert.equal(halts.length, 1);
  assert.deepEqual(halts[0]!.evidence, { registered: "local", seen: "abcdefghijklmnopqrst" });
  const [{ left }] = (await garden.sql.query("select count(*)::int as left from frontrow.dirty")) as [
    { left: number },
  ];
  assert.ok(left > 0, "its work waits");
});

test("a stranger's registration is refused, and changes nothing", async () => {
  const [before] = await garden.sql.query("select * from frontrow.collections");
  const hub = directHub(garden.sql, "abcdefghijklmnopqrst");
  await assert.rejects(register(hub, garden.config), { code: "PROJECT_MISMATCH", hint: /--adopt/ });
  assert.deepEqual(await garden.sql.query("select * from frontrow.collections"), [before]);
});

test("resume restore keeps the project: its own worker goes on, the stranger stays one", async () => {
  const [halt] = await identityHalts();
  await garden.hub.resume(halt!.id, "restore");
  await garden.settle();
  const row = await garden.row(path("b"));
  assert.equal(row!.name, "B edited");
  assert.equal(await garden.row(path("c")), null);
  await assert.rejects(garden.settle({ hub: directHub(garden.sql, "abcdefghijklmnopqrst") }), {
    code: "PROJECT_MISMATCH",
  });
});

test("resume apply makes the stranger the project's own", async () => {
  const [halt] = await identityHalts();
  const clone = directHub(garden.sql, "abcdefghijklmnopqrst");
  await clone.resume(halt!.id, "apply");
  await garden.upload(path("a"), file("By the clone"));
  await garden.settle({ hub: clone });
  assert.equal((await garden.row(path("a")))!.name, "By the clone");
  await assert.rejects(garden.settle(), { code: "PROJECT_MISMATCH" });
  assert.deepEqual((await identityHalts())[0]!.evidence, {
    registered: "abcdefghijklmnopqrst",
    seen: "local",
  });
});

test("register with adopt says whose it is from now on", async () => {
  await register(garden.hub, garden.config, { adopt: true });
  assert.deepEqual(await identityHalts(), []);
  await garden.upload(path("a"), file("At home"));
  await garden.settle();
  assert.equal((await garden.row(path("a")))!.name, "At home");
});
