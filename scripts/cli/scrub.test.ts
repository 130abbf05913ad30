/** Scrubbing on the way out, and what comes back, as one story: each test goes on where the one before ended. */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MANIFEST } from "../directory/manifest.ts";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, type Ran, startGarden } from "./test-cli.ts";

const SALT = "a salt that is long enough";
const RULES = `stores:
  directory:
    scrub:
      salt: TEAM_SALT
      rules:
        - { field: name, action: hash }
        - { pattern: email }
        - { pattern: phone, with: "***" }
`;
const part = (name: string, body = "Write to ann@example.org, or +49 170 1234567.\n") =>
  `---\nname: ${name} # ask ann@example.org\nstatus: active\n---\n\n${body}`;
const pathOf = (slug: string) => `users/ann/parts/${slug}.md`;

let garden: Garden;
let project: string;
let environment: Record<string, string>;

const run = (argv: string[], more: Record<string, string> = { TEAM_SALT: SALT }): Promise<Ran> =>
  garden.cli([...argv, "--json"], { folder: project, environment: { ...environment, ...more } });
const file = (slug: string) => join(project, "out", pathOf(slug));
const revisions = async () =>
  (await garden.stack.sql.query<{ n: number }>("select count(*)::int as n from frontrow.revisions"))[0]!.n;

before(async () => {
  garden = await startGarden();
  environment = garden.environment;
  project = await folderOf({});
  const source = await folderOf({
    [pathOf("critic")]: part("Critic"),
    [pathOf("saboteur")]: part("Saboteur"),
  });
  assert.equal((await garden.cli(["import", source])).code, EXIT.ok);
});
after(async () => {
  await rm(project, { recursive: true, force: true });
  await garden.stack.stop();
});

test("without rules everything leaves; with rules the same files are written again, scrubbed, and counted", async () => {
  const plain = await run(["export", "out"]);
  assert.deepEqual([plain.code, plain.json.scrubbed, plain.json.counts], [EXIT.ok, null, { created: 2 }]);
  assert.equal(await readFile(file("critic"), "utf8"), part("Critic"));
  await writeFile(join(project, "frontrow.yaml"), RULES);
  const { code, json } = await run(["export", "out"]);
  assert.deepEqual([code, json.counts], [EXIT.ok, { updated: 2 }]);
  assert.deepEqual(json.scrubbed, { "field name": 2, "pattern email": 4, "pattern phone": 2 });
  const left = await readFile(file("critic"), "utf8");
  assert.match(
    left,
    /^---\nname: scrubbed-[0-9a-f]{32} # ask \[email\]\nstatus: active\n---\n\nWrite to \[email\], or \*\*\*\.\n$/,
  );
  const again = await run(["export", "out"]);
  assert.deepEqual([again.json.counts, again.json.scrubbed], [{ unchanged: 2 }, {}]);
  assert.equal(await garden.served(pathOf("critic")), part("Critic"), "the master is never scrubbed");
});

test("exported scrubbed and brought back unchanged: nothing changes, with its manifest and without", async () => {
  const before = await revisions();
  const manifest = await readFile(join(project, "out", MANIFEST), "utf8");
  for (const forgotten of [false, true]) {
    if (forgotten) await rm(join(project, "out", MANIFEST));
    const { code, json, stderr } = await run(["import", "out"]);
    assert.deepEqual([code, json.documents, json.counts], [EXIT.ok, 2, { unchanged: 2 }], stderr);
    assert.equal(await revisions(), before);
    assert.equal(await garden.served(pathOf("critic")), part("Critic"));
  }
  await writeFile(join(project, "out", MANIFEST), manifest);
});

test("an edit comes back as that edit alone, whatever the salt is by now", async () => {
  const left = await readFile(file("critic"), "utf8");
  await writeFile(file("critic"), left.replace("status: active", "status: resting").concat("\nMore.\n"));
  const { code, json, stderr } = await run(["import", "out"], { TEAM_SALT: "another, and long enough too" });
  assert.deepEqual([code, json.counts], [EXIT.ok, { unchanged: 1, updated: 1 }], stderr);
  const wanted = part("Critic").replace("status: active", "status: resting").concat("\nMore.\n");
  assert.equal(await garden.served(pathOf("critic")), wanted);
  const [row] = await garden.stack.sql.query<{ name: string }>(
    "select name from public.parts where slug = 'critic'",
  );
  assert.equal(row!.name, "Critic");
});

test("an edit of which nobody can tell what it means is refused by name; the master stays", async () => {
  const left = await readFile(file("saboteur"), "utf8");
  await writeFile(file("saboteur"), `${left}Copied: [email]\n`);
  const { code, json } = await run(["import", "out"]);
  assert.equal(code, EXIT.attention);
  assert.deepEqual(
    json.refused.map(({ path, rule }: Record<string, string>) => [path, rule]),
    [[pathOf("saboteur"), "scrubbed"]],
  );
  assert.equal(await garden.served(pathOf("saboteur")), part("Saboteur"));
});

test("rules that are gone from the project still hold for what left by them", async () => {
  await writeFile(
    file("saboteur"),
    (await readFile(file("saboteur"), "utf8")).replace(/Copied.*\n/, "End.\n"),
  );
  await writeFile(join(project, "frontrow.yaml"), "stores: {}\n");
  const { code, json, stdout } = await run(["import", "out"]);
  assert.equal(code, EXIT.ok, stdout);
  assert.equal(json.counts.updated, 1);
  assert.equal(await garden.served(pathOf("saboteur")), `${part("Saboteur")}End.\n`);
});

test("without its salt nothing leaves, and the salt is never printed", async () => {
  await writeFile(join(project, "frontrow.yaml"), RULES);
  const none = await run(["export", "out2"], {});
  assert.deepEqual([none.code, none.json.error.rule], [EXIT.usage, "no-salt"]);
  assert.match(none.json.error.message, /TEAM_SALT/);
  const { stdout, stderr } = await run(["export", "out2"]);
  assert.ok(!`${stdout}${stderr}`.includes(SALT));
  assert.ok(!(await readFile(join(project, "out2", MANIFEST), "utf8")).includes(SALT));
});

test("a document that cannot be scrubbed does not leave", async () => {
  const odd = "---\nname: X\nstatus: active\nann@example.org: 1\n---\n";
  const source = await folderOf({ [pathOf("odd")]: odd });
  assert.equal((await garden.cli(["import", source])).code, EXIT.ok);
  const { code, json } = await run(["export", "out2"]);
  assert.equal(code, EXIT.attention);
  assert.deepEqual(
    json.refused.map(({ path, rule }: Record<string, string>) => [path, rule]),
    [[pathOf("odd"), "scrub-key"]],
  );
  await assert.rejects(readFile(join(project, "out2", pathOf("odd"))), { code: "ENOENT" });
});
