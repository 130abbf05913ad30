/** export against the local stack, told as one story: each test goes on where the one before ended. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MANIFEST } from "../directory/manifest.ts";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, startGarden } from "./test-cli.ts";

let garden: Garden;
let parent: string;
let folder: string;

const part = (name: string): string => `---\nname: ${name} # kept\nstatus: active\n---\n\nBody\n`;
const pathOf = (slug: string): string => `users/ann/parts/${slug}.md`;
const SLUGS = ["critic", "rêveuse", "saboteur", "CON"];

async function edit(slug: string, name: string): Promise<void> {
  await garden.stack.sql.query("update public.parts set name = $2 where slug = $1", [slug, name]);
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
}

const read = (path: string): Promise<string | null> => readFile(join(folder, path), "utf8").catch(() => null);

/** Every file, but for the manifest, with when it was written. */
async function files(): Promise<Record<string, bigint>> {
  const found: Record<string, bigint> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const { isFile, mtimeNs } = await stat(join(folder, name), { bigint: true }).then((one) => ({
      isFile: one.isFile(),
      mtimeNs: one.mtimeNs,
    }));
    if (isFile && name !== MANIFEST) found[name] = mtimeNs;
  }
  return found;
}

before(async () => {
  garden = await startGarden();
  parent = await mkdtemp(join(tmpdir(), "frontrow-export-"));
  folder = join(parent, "deep", "content");
  const source = await folderOf(Object.fromEntries(SLUGS.map((slug) => [pathOf(slug), part(slug)])));
  assert.equal((await garden.cli(["import", source])).code, EXIT.ok);
});
after(async () => {
  await rm(parent, { recursive: true, force: true });
  await garden.stack.stop();
});

test("a dry run writes nothing, not even the folder", async () => {
  const { code, json } = await garden.cli(["export", folder, "--dry-run", "--json"]);
  assert.equal(code, EXIT.attention, "and says what would be refused");
  assert.deepEqual([json.dry_run, json.counts, json.documents], [true, { created: 3, refused: 1 }, 4]);
  await assert.rejects(stat(folder), { code: "ENOENT" });
});

test("every document becomes its file, byte for byte; a name that Windows cannot hold is refused by name", async () => {
  const { code, json, stdout } = await garden.cli(["export", folder, "--json"]);
  assert.equal(code, EXIT.attention, stdout);
  assert.deepEqual(json.counts, { created: 3, refused: 1 });
  assert.deepEqual(
    json.refused.map(({ path, rule, hint }: Record<string, string>) => [path, rule, hint]),
    [[pathOf("CON"), "reserved-name", 'Rename the document, for example to "_CON.md".']],
  );
  for (const slug of SLUGS.slice(0, 3)) assert.equal(await read(pathOf(slug)), part(slug));
  const any = await garden.cli(["export", folder, "--any-name", "--json"]);
  assert.deepEqual([any.code, any.json.counts], [EXIT.ok, { unchanged: 3, created: 1 }]);
  assert.equal(await read(pathOf("CON")), part("CON"));
  assert.deepEqual((await readdir(folder)).sort(), [MANIFEST, "users"], "no temporary file is left");
});

test("again: nothing is written; nor without the manifest, when all is the same", async () => {
  const before = await files();
  for (const forgotten of [false, false, true]) {
    if (forgotten) await rm(join(folder, MANIFEST));
    const { code, json, stdout } = await garden.cli(["export", folder, "--any-name", "--json"]);
    assert.deepEqual([code, json.counts], [EXIT.ok, { unchanged: 4 }], stdout);
    assert.deepEqual(await files(), before);
  }
});

test("an edited row: its file alone is written, and only its line differs", async () => {
  const before = await files();
  await edit("critic", "Kinder");
  const { code, json } = await garden.cli(["export", folder, "--any-name", "--json"]);
  assert.deepEqual([code, json.counts], [EXIT.ok, { unchanged: 3, updated: 1 }]);
  assert.equal(await read(pathOf("critic")), part("Kinder"));
  const written = Object.entries(await files()).filter(([name, time]) => before[name] !== time);
  assert.deepEqual(
    written.map(([name]) => name),
    [pathOf("critic")],
  );
});

test("a file that was edited in the folder stays, and is told, until a person decides", async () => {
  await writeFile(join(folder, pathOf("saboteur")), part("Edited here"));
  await edit("saboteur", "Edited there");
  const { code, json, stderr } = await garden.cli(["export", folder, "--any-name", "--json"]);
  assert.equal(code, EXIT.attention, stderr);
  assert.deepEqual([json.counts, json.differs], [{ unchanged: 3, differs: 1 }, [pathOf("saboteur")]]);
  assert.equal(await read(pathOf("saboteur")), part("Edited here"));
  const told = await garden.cli(["export", folder, "--any-name"]);
  assert.match(
    told.stdout,
    /differs {2}users\/ann\/parts\/saboteur\.md\nEdited in the folder: frontrow import/,
  );
  const dry = await garden.cli(["export", folder, "--any-name", "--force", "--dry-run", "--json"]);
  assert.deepEqual(dry.json.counts, { unchanged: 3, updated: 1 });
  assert.equal(await read(pathOf("saboteur")), part("Edited here"));
  const forced = await garden.cli(["export", folder, "--any-name", "--force", "--json"]);
  assert.deepEqual([forced.code, forced.json.counts], [EXIT.ok, { unchanged: 3, updated: 1 }]);
  assert.equal(await read(pathOf("saboteur")), part("Edited there"));
});

test("a file of somebody's own is never taken for an export's, nor with another project's manifest", async () => {
  const kept = await readFile(join(folder, MANIFEST), "utf8");
  await writeFile(join(folder, MANIFEST), kept.replace('"project":"local"', '"project":"another"'));
  await edit("critic", "Kindest");
  const { code, json, stderr } = await garden.cli(["export", folder, "--any-name", "--json"]);
  assert.equal(code, EXIT.attention);
  assert.match(stderr, /does not count, as it is of the project "another"/);
  assert.deepEqual(json.differs, [pathOf("critic")]);
  assert.equal(await read(pathOf("critic")), part("Kinder"));
  await writeFile(join(folder, MANIFEST), kept);
  assert.equal((await garden.cli(["export", folder, "--any-name"])).code, EXIT.ok);
});

test("documents that are gone: their files stay unless --delete, which removes only what nobody edited", async () => {
  await writeFile(join(folder, "users/ann/parts/mine.md"), part("Mine"));
  await writeFile(join(folder, "users/ann/parts/rêveuse.md"), part("Edited"));
  await garden.stack.sql.query("update public.parts set deleted_at = now() where slug in ('CON', 'rêveuse')");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  const without = await garden.cli(["export", folder, "--json"]);
  assert.deepEqual(
    [without.code, without.json.gone.sort()],
    [EXIT.ok, [pathOf("CON"), pathOf("r=C3=AAveuse")].sort()],
  );
  assert.notEqual(await read(pathOf("CON")), null);
  const dry = await garden.cli(["export", folder, "--any-name", "--delete", "--dry-run", "--json"]);
  assert.deepEqual(dry.json.counts, { unchanged: 2, deleted: 1, differs: 1 });
  assert.notEqual(await read(pathOf("CON")), null);
  const { code, json } = await garden.cli(["export", folder, "--any-name", "--delete", "--json"]);
  assert.deepEqual([code, json.counts], [EXIT.attention, { unchanged: 2, deleted: 1, differs: 1 }]);
  assert.equal(await read(pathOf("CON")), null);
  assert.equal(await read(pathOf("rêveuse")), part("Edited"), "an edited file stays");
  assert.equal(await read(pathOf("mine")), part("Mine"));
});

test("many at once are removed only when a person says so; an emptied folder that exports made goes too", async () => {
  await rm(join(folder, pathOf("rêveuse")));
  const more = Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => [`users/bo/parts/p${at}.md`, part(`P${at}`)]),
  );
  assert.equal((await garden.cli(["import", await folderOf(more)])).code, EXIT.ok);
  assert.equal((await garden.cli(["export", folder])).code, EXIT.ok);
  await garden.stack.sql.query("update public.parts set deleted_at = now() where user_id = 'bo'");
  await garden.cli(["sync"]);
  const { halts } = (await garden.cli(["halts", "--json"])).json;
  for (const { id } of halts) await garden.cli(["resume", String(id), "--apply", "--yes"]);
  const held = await garden.cli(["export", folder, "--delete", "--json"]);
  assert.deepEqual(
    [held.code, held.json.held.length, held.json.counts],
    [EXIT.attention, 12, { unchanged: 2 }],
  );
  const asked: string[] = [];
  const no = async (question: string) => asked.push(question) < 0;
  assert.equal(
    (await garden.cli(["export", folder, "--delete", "--json"], { ask: no })).json.held.length,
    12,
  );
  assert.deepEqual(asked, ["Remove 12 files of documents that are gone?"]);
  const { code, json } = await garden.cli(["export", folder, "--delete", "--yes", "--json"]);
  assert.deepEqual([code, json.counts], [EXIT.ok, { unchanged: 2, deleted: 12 }]);
  assert.deepEqual(await readdir(join(folder, "users")), ["ann"]);
});

test("an interrupted export says so, removes nothing, and the next one goes on", async () => {
  const abort = new AbortController();
  abort.abort();
  await edit("critic", "Last");
  const cut = await garden.cli(["export", folder, "--delete", "--yes", "--json"], {
    interruption: () => abort.signal,
  });
  assert.deepEqual([cut.code, cut.json.interrupted, cut.json.counts], [EXIT.attention, true, {}]);
  assert.equal((await garden.cli(["export", folder, "--json"])).json.counts.updated, 1);
});

test("wrong words: 2; a file in the folder's place: 2", async () => {
  await writeFile(join(parent, "file"), "x");
  await mkdir(join(parent, "empty"), { recursive: true });
  assert.equal((await garden.cli(["export"])).code, EXIT.usage);
  const file = await garden.cli(["export", join(parent, "file"), "--json"]);
  assert.deepEqual([file.code, file.json.error.rule], [EXIT.usage, "no-folder"]);
  const other = await garden.cli(["export", join(parent, "empty"), "--collection", "prats", "--json"]);
  assert.deepEqual([other.code, other.json.error.code], [EXIT.usage, "NOT_FOUND"]);
});
