/** log, show, diff, restore and purge-author against the local stack, told as one story. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, startGarden } from "./test-cli.ts";

let garden: Garden;
const path = "users/ann/parts/critic.md";
const part = (name: string, body = "Body\n"): string =>
  `---\nname: ${name} # why\nstatus: active\n---\n\n${body}`;
const bring = async (text: string, who: string, why?: string) => {
  const { code, stderr } = await garden.cli([
    ...["import", await folderOf({ [path]: text }), "--author", who, ...(why ? ["--message", why] : [])],
  ]);
  assert.equal(code, EXIT.ok, stderr);
};

before(async () => {
  garden = await startGarden();
  await bring(part("One"), "ann@example.org", "the first");
  await bring(part("Two", "Body\nand more\n"), "bob@example.org");
  await garden.stack.sql.query("update public.parts set status = 'retired'");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
});
after(() => garden.stack.stop());

test("log: newest first, of all or of one document, by author and time, in pages", async () => {
  const { code, json } = await garden.cli(["log", "--json"]);
  assert.equal(code, EXIT.ok);
  assert.deepEqual(
    json.revisions.map((one: Record<string, unknown>) => [
      one.path,
      one.revision,
      one.store,
      one.author,
      one.message,
      one.current,
    ]),
    [
      [path, 3, "table", null, "updated", true],
      [path, 2, "directory", "bob@example.org", "updated", false],
      [path, 1, "directory", "ann@example.org", "the first", false],
    ],
  );
  assert.equal(json.next, null);
  const by = await garden.cli(["log", path, "--author", "bob@example.org", "--json"]);
  assert.deepEqual(
    by.json.revisions.map(({ revision }: { revision: number }) => revision),
    [2],
  );
  assert.deepEqual((await garden.cli(["log", "--since", "2999-01-01", "--json"])).json.revisions, []);
  assert.equal(
    (await garden.cli(["log", "--since", "1h", "--collection", "parts", "--json"])).json.revisions.length,
    3,
  );
  const page = await garden.cli(["log", "--limit", "2", "--json"]);
  assert.equal(page.json.revisions.length, 2);
  assert.notEqual(page.json.next, null);
  const { stdout } = await garden.cli(["log", path]);
  assert.match(stdout, /^@3 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}table +unknown +updated\n@2 /);
  for (const wrong of [
    ["log", "no/such.md"],
    ["log", "--since", "soon"],
    ["log", "--limit", "0"],
  ]) {
    assert.equal((await garden.cli(wrong)).code, EXIT.usage, wrong.join(" "));
  }
});

test("show: byte for byte, at any revision", async () => {
  assert.equal((await garden.cli(["show", `${path}@1`])).stdout, part("One"));
  assert.equal((await garden.cli(["show", path])).stdout, await garden.served(path));
  const { json } = await garden.cli(["show", `${path}@2`, "--json"]);
  assert.deepEqual([json.revision, json.text, json.parents], [2, part("Two", "Body\nand more\n"), [1]]);
  const none = await garden.cli(["show", `${path}@9`, "--json"]);
  assert.deepEqual([none.code, none.json.error.code], [EXIT.usage, "NOT_FOUND"]);
});

test("diff: the last change, since a revision, between any two; colours only on a terminal", async () => {
  const last = await garden.cli(["diff", path]);
  assert.equal(
    last.stdout,
    `--- ${path}@2\n+++ ${path}@3\n@@ -1,6 +1,6 @@\n ---\n name: Two # why\n-status: active\n+status: retired\n ---\n \n Body\n`,
  );
  const { json } = await garden.cli(["diff", path, "1", "--json"]);
  assert.deepEqual(
    [json.from, json.to, json.fields, json.body, json.same],
    [1, 3, ["name", "status"], true, false],
  );
  assert.match(json.diff, /^-name: One # why$/m);
  const back = await garden.cli(["diff", path, "@2", "1", "--json"]);
  assert.deepEqual([back.json.from, back.json.to, back.json.fields], [2, 1, ["name"]]);
  const first = await garden.cli(["diff", path, "1", "1"]);
  assert.deepEqual([first.code, first.stdout], [EXIT.ok, ""]);
  const onTerminal = await garden.cli(["diff", path], { colour: { stdout: true, stderr: false } });
  assert.match(onTerminal.stdout, /\x1b\[32m\+status: retired\x1b\[39m/);
});

test("restore: file and row follow; refused when somebody was quicker, or something is in the way", async () => {
  const { code, stdout, stderr } = await garden.cli(["restore", path, "1", "--author", "eva@example.org"]);
  assert.equal(code, EXIT.ok, stderr);
  assert.match(stdout, /revision 1 is the newest again, as 4\./);
  assert.equal(await garden.served(path), part("One"));
  const [row] = await garden.stack.sql.query<{ name: string; status: string }>(
    "select name, status from public.parts",
  );
  assert.deepEqual([row!.name, row!.status], ["One", "active"]);
  const [newest] = (await garden.cli(["log", "--json"])).json.revisions;
  assert.deepEqual(
    [newest.revision, newest.parents, newest.author, newest.message],
    [4, [3, 1], "eva@example.org", "restored revision 1"],
  );
  const again = await garden.cli(["restore", path, "1", "--json"]);
  assert.deepEqual([again.code, again.json.changed], [EXIT.ok, false]);
  const stale = await garden.cli(["restore", path, "2", "--expect", "3", "--json"]);
  assert.deepEqual([stale.code, stale.json.error.code], [EXIT.attention, "REPLICA_MOVED"]);

  await garden.put(path, "---\nname: [\n---\n");
  assert.equal((await garden.cli(["sync"])).code, EXIT.attention);
  const bad = await garden.cli(["restore", path, "2", "--json"]);
  assert.deepEqual([bad.code, bad.json.error.code], [EXIT.attention, "IN_THE_WAY"]);
  await garden.put(path, part("One"));
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
});

test("edit: the upload is the person's", async () => {
  const editor = "sed -i s/One/Edited/";
  const environment = { ...garden.environment, EDITOR: editor };
  assert.equal(
    (await garden.cli(["edit", path, "--author", "eva@example.org"], { environment })).code,
    EXIT.ok,
  );
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  const [newest] = (await garden.cli(["log", path, "--json"])).json.revisions;
  assert.deepEqual([newest.store, newest.author], ["bucket", "eva@example.org"]);
});

test("purge-author: asks first, forgets for good, lists what is theirs now", async () => {
  const dry = await garden.cli(["purge-author", "ann@example.org", "--dry-run", "--json"]);
  assert.deepEqual(
    [dry.code, dry.json.revisions, dry.json.dryRun],
    [EXIT.ok, 2, true],
    "the restored one with it",
  );
  const nobody = await garden.cli(["purge-author", "ann@example.org", "--json"]);
  assert.deepEqual([nobody.code, nobody.json.error.code], [EXIT.usage, "USAGE"]);
  assert.equal(
    (await garden.cli(["purge-author", "ann@example.org"], { ask: async () => false })).code,
    EXIT.usage,
  );
  assert.equal((await garden.cli(["show", `${path}@1`])).stdout, part("One"), "nothing was purged yet");
  const purged = await garden.cli(["purge-author", "ann@example.org", "--yes", "--json"]);
  assert.deepEqual([purged.code, purged.json.revisions], [EXIT.ok, 2]);
  const shown = await garden.cli(["show", `${path}@1`, "--json"]);
  assert.deepEqual([shown.code, shown.json.error.code], [EXIT.usage, "NOT_FOUND"]);
  assert.match((await garden.cli(["log", path])).stdout, /^@1 .*unknown +directory \(purged\)$/m);
  const current = await garden.cli(["purge-author", "eva@example.org", "--yes", "--json"]);
  assert.equal(current.code, EXIT.attention);
  assert.equal(current.json.current[0].path, path);
});

test("log --audit: who decided what", async () => {
  const { json } = await garden.cli(["log", "--audit", "--json"]);
  const actions = json.entries.map(({ action }: { action: string }) => action);
  for (const action of ["purge_author", "restore", "run", "import"])
    assert.ok(actions.includes(action), action);
  assert.ok(!JSON.stringify(json).includes("ann@example.org"));
  assert.ok(json.entries.some(({ who }: { who: string | null }) => who === "bob@example.org"));
  assert.match((await garden.cli(["log", "--audit"])).stdout, /purge_author/);
});

test("a deletion has no text, and comes back by restore", async () => {
  const other = "users/ann/parts/calm.md";
  await garden.put(other, part("Calm"));
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  await garden.stack.sql.query("delete from public.parts where slug = 'calm'");
  await garden.cli(["sync"]);
  const shown = await garden.cli(["show", other, "--json"]);
  assert.deepEqual([shown.code, shown.json.error.code], [EXIT.usage, "NOT_FOUND"]);
  assert.match(shown.json.error.message, /is a deletion/);
  assert.match((await garden.cli(["diff", other])).stdout, /^-name: Calm # why$/m);
  assert.equal((await garden.cli(["restore", other, "1"])).code, EXIT.ok);
  assert.equal(await garden.served(other), part("Calm"));
});
