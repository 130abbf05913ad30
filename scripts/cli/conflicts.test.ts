/** `conflicts` and `resolve` as a person sees them, against the local stack. One stack, told as one story. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, startGarden } from "./test-cli.ts";

const PATH = "users/ann/parts/critic.md";
const part = (name: string, intro: string, last = "Last."): string =>
  `---\nname: ${name}\nstatus: active\n---\n# Who\n\n${intro}\n\n## Role\n\nTo guard.\n\n${last}\n`;
const BASE = part("Critic", "It speaks.");

let garden: Garden;
before(async () => {
  garden = await startGarden();
  assert.equal((await garden.cli(["import", await folderOf({ [PATH]: BASE })])).code, EXIT.ok);
});
after(() => garden.stack.stop());

async function collide(file: string, row: string): Promise<void> {
  await garden.put(PATH, file);
  await garden.stack.sql.exec(`update public.parts set ${row} where slug = 'critic'`);
  assert.equal((await garden.cli(["sync"])).code, EXIT.conflicts);
}

const ROW_BODY =
  "# Who\n\nIt listens, and it goes on at such a length that no terminal of eighty columns can hold the line without a break.\n\n## Role\n\nTo guard.\n\nLast of the row.\n";

test("nothing in conflict", async () => {
  const { code, stdout } = await garden.cli(["conflicts"]);
  assert.deepEqual([code, stdout], [EXIT.ok, "No open conflict.\n"]);
  const none = await garden.cli(["conflicts", PATH, "--json"]);
  assert.deepEqual([none.code, none.json.error.code], [EXIT.usage, "NOT_FOUND"]);
});

test("the list, and a three-way diff that fits a narrow terminal", async () => {
  await collide(
    part("Inner Critic", "It shouts.\u001b[31m"),
    `name = 'The Critic', category = 'manager', body = '${ROW_BODY.replaceAll("'", "''")}'`,
  );
  const list = await garden.cli(["conflicts"]);
  assert.equal(list.code, EXIT.conflicts);
  assert.match(list.stdout, /^users\/ann\/parts\/critic\.md {2}name, \(body\) {2}\d+ s ago {2}parts$/m);
  assert.match(list.stdout, /1 open conflict\. Both versions are kept\./);
  const { json } = await garden.cli(["conflicts", "--json"]);
  assert.deepEqual([json.conflicts.length, json.conflicts[0].path], [1, PATH]);

  const shown = await garden.cli(["conflicts", PATH], { columns: 80 });
  assert.equal(shown.code, EXIT.conflicts);
  const lines = shown.stdout.split("\n");
  const diff = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("Decide")),
  );
  for (const line of diff.slice(1)) assert.ok([...line].length <= 80, `too wide: ${line}`);
  assert.equal(
    diff.slice(4).join("\n").trimEnd(),
    `name  both changed it
  base  Critic
  file  Inner Critic
  row   The Critic

category  only the row changed it
  base  (not there)
  file  (not there)
  row   manager

(body), line 3, under # Who  both changed it
       | # Who
       |
  base | It speaks.
  file | It shouts.\\u{1B}[31m
  row  | It listens, and it goes on at such a length that no terminal of eighty
       | columns can hold the line without a break.
       |
       | ## Role
       |

(body), line 9, under ## Role  only the row changed it
       |
       | To guard.
       |
  base | Last.
  row  | Last of the row.`,
  );
  assert.doesNotMatch(shown.stdout, /\x1b/, "no colours without a terminal, and none of the content's");
  assert.match(shown.stdout, /resolve users\/ann\/parts\/critic\.md --seen [0-9a-f]{10} --keep file/);
  assert.match(shown.stdout, /--field name=file --field '\(body\)=row'/);
  const coloured = await garden.cli(["conflicts", PATH], { colour: { stdout: true, stderr: false } });
  assert.match(coloured.stdout, /\x1b\[32m/);
});

test("--json has the whole record", async () => {
  const { json } = await garden.cli(["conflicts", PATH, "--json"]);
  const { base_text, file_text, row_text, merged_text, overlapping, seen, state } = json.conflict;
  assert.equal(base_text, BASE);
  assert.match(file_text, /Inner Critic/);
  assert.match(row_text, /The Critic[\s\S]*It listens/);
  assert.match(merged_text, /category: manager/);
  assert.deepEqual(
    overlapping.map(({ name }: { name: string }) => name),
    ["name", "(body)"],
  );
  assert.deepEqual([state, seen.length], ["open", 10]);
});

test("what is no answer is refused, and nothing changes", async () => {
  const before = await garden.served(PATH);
  const refused = async (argv: string[], message: RegExp, code: number = EXIT.usage, over = {}) => {
    const { code: found, json } = await garden.cli(["resolve", PATH, ...argv, "--json"], over);
    assert.match(`${json.error.message} ${json.error.hint}`, message);
    assert.equal(found, code);
    return json.error;
  };
  await refused([], /one of --keep, --field and --text/);
  await refused(["--keep", "file", "--field", "name=file"], /one of --keep/);
  await refused(["--keep", "both"], /must be file or row/);
  await refused(["--field", "name"], /name=file or name=row/);
  await refused(["--field", "name=file"], /Not decided yet: \(body\)/);
  await refused(["--field", "mood=file"], /"mood".*What overlaps: name, \(body\)/);
  await refused(["--text", "nowhere.md"], /Cannot read "nowhere\.md": ENOENT/);
  const stdin = (text: string) => ({ stdin: () => Promise.resolve(new TextEncoder().encode(text)) });
  const broken = await refused(
    ["--text", "-"],
    /./,
    EXIT.attention,
    stdin("---\nname: Critic\nstatus: [\n---\n"),
  );
  assert.deepEqual([broken.code, broken.path, typeof broken.line], ["FRONT_MATTER_INVALID", PATH, "number"]);
  const unfit = await refused(
    ["--text", "-"],
    /./,
    EXIT.attention,
    stdin("---\nname: Critic\nstatus: odd\n---\n"),
  );
  assert.deepEqual([unfit.code, unfit.line], ["SCHEMA_VIOLATION", 3]);
  await refused(["--seen", "0000000000", "--keep", "file"], /nothing was decided/, EXIT.attention);
  assert.equal(await garden.served(PATH), before);
  assert.equal((await garden.cli(["conflicts", PATH, "--json"])).json.conflict.decision, null);
});

test("--seen ties an answer to what was shown; a field at a time; twice is fine", async () => {
  const seen = async (): Promise<string> =>
    (await garden.cli(["conflicts", PATH, "--json"])).json.conflict.seen;
  const old = await seen();
  await collide(part("Inner Critic II", "It shouts."), "category = 'manager'");
  const argv = ["resolve", PATH, "--field", "name=file", "--field", "(body)=row", "--json"];
  const late = await garden.cli([...argv, "--seen", old]);
  assert.deepEqual([late.code, late.json.error.code], [EXIT.attention, "REPLICA_MOVED"]);
  const word = await seen();
  const environment = { ...garden.environment, USER: "ann" };
  const done = await garden.cli([...argv, "--seen", word], { environment });
  assert.equal(done.code, EXIT.ok, done.stdout);
  assert.deepEqual(done.json.fields, { name: "file", "(body)": "row" });
  assert.match((await garden.served(PATH))!, /name: Inner Critic II\n[\s\S]*It listens/);
  const again = await garden.cli([...argv, "--seen", word].filter((one) => one !== "--json"));
  assert.deepEqual([again.code, again.stdout], [EXIT.ok, `${PATH}: was decided so already.\n`]);
  const other = await garden.cli(["resolve", PATH, "--keep", "row", "--json"]);
  assert.deepEqual([other.code, other.json.error.code], [EXIT.usage, "NOT_FOUND"]);
  const shown = await garden.cli(["conflicts", PATH]);
  assert.equal(shown.code, EXIT.ok);
  assert.match(shown.stdout, /Resolved \d+ s ago by ann: name=file, \(body\)=row\./);
  assert.match((await garden.cli(["conflicts", "--all"])).stdout, /resolved by person/);
});

test("--text from a file and from stdin", async () => {
  await collide(part("One", "A."), "name = 'Two'");
  const given = part("Three", "Mine.").trimEnd();
  const folder = await folderOf({ "mine.md": given });
  const { code, json } = await garden.cli(["resolve", PATH, "--text", "mine.md", "--json"], { folder });
  assert.equal(code, EXIT.ok, JSON.stringify(json));
  assert.ok(!JSON.stringify(json).includes("Mine"), "a decision is told without content");
  assert.equal(await garden.served(PATH), given);
  await collide(part("Four", "A."), "name = 'Five'");
  const bytes = new TextEncoder().encode(`\uFEFF${part("Six", "B.")}`);
  const piped = await garden.cli(["resolve", PATH, "--text", "-"], { stdin: () => Promise.resolve(bytes) });
  assert.equal(piped.code, EXIT.ok, piped.stderr);
  assert.match(piped.stdout, /critic\.md: decided \(merged\)\./);
  assert.match((await garden.served(PATH))!, /name: Six/);
});
