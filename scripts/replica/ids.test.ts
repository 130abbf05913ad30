import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import teamConfig from "../../examples/team-cache/config.ts";
import { absorb } from "../../shared/replica/absorb.ts";
import { createCloneIds } from "../../shared/replica/ids.ts";
import { syncClone } from "../../shared/replica/sync.ts";
import { scrubbingOf } from "../../shared/scrub/rules.ts";
import { type Person, startTeam, type TestTeam } from "./test-clone.ts";

let team: TestTeam;
let ann: Person;
let bob: Person;

before(async () => {
  const schema = await readFile(new URL("../../examples/team-cache/schema.sql", import.meta.url), "utf8");
  team = await startTeam({ config: teamConfig, schema });
  ann = await team.person("ann");
  bob = await team.person("bob");
});
after(() => team.stop());

const story = (title: string, body = ""): string =>
  `---\ntitle: ${title}\nteam: infra\nstatus: open\n---\n${body}`;

const next = (person: Person, isOnline: boolean): Promise<string> =>
  person.with((clone) => createCloneIds(clone, isOnline ? clone.origin : null).next("stories"));

test("online the origin counts; offline the clone's own few; then provisional ones", async () => {
  const [first, second] = [await next(ann, true), await next(bob, true)];
  assert.deepEqual([first, second], ["INFRA-1", "INFRA-2"]);
  await ann.sync();
  const offline = new Set<string>();
  for (let index = 0; index < 10; index++) offline.add(await next(ann, false));
  assert.equal(offline.size, 10);
  for (const id of offline) assert.match(id, /^INFRA-\d+$/);
  assert.match(await next(ann, false), /^INFRA-new-[0-9a-z]{6}$/);
  assert.match(await next(bob, false), /^INFRA-new-/, "bob never set any aside");
  await bob.sync();
  assert.ok(!offline.has(await next(bob, false)));
});

test("a provisional id gets its number at the first push, wherever it is mentioned", async () => {
  const carl = await team.person("carl");
  const id = await next(carl, false);
  const other = "stories/INFRA-500.md";
  await carl.write(`stories/${id}.md`, story("Offline", `See ${id} and ${id}-more.\n`));
  await carl.write(other, story("Mentions", `After ${id}, [it](${id}.md).\n`));
  carl.cut({ lost: 0 });
  await carl.sync();
  assert.ok((await carl.read(`stories/${id}.md`))?.includes(id), "offline it keeps its name");
  carl.cut(null);
  await carl.sync();
  const names = await readdir(join(carl.folder, "stories"));
  assert.equal(names.length, 2);
  const real = names.find((name) => name !== "INFRA-500.md")!.replace(".md", "");
  assert.match(real, /^INFRA-\d+$/);
  assert.equal(await carl.read(other), story("Mentions", `After ${real}, [it](${real}.md).\n`));
  await bob.sync();
  assert.equal(await bob.read(`stories/${real}.md`), story("Offline", `See ${real} and ${real}-more.\n`));
  assert.equal(await bob.read(`stories/${id}.md`), null, "nobody else ever saw it");
  const rows = await team.api.garden.sql.query<{ id: string }>("select id from public.stories order by id");
  assert.deepEqual(rows.map((row) => row.id).sort(), ["INFRA-500", real].sort());
});

test("a crash between the number and the last mention: it goes on under the same number", async () => {
  const dora = await team.person("dora");
  const id = await next(dora, false);
  await dora.write(`stories/${id}.md`, story("Crash"));
  await dora.write("stories/INFRA-600.md", story("Mentions", `${id}\n`));
  // The number's request arrives, and its answer does not.
  dora.cut({ lost: 2 });
  await dora.sync();
  dora.cut(null);
  await dora.sync();
  await bob.sync();
  const mention = (await bob.read("stories/INFRA-600.md"))!.split("\n").at(-2)!;
  assert.match(mention, /^INFRA-\d+$/);
  assert.equal(await bob.read(`stories/${mention}.md`), story("Crash"));
});

test("a provisional document whose file is scrubbed keeps under its number what was taken out of the file", async () => {
  const erin = await team.person("erin");
  const id = await next(erin, false);
  await erin.write(`stories/${id}.md`, story("Scrubbed", "Ask erin@example.org.\n"));
  const scrubbing = scrubbingOf({ rules: [{ pattern: "email" }] }, "a salt that is long enough");
  await erin.with(async (clone) => void (await absorb({ ...clone, scrubbing })));
  assert.equal(await erin.read(`stories/${id}.md`), story("Scrubbed", "Ask [email].\n"));
  await erin.with(async (clone) => void (await syncClone({ ...clone, scrubbing })));
  const [row] = await team.api.garden.sql.query<{ body: string }>(
    "select body from public.stories where title = 'Scrubbed'",
  );
  assert.equal(row?.body, "Ask erin@example.org.\n");
});

test("one collection is pushed, and an id that gets its number there is rewritten in the others as well", async () => {
  const finn = await team.person("finn");
  const id = await next(finn, false);
  await finn.write(`stories/${id}.md`, story("Chosen"));
  const plan = `---\ntitle: Waits\nteam: infra\n---\nStatus: DRAFT\n\nSee ${id}.\n`;
  await finn.write("plans/PLAN-900.md", plan);
  await finn.with(async (clone) => void (await absorb(clone)));
  await finn.with(async (clone) => {
    const isChosen = (path: string) => path.startsWith("stories/");
    const { pushed } = await syncClone({ ...clone, isChosen });
    assert.deepEqual(
      pushed.outcomes.map(({ collection }) => collection),
      ["stories"],
    );
    assert.equal(clone.hub.counts().queued, 1);
  });
  assert.doesNotMatch((await finn.read("plans/PLAN-900.md"))!, /INFRA-new-/);
});
