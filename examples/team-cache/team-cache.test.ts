/** Recipe 002, end to end: people of two teams, each with a clone, under the policies of the tables. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type Person, startTeam, type TestTeam } from "../../scripts/replica/test-clone.ts";
import config from "./config.ts";

let team: TestTeam;
/** Infra; infra; design. */
let [ann, bob, cleo]: Person[] = [];

before(async () => {
  const schema = await readFile(new URL("schema.sql", import.meta.url), "utf8");
  team = await startTeam({ config, schema });
  const people: Person[] = [];
  for (const [name, of] of [
    ["ann", "infra"],
    ["bob", "infra"],
    ["cleo", "design"],
  ] as const) {
    const sub = crypto.randomUUID();
    await team.api.garden.sql.query("insert into public.team_members (team, user_id) values ($1, $2)", [
      of,
      sub,
    ]);
    people.push(await team.person(name, "manual", { sub, email: `${name}@example.org` }));
  }
  [ann, bob, cleo] = people;
});
after(() => team.stop());

const plan = (title: string, of: string, status = "DRAFT", body = "Why.\n"): string =>
  `---\ntitle: ${title}\nteam: ${of}\n---\n# ${title}\n\nStatus: ${status}\n\n${body}`;

test("a plan is made by one, is with the other, and is a row with its state", async () => {
  await ann!.write("plans/PLAN-001.md", plan("Move", "infra"));
  assert.deepEqual(
    (await ann!.sync()).pushed.outcomes.map(({ outcome }) => outcome),
    ["accepted"],
  );
  await bob!.sync();
  assert.equal(await bob!.read("plans/PLAN-001.md"), plan("Move", "infra"));
  const [row] = await team.api.garden.sql.query("select status, team from public.plans");
  assert.deepEqual({ ...row }, { status: "DRAFT", team: "infra" });
});

test("the state is a line of the body: the row's change is that line's, and merges with other lines", async () => {
  const { garden } = team.api;
  await garden.sql.query("update public.plans set status = 'APPROVED' where id = 'PLAN-001'");
  await garden.settle();
  await bob!.write("plans/PLAN-001.md", plan("Move", "infra", "DRAFT", "Why not.\n"));
  await bob!.sync();
  await ann!.sync();
  for (const person of [ann!, bob!])
    assert.equal(await person.read("plans/PLAN-001.md"), plan("Move", "infra", "APPROVED", "Why not.\n"));
});

test("another team sees nothing of it, and cannot write over it", async () => {
  await cleo!.sync();
  assert.equal(await cleo!.read("plans/PLAN-001.md"), null);
  await cleo!.write("plans/PLAN-001.md", plan("Mine", "design"));
  await cleo!.write("plans/PLAN-002.md", plan("Ours", "design"));
  await cleo!.write("plans/PLAN-003.md", plan("Theirs", "infra"));
  const { pushed } = await cleo!.sync();
  const outcomes = Object.fromEntries(pushed.outcomes.map(({ path, outcome }) => [path, outcome]));
  assert.deepEqual(outcomes, {
    "plans/PLAN-001.md": "refused",
    "plans/PLAN-002.md": "accepted",
    "plans/PLAN-003.md": "refused",
  });
  await cleo!.with(async ({ hub }) =>
    assert.deepEqual(new Set(hub.quarantine().map(({ code }) => code)), new Set(["FORBIDDEN"])),
  );
  await ann!.sync();
  assert.equal(await ann!.read("plans/PLAN-001.md"), plan("Move", "infra", "APPROVED", "Why not.\n"));
  assert.equal(await ann!.read("plans/PLAN-002.md"), null);
});

test("what is deleted, or is another team's now, is gone from a person's clone", async () => {
  await ann!.write("plans/PLAN-010.md", plan("Short", "infra"));
  await ann!.write("plans/PLAN-011.md", plan("Given", "infra"));
  await ann!.sync();
  await bob!.sync();
  assert.notEqual(await bob!.read("plans/PLAN-010.md"), null);
  await ann!.remove("plans/PLAN-010.md");
  await ann!.sync();
  await team.api.garden.sql.query("update public.plans set team = 'design' where id = 'PLAN-011'");
  await team.api.garden.settle();
  await bob!.sync();
  assert.deepEqual(
    [await bob!.read("plans/PLAN-010.md"), await bob!.read("plans/PLAN-011.md")],
    [null, null],
  );
  await cleo!.sync();
  assert.equal(await cleo!.read("plans/PLAN-011.md"), plan("Given", "design"));
});

test("who sees nothing any more loses nothing: many that are gone at once wait for their word", async () => {
  const { sql } = team.api.garden;
  for (let index = 20; index < 32; index++)
    await ann!.write(`plans/PLAN-0${index}.md`, plan(`No ${index}`, "infra"));
  await ann!.sync();
  await bob!.sync();
  await sql.exec("delete from public.team_members where team = 'infra'");
  await assert.rejects(bob!.sync(), { code: "HALTED" });
  assert.notEqual(await bob!.read("plans/PLAN-020.md"), null);
});
