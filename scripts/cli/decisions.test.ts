/** The verbs by which people decide, and `register`, against the local stack. One stack, told as one story: each test goes on where the one before ended. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, root, startGarden } from "./test-cli.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
  const names = ["critic", "rêveuse", "new", "bad", "latin", "worse"];
  const files = names.map((name) => [`users/ann/parts/${name}.md`, part(name)]);
  assert.equal((await garden.cli(["import", await folderOf(Object.fromEntries(files))])).code, EXIT.ok);
});
after(() => garden.stack.stop());

const part = (name: string, more = ""): string => `---\nname: ${name}\nstatus: active\n${more}---\n\nBody\n`;
const rows = (where = "true") =>
  garden.stack.sql.query<{ slug: string; name: string }>(
    `select slug, name from public.parts where deleted_at is null and ${where} order by slug`,
  );

test("a conflict: both versions stay until resolve says which", async () => {
  for (const side of ["file", "row"]) {
    await garden.put("users/ann/parts/rêveuse.md".replace("ê", "=C3=AA"), part(`File ${side}`));
    await garden.stack.sql.query("update public.parts set name = $1 where slug = 'rêveuse'", [`Row ${side}`]);
    const sync = await garden.cli(["sync"]);
    assert.equal(sync.code, EXIT.conflicts);
    assert.match(sync.stdout, /resolve 'users\/ann\/parts\/rêveuse\.md' --collection parts --keep file/);
    const both = await garden.cli(["resolve", "users/ann/parts/rêveuse.md", "--keep", side, "--text", "-"]);
    assert.equal(both.code, EXIT.usage);
    const { code, json } = await garden.cli([
      "resolve",
      "users/ann/parts/rêveuse.md",
      "--keep",
      side,
      "--json",
    ]);
    assert.equal(code, EXIT.ok);
    assert.deepEqual([json.keep, json.resolved, json.path], [side, true, "users/ann/parts/r=C3=AAveuse.md"]);
    const name = side === "file" ? "File file" : "Row row";
    assert.deepEqual(await rows("slug = 'rêveuse'"), [{ slug: "rêveuse", name }]);
    assert.equal(await garden.served("users/ann/parts/r=C3=AAveuse.md"), part(name));
  }
  const none = await garden.cli(["resolve", "users/ann/parts/x.md", "--keep", "row", "--json"]);
  assert.deepEqual([none.code, none.json.error.code], [EXIT.usage, "NOT_FOUND"]);
});

test("a halt: nothing is deleted until resume; --restore gives all back, --apply deletes", async () => {
  const halted = async (): Promise<number> => {
    await garden.stack.sql.exec("delete from public.parts");
    const sync = await garden.cli(["sync"]);
    assert.equal(sync.code, EXIT.attention);
    assert.match(sync.stdout, /resume \d+ --apply/);
    return (await garden.cli(["status", "--json"])).json.open_halts[0].id;
  };
  const first = await halted();
  const restored = await garden.cli(["resume", String(first), "--restore", "--json"]);
  assert.equal(restored.code, EXIT.ok, restored.stderr);
  assert.deepEqual([restored.json.documents, restored.json.resumed], [6, true]);
  assert.equal((await rows()).length, 6);

  const second = await halted();
  const asked: string[] = [];
  const no = await garden.cli(["resume", String(second), "--apply"], {
    ask: async (question) => {
      asked.push(question);
      return false;
    },
  });
  assert.equal(no.code, EXIT.usage);
  assert.match(asked[0]!, /Delete 6 documents/);
  assert.notEqual(await garden.served("users/ann/parts/new.md"), null);
  const applied = await garden.cli(["resume", String(second), "--apply", "--json"]);
  assert.equal(applied.code, EXIT.ok, applied.stderr);
  assert.deepEqual(applied.json.counts, { deleted: 6 });
  assert.equal(await garden.served("users/ann/parts/new.md"), null);
  assert.equal((await garden.cli(["resume", "999", "--apply", "--json"])).json.error.code, "NOT_FOUND");
});

test("halts shows the exact set; --dry-run changes nothing; --seen decides only about what was seen", async () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [`users/bo/parts/${name}.md`, part(name)]),
  );
  assert.equal((await garden.cli(["import", await folderOf(files)])).code, EXIT.ok);
  await garden.stack.sql.exec("delete from public.parts");
  await garden.cli(["sync"]);
  const shown = await garden.cli(["halts"]);
  assert.equal(shown.code, EXIT.attention);
  assert.match(shown.stdout, /users\/bo\/parts\/a\.md[\s\S]*resume \d+ --apply --seen \d+:\d+:/);
  const { halts } = (await garden.cli(["halts", "--json"])).json;
  const [{ id, seen, items }] = halts;
  assert.deepEqual([halts.length, items.length], [1, 5]);

  const dry = await garden.cli(["resume", String(id), "--apply", "--dry-run", "--json"]);
  assert.deepEqual([dry.code, dry.json.dry_run, dry.json.documents, dry.json.left], [EXIT.ok, true, 5, 0]);
  assert.equal((await garden.cli(["halts", "--json"])).json.halts[0].items.length, 5);
  assert.equal((await garden.cli(["resume", String(id), "--json"])).json.error.code, "USAGE");

  await garden.put("users/bo/parts/f.md", part("f"));
  await garden.cli(["sync"]);
  await garden.stack.sql.exec("delete from public.parts where slug = 'f'");
  await garden.cli(["sync"]);
  const { json } = await garden.cli(["resume", String(id), "--apply", "--seen", seen, "--json"]);
  assert.deepEqual([json.documents, json.left, json.resumed, json.counts.deleted], [5, 1, false, 5]);
  assert.notEqual(await garden.served("users/bo/parts/f.md"), null, "it came after the look");
  assert.equal((await garden.cli(["resume", String(id), "--restore"])).code, EXIT.ok);
  assert.deepEqual(await rows(), [{ slug: "f", name: "f" }]);
  const closed = await garden.cli(["resume", String(id), "--apply", "--json"]);
  assert.deepEqual([closed.code, closed.json.error.code], [EXIT.usage, "NOT_FOUND"]);
  assert.match(closed.json.error.message, /not open: it was closed at/);
  await garden.put("users/bo/parts/f.md", part("f", "charge: 1\n"));
  await garden.cli(["sync"]);
  await garden.stack.sql.exec("delete from public.parts");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok, "the last one of a collection may go");
});

test("a database of another project: register is refused, and adopts when told to", async () => {
  await garden.stack.sql.query(
    "update frontrow.settings set value = '\"abcdefghijklmnopqrst\"' where name = 'identity'",
  );
  const refused = await garden.cli(["register", "--json"]);
  assert.deepEqual([refused.code, refused.json.error.code], [EXIT.usage, "PROJECT_MISMATCH"]);
  const sync = await garden.cli(["sync", "--json"]);
  assert.deepEqual([sync.code, sync.json.error.code], [EXIT.usage, "PROJECT_MISMATCH"]);
  assert.match(
    (await garden.cli(["status"])).stdout,
    /belongs to the project "abcdefghijklmnopqrst"[\s\S]*resume \d+ --apply/,
  );
  const environment = { ...garden.environment, FRONTROW_PROJECT: "abcdefghijklmnopqrst" };
  const named = await garden.cli(["sync", "--json"], { environment });
  assert.equal(named.json.error, undefined, "the same project under another URL says so");
  assert.equal((await garden.cli(["register", "--adopt", "--json"])).code, EXIT.ok);
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
});

test("backfill raises an alarm when it finds nothing where something is", async () => {
  await garden.put("elsewhere/x.md", part("X"));
  const { code, json, stdout } = await garden.cli(["backfill", "--json"]);
  assert.equal(code, EXIT.attention, stdout);
  assert.equal(json.alarms[0].collection, "parts");
  assert.match(
    (await garden.cli(["backfill"])).stdout,
    /Alarm: "parts" has no document, yet its bucket has 1 file/,
  );
});

test("register says what it installed; a table that does not fit is refused with the reason", async () => {
  const { code, json } = await garden.cli(["register", "--json"]);
  assert.equal(code, EXIT.ok);
  const [parts] = json.collections;
  assert.deepEqual(
    [parts.name, parts.table, parts.bucket, parts.row_delete],
    ["parts", "public.parts", "content", "soft"],
  );
  assert.deepEqual(
    parts.columns.find(({ column }: { column: string }) => column === "status"),
    { column: "status", type: "enum", field: "status", not_null: true },
  );
  assert.match((await garden.cli(["register"])).stdout, /status +enum \(emerging, .*\) +not null/);
  const folder = await folderOf({
    "frontrow.config.ts": `import { z } from ${JSON.stringify(join(root, "node_modules/zod/index.js"))};
      import { defineCollection, defineConfig } from ${JSON.stringify(join(root, "shared/collections/mod.ts"))};
      export default defineConfig({ collections: [defineCollection({ name: "notes", table: "notes", path: ":slug.md",
        fields: z.object({ title: z.string() }) })] });`,
  });
  const wrong = await garden.cli(["register", "--json", "--config", "frontrow.config.ts"], { folder });
  assert.equal(wrong.code, EXIT.usage);
  assert.match(wrong.json.error.message, /there is no table public\.notes/);
  assert.equal((await garden.cli(["register", "--collection", "parts"])).code, EXIT.usage);
});
