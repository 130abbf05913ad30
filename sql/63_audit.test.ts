/** The audit: who decided what and what became of every run, and nobody changes it afterwards. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decide } from "../scripts/testing/decide.ts";
import { type Garden, openValve, startGarden } from "../scripts/testing/garden.ts";
import type { AuditEntry } from "../shared/hub/history-hub.ts";
import { connect } from "../shared/sync/connect.ts";
import { importFiles } from "../shared/sync/import.ts";
import { register } from "../shared/sync/register.ts";

let garden: Garden;
let joe: ReturnType<typeof connect>;
before(async () => {
  garden = await startGarden({ config: openValve });
  joe = connect({ url: garden.stack.url, key: garden.stack.secretKey, caller: "joe@example.org" });
});
after(() => garden.stop());

const text = (name: string) => `---\nname: ${name}\nstatus: active\n---\nBody.\n`;
const path = "users/audit/parts/x.md";

/** What was noted since an entry, oldest first. */
async function since(id: number): Promise<AuditEntry[]> {
  const { items } = await joe.history.audit({ limit: 500 });
  return items.filter((entry) => entry.id > id).reverse();
}
const last = async () => (await since(0)).at(-1)?.id ?? 0;

test("every decision of a person, and every run that did something; never a text", async () => {
  const start = await last();
  await register(joe.hub, garden.config);
  await joe.hub.backfill({ collection: "parts", full: true });
  const file = { path, read: async () => new TextEncoder().encode(text("Secret")) };
  await importFiles({ ...garden, hub: joe.hub, cause: "import", files: [file] });
  await garden.upload(path, text("File"));
  await garden.sql.query("update public.parts set name = 'Row' where user_id = 'audit'");
  await garden.drain();
  await garden.drain();
  await decide(joe.hub, { collection: "parts", path }, { keep: "row" });
  await garden.drain();
  await joe.history.restore({
    collection: "parts",
    path,
    revision: 1,
    expect: (await joe.history.revision({ collection: "parts", path })).revision,
  });
  await joe.history.purgeAuthor({ authors: ["nobody@example.org"], dryRun: true });
  await joe.history.purgeAuthor({ authors: ["nobody@example.org"] });
  const entries = await since(start);
  assert.deepEqual(
    entries.map(({ action, who, role, path, outcome }) => [action, who, role, path, outcome]),
    [
      ["register", "joe@example.org", "service_role", null, "done"],
      ["backfill", "joe@example.org", "service_role", null, "done"],
      ["import", "joe@example.org", "service_role", null, "done"],
      ["run", null, "service_role", null, "done"],
      ["resolve", "joe@example.org", "service_role", path, "done"],
      ["run", null, "service_role", null, "done"],
      ["restore", "joe@example.org", "service_role", path, "done"],
      ["purge_author", null, "service_role", null, "done"],
    ],
    "a run that found nothing is not worth an entry, nor is a dry run",
  );
  const [registered, backfilled, imported, ran, resolved, , restored] = entries;
  assert.deepEqual(registered!.details, { prune: true, collections: ["parts"] });
  assert.deepEqual([backfilled!.collection, backfilled!.details.full], ["parts", true]);
  assert.deepEqual([imported!.details.cause, imported!.details.counts], ["import", { created: 1 }]);
  assert.deepEqual(ran!.details.counts, { conflict: 1 });
  assert.equal(resolved!.details.keep, "row");
  assert.equal(restored!.details.restored, 1);
  assert.doesNotMatch(JSON.stringify(entries), /Secret|Body/);
  const told = await garden.sql.query(
    "select who, action, subject from frontrow.audit_log where action = 'restore'",
  );
  assert.deepEqual(told, [{ who: "joe@example.org", action: "restore", subject: path }]);
  await garden.settle();
});

test("a halt that was resumed, and what was refused: the first is noted, the second changed nothing", async () => {
  await garden.sql.query(
    "insert into frontrow.halts (collection, kind, reason) values ('parts', 'deletions', 'a test')",
  );
  const start = await last();
  const [{ id }] = (await garden.sql.query("select id::int from frontrow.halts where state = 'open'")) as [
    { id: number },
  ];
  await joe.hub.resume(id, "restore");
  await assert.rejects(joe.hub.resume(id, "restore"), { code: "NOT_FOUND" });
  await assert.rejects(joe.history.restore({ collection: "parts", path, revision: 99, expect: 99 }), {
    code: "NOT_FOUND",
  });
  const entries = await since(start);
  assert.deepEqual(
    entries.map(({ action, who, details }) => [action, who, details]),
    [["resume", "joe@example.org", { halt: id, decision: "restore", documents: 0 }]],
  );
});

test("a worker that never came back is noted by the sweep", async () => {
  const start = await last();
  const run = crypto.randomUUID();
  await garden.sql.query(
    `insert into frontrow.runs (id, worker, cause, started_at, heartbeat_at) values ($1, 'w', 'doorbell',
      now() - interval '10 minutes', now() - interval '9 minutes')`,
    [run],
  );
  await garden.sql.query("select frontrow.sweep()");
  const [entry] = await since(start);
  assert.deepEqual([entry!.action, entry!.outcome, entry!.details.run], ["run", "no heartbeat", run]);
});

test("append only: nobody changes, deletes or empties it, not even its owner", async () => {
  assert.ok((await last()) > 0);
  for (const change of [
    "update frontrow.audit set who = 'another'",
    "delete from frontrow.audit",
    "truncate frontrow.audit",
  ]) {
    await assert.rejects(
      garden.sql.transaction((tx) => tx.exec(`set local role hosted_postgres; ${change}`)),
      /the audit is append-only/,
    );
  }
  const rights = await garden.sql.query(
    `select r.role from unnest(array['anon', 'authenticated', 'service_role']) as r (role)
     where has_table_privilege(r.role, 'frontrow.audit', 'insert, update, delete, truncate')`,
  );
  assert.deepEqual(rights, []);
});

test("after a year an entry goes", async () => {
  await garden.sql.query(
    `insert into frontrow.audit (at, action, role, outcome) overriding system value values
      (now() - interval '366 days', 'old', 'x', 'done'), (now() - interval '364 days', 'young', 'x', 'done')`,
  );
  await garden.sql.query("update frontrow.settings set value = value where false");
  // The sweep looks at the oldest by their id.
  await garden.sql.transaction(async (tx) => {
    await tx.query("select set_config('frontrow.audit', 'open', true)");
    await tx.query("delete from frontrow.audit where action not in ('old', 'young')");
  });
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await garden.sql.query("select action from frontrow.audit where role = 'x'"), [
    { action: "young" },
  ]);
  await assert.rejects(
    garden.sql.query("delete from frontrow.audit"),
    /append-only/,
    "and it is closed again",
  );
});

test("pages of the audit, and by person and time", async () => {
  for (let i = 0; i < 5; i++) await joe.hub.backfill({ collection: "parts", full: true });
  const first = await joe.history.audit({ who: "joe@example.org", limit: 2 });
  const second = await joe.history.audit({ who: "joe@example.org", limit: 2, after: first.next });
  const ids = [...first.items, ...second.items].map(({ id }) => id);
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => b - a),
  );
  assert.equal(new Set(ids).size, 4);
  assert.deepEqual((await joe.history.audit({ since: "2999-01-01" })).items, []);
  assert.deepEqual((await joe.history.audit({ who: "nobody" })).items, []);
});
