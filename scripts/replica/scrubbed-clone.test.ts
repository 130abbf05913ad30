/** A clone whose folder is scrubbed, beside one that is not: what is taken out of files stays in every hub. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FrontrowError } from "../../shared/errors.ts";
import { type Synced, syncClone } from "../../shared/replica/sync.ts";
import { scrubbingOf, type WrittenScrub } from "../../shared/scrub/rules.ts";
import { openClone } from "./open.ts";
import { type Person, startTeam, type TestTeam } from "./test-clone.ts";

const RULES: WrittenScrub = { rules: [{ field: "name", action: "hash" }, { pattern: "email" }] };
const SALT = "a salt that is long enough";
const PATH = "users/u1/parts/oak.md";
const page = (name: string, end = "") =>
  `---\nname: ${name}\nstatus: active\n---\nAsk ann@example.org first.\n\nThen wait.\n${end}`;

let team: TestTeam;
let ann: Person;
let bob: Person;
before(async () => {
  team = await startTeam();
  ann = await team.person("ann");
  bob = await team.person("bob");
});
after(() => team.stop());

/** Bob's folder is scrubbed, unless the rules are gone. */
async function bobSyncs(rules: WrittenScrub | null = RULES): Promise<Synced & { text: string | null }> {
  const clone = await openClone({
    root: bob.folder,
    config: team.api.garden.config,
    author: "bob@example.org",
    scrubbing: rules && scrubbingOf(rules, SALT),
  });
  try {
    const synced = await syncClone({ ...clone, origin: bob.origin });
    return { ...synced, text: clone.hub.document({ collection: "parts", path: PATH })?.text ?? null };
  } finally {
    clone.close();
  }
}
const read = async (who: Person, path = PATH): Promise<string> => (await who.read(path))!;
const SCRUBBED =
  /^---\nname: scrubbed-[0-9a-f]{32}\nstatus: active\n---\nAsk \[email\] first\.\n\nThen wait\.\n/;

test("what arrives is scrubbed in the folder and whole in the hub; then all is quiet", async () => {
  await ann.write(PATH, page("Oak"));
  await ann.sync();
  assert.equal((await bobSyncs()).text, page("Oak"));
  assert.match(await read(bob), SCRUBBED);
  const again = await bobSyncs();
  assert.deepEqual([again.absorbed.outcomes, again.merged, again.pushed.requests], [[], [], 0]);
  await ann.sync();
  assert.equal(await read(ann), page("Oak"));
});

test("an edit beside what was scrubbed goes out as that edit; the file stays scrubbed", async () => {
  await bob.write(PATH, `${await read(bob)}Bob was here.\n`);
  await ann.write(PATH, page("Elm"));
  await ann.sync();
  await bobSyncs();
  await ann.sync();
  assert.equal(await read(ann), page("Elm", "Bob was here.\n"));
  assert.match(await read(bob), SCRUBBED);
  assert.match(await read(bob), /Bob was here/);
});

test("a new file goes out whole, and is scrubbed here", async () => {
  const path = "users/u1/parts/ash.md";
  await bob.write(path, page("Ash"));
  await bobSyncs();
  await ann.sync();
  assert.equal(await read(ann, path), page("Ash"));
  assert.match(await read(bob, path), SCRUBBED);
});

test("other rules: edits by the old ones are taken in first, then every file is written anew", async () => {
  await bob.write(PATH, `${await read(bob)}Again.\n`);
  const { text } = await bobSyncs(null);
  const whole = page("Elm", "Bob was here.\nAgain.\n");
  assert.deepEqual([text, await read(bob)], [whole, whole]);
  await bob.write(PATH, `${whole}More.\n`);
  await bobSyncs();
  assert.match(await read(bob), SCRUBBED);
  await ann.sync();
  assert.equal(await read(ann), `${whole}More.\n`);
});

test("an edit that nobody can tell waits, here alone; and the rules cannot change meanwhile", async () => {
  const before = await read(ann);
  await bob.write(PATH, `${await read(bob)}Copied: [email]\n`);
  const { absorbed, text } = await bobSyncs();
  assert.deepEqual(
    absorbed.outcomes.map(({ outcome, error }) => [outcome, error?.rule]),
    [["deferred", "scrubbed"]],
  );
  assert.equal(text, before);
  await assert.rejects(bobSyncs(null), (error: FrontrowError) => error.code === "IN_THE_WAY");
  await bob.write(PATH, (await read(bob)).replace("Copied: [email]\n", ""));
  await bobSyncs();
  await ann.sync();
  assert.equal(await read(ann), before);
});
