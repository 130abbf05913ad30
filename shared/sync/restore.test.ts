/** An old revision made the newest: both sides follow, to the byte, and nothing of anybody's is lost. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, openValve, startGarden } from "../../scripts/testing/garden.ts";
import { resolveConfig } from "../collections/mod.ts";
import type { RestoreRequest } from "../hub/history-hub.ts";
import { connect } from "./connect.ts";
import { register } from "./register.ts";
import { restoreRevision } from "./restore.ts";

let garden: Garden;
let history: ReturnType<typeof connect>["history"];
before(async () => {
  garden = await startGarden({ config: openValve });
  ({ history } = connect({ url: garden.stack.url, key: garden.stack.secretKey, caller: "rae@example.org" }));
});
after(() => garden.stop());

const text = (name: string, charge = "0.5") =>
  `---\nname: ${name} # kept\nstatus: active\ncharge: ${charge}\n---\nBody.\n`;

/** A document that went through these texts. */
async function grown(user: string, ...texts: string[]): Promise<string> {
  const path = `users/${user}/parts/x.md`;
  for (const one of texts) {
    await garden.upload(path, one);
    await garden.settle();
  }
  return path;
}

const newest = (path: string) => history.revision({ collection: "parts", path });

async function restore(path: string, revision: number, more: Partial<RestoreRequest> = {}) {
  const expect = more.expect ?? (await newest(path)).revision;
  const binding = garden.bindings.get("parts")!;
  return await restoreRevision(history, binding, { collection: "parts", path, revision, expect, ...more });
}

test("both sides follow, as a new revision by who restored it", async () => {
  const path = await grown("both", text("One", "1"), text("Two", "0"), text("Three", "0"));
  const done = await restore(path, 1, { message: "as it began" });
  assert.deepEqual(done, { revision: 4, restored: 1, changed: true });
  await garden.settle();
  assert.equal(await garden.read(path), text("One", "1"));
  const row = (await garden.row(path))!;
  assert.deepEqual([row.name, Number(row.charge)], ["One", 1]);
  const { revision, parents, store, author, message, current } = await newest(path);
  assert.deepEqual(
    { revision, parents, store, author, message, current },
    {
      revision: 4,
      parents: [3, 1],
      store: "restore",
      author: "rae@example.org",
      message: "as it began",
      current: true,
    },
  );
  assert.deepEqual(
    await restore(path, 1),
    { revision: 4, restored: 1, changed: false },
    "it is that already",
  );
  const { text: kept } = await history.revision({ collection: "parts", path, revision: 3 });
  assert.equal(kept, text("Three", "0"), "what was there stays in the history");
});

for (const [name, odd] of [
  ["CRLF", text("Crlf").replaceAll("\n", "\r\n")],
  ["a BOM", `\u{feff}${text("Bom")}`],
  ["no newline at the end", text("Bare").trimEnd()],
  [
    "trailing spaces and a strange order",
    "---\nstatus:   active   \nother: [1,\n  2]\nname: 'Odd'\n---\n\n\n  x  \n",
  ],
] as const) {
  test(`byte for byte: ${name}`, async () => {
    const path = await grown(`bytes${name.replaceAll(/\W/g, "")}`, odd, text("Plain"));
    assert.equal((await history.revision({ collection: "parts", path, revision: 1 })).text, odd);
    await restore(path, 1);
    await garden.settle();
    const bytes = garden.stack.storage.bodies.get(
      (
        (await garden.sql.query("select version from storage.objects where name = $1", [path])) as [
          { version: string },
        ]
      )[0].version,
    );
    assert.deepEqual(new Uint8Array((await bytes)!), new TextEncoder().encode(odd));
  });
}

test("a deleted document comes back, from any revision that has a text", async () => {
  const path = await grown("gone", text("One"), text("Two"));
  await garden.remove(path);
  await garden.settle();
  assert.equal(await garden.row(path), null);
  assert.deepEqual((await newest(path)).deleted, true);
  await assert.rejects(restore(path, 3), { code: "NOT_FOUND", message: /deletion; take the one before/ });
  await restore(path, 2);
  await garden.settle();
  assert.equal(await garden.read(path), text("Two"));
  assert.equal((await garden.row(path))!.name, "Two");
  await restore(path, 1);
  await garden.settle();
  assert.equal(await garden.read(path), text("One"));
});

test("somebody was quicker: refused, and nothing changed", async () => {
  const path = await grown("race", text("One"), text("Two"));
  const { revision: seen } = await newest(path);
  await garden.sql.query("update public.parts set charge = 0 where user_id = 'race'");
  await garden.settle();
  await assert.rejects(restore(path, 1, { expect: seen }), {
    code: "REPLICA_MOVED",
    message: /is at revision 3 by now, not at 2/,
  });
  assert.equal((await newest(path)).revision, 3);
  assert.equal((await garden.drain()).counts.updated, undefined);
});

test("an edit that is not synced yet is merged with what is restored", async () => {
  const path = await grown("meet", text("One", "1"), text("Two", "1"));
  await garden.sql.query("update public.parts set charge = -1 where user_id = 'meet'");
  await restore(path, 1);
  await garden.settle();
  assert.equal(await garden.read(path), text("One", "-1"));
  const row = (await garden.row(path))!;
  assert.deepEqual([row.name, Number(row.charge)], ["One", -1]);
});

test("the worker dies on the way, or was under way with something else: both sides get there", async () => {
  const path = await grown("dead", text("One"), text("Two"));
  await garden.sql.query("update public.parts set charge = 0 where user_id = 'dead'");
  const failing = () => ({ ...garden.bucket("content"), write: () => Promise.reject(new Error("dead")) });
  await garden.drain({ bucket: failing });
  await restore(path, 1);
  await garden.drain({ bucket: failing });
  await garden.settle();
  assert.equal(await garden.read(path), text("One"));
  assert.equal((await garden.row(path))!.name, "One");
});

test("an open conflict and a quarantine are in the way, and it is said what to do", async () => {
  const torn = await grown("torn", text("One"), text("Two"));
  await garden.upload(torn, text("File"));
  await garden.sql.query("update public.parts set name = 'Row' where user_id = 'torn'");
  await garden.drain();
  await assert.rejects(restore(torn, 1), { code: "IN_THE_WAY", message: /resolve the conflict first/ });
  const bad = await grown("bad", text("One"), text("Two"));
  await garden.upload(bad, "---\nname: [\n---\n");
  await garden.drain();
  await assert.rejects(restore(bad, 1), {
    code: "IN_THE_WAY",
    message: /mend or remove what is there first/,
  });
  assert.equal(await garden.read(bad), "---\nname: [\n---\n");
});

test("what was never there, or does not fit any more, is refused", async () => {
  const path = await grown("never", text("One"), text("Two"));
  await assert.rejects(restore(path, 9), { code: "NOT_FOUND" });
  await assert.rejects(restore("users/never/parts/y.md", 1, { expect: 1 }), { code: "NOT_FOUND" });
  await garden.sql.query(
    "update frontrow.revisions set text = replace(text, 'active', 'unheard-of') where path = $1",
    [path],
  );
  await assert.rejects(restore(path, 1), { code: "SCHEMA_VIOLATION", path });
  assert.equal((await newest(path)).revision, 2);
});

for (const direction of ["files-to-rows", "rows-to-files"] as const) {
  test(`one way, ${direction}`, async () => {
    const path = await grown(direction, text("One"), text("Two"));
    const collections = openValve.collections.map((one) => ({
      ...one,
      policies: { ...one.policies, direction },
    }));
    const bindings = await register(garden.hub, resolveConfig({ ...openValve, collections }));
    try {
      if (direction === "rows-to-files") {
        await assert.rejects(restore(path, 1), {
          code: "IN_THE_WAY",
          message: /rows lead in "parts": change the row/,
        });
      } else {
        await restore(path, 1);
        await garden.settle({ bindings });
        assert.equal(await garden.read(path), text("One"));
        assert.equal((await garden.row(path))!.name, "One");
      }
    } finally {
      await register(garden.hub, garden.config);
    }
  });
}
