import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settleDocument } from "../../shared/replica/settle.ts";
import { initClone } from "./open.ts";
import { type Person, startTeam, type TestTeam } from "./test-clone.ts";

let team: TestTeam;
let ann: Person;
let bob: Person;
let made = 0;

before(async () => {
  team = await startTeam();
  ann = await team.person("ann");
  bob = await team.person("bob");
});
after(() => team.stop());

const page = (title: string, body = "one\n\ntwo\n\nthree\n"): string =>
  `---\n# kept\nname: ${title}\nstatus: active\n---\n${body}`;

const fresh = (): string => `users/u1/parts/p${++made}.md`;

test("what one person writes is with the other, byte for byte, and in the table", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  const synced = await ann.sync();
  assert.deepEqual(
    synced.pushed.outcomes.map(({ outcome }) => outcome),
    ["accepted"],
  );
  assert.equal((await team.api.garden.row(path))?.name, "Oak");
  await bob.sync();
  assert.equal(await bob.read(path), page("Oak"));
  const again = await bob.sync();
  assert.deepEqual([again.merged, again.pushed.requests, again.absorbed.outcomes], [[], 0, []]);
});

test("edits of different parts come together on both sides", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  await ann.sync();
  await bob.sync();
  await ann.write(path, page("Elm"));
  await bob.write(path, page("Oak", "one\n\ntwo\n\nthree and more\n"));
  await ann.sync();
  await bob.sync();
  await ann.sync();
  const both = page("Elm", "one\n\ntwo\n\nthree and more\n");
  assert.deepEqual([await ann.read(path), await bob.read(path)], [both, both]);
});

test("a change of the row reaches the files", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  await ann.sync();
  const { garden } = team.api;
  await garden.sql.query("update public.parts set name = 'Ash' where slug = $1", [
    path.split("/").at(-1)!.replace(".md", ""),
  ]);
  await garden.settle();
  await ann.sync();
  assert.equal(await ann.read(path), page("Ash"));
});

test("what both changed waits for a person, and both versions are kept", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  await ann.sync();
  await bob.sync();
  await ann.write(path, page("Elm"));
  await bob.write(path, page("Fir"));
  await ann.sync();
  await bob.sync();
  assert.equal(await bob.read(path), page("Fir"), "the file stays as it is");
  await bob.with(async (clone) => {
    const [conflict] = clone.hub.conflicts("open");
    assert.deepEqual(
      [conflict?.path, conflict?.overlapping, conflict?.ours, conflict?.theirs],
      [path, ["name"], page("Fir"), page("Elm")],
    );
    await bob.sync();
    const [again] = clone.hub.conflicts("open");
    assert.equal(again?.id, conflict?.id, "it is the same conflict the next time");
    clone.hub.decide(conflict!.id, { keep: "ours" }, "bob");
    const { collection } = conflict!;
    assert.equal((await settleDocument(clone, { collection, path })).outcome, "merged");
  });
  await bob.sync();
  await ann.sync();
  assert.deepEqual([await ann.read(path), await bob.read(path)], [page("Fir"), page("Fir")]);
});

test("theirs is taken when a person says so", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  await ann.sync();
  await bob.sync();
  await ann.write(path, page("Elm"));
  await bob.write(path, page("Fir", "one\n\ntwo!\n\nthree\n"));
  await ann.sync();
  await bob.sync();
  await bob.with(async (clone) => {
    const conflict = clone.hub.conflicts("open").find((one) => one.path === path)!;
    clone.hub.decide(conflict.id, { keep: "theirs" }, "bob");
    await settleDocument(clone, conflict);
  });
  assert.equal(await bob.read(path), page("Elm", "one\n\ntwo!\n\nthree\n"));
  await bob.sync();
  await ann.sync();
  assert.equal(await ann.read(path), page("Elm", "one\n\ntwo!\n\nthree\n"));
});

test("a decision is about the versions that were seen: when theirs moves on, it is another question", async () => {
  const path = fresh();
  await ann.write(path, page("Oak"));
  await ann.sync();
  await bob.sync();
  await ann.write(path, page("Elm"));
  await bob.write(path, page("Fir"));
  await ann.sync();
  await bob.sync();
  await bob.with(async ({ hub }) => {
    hub.decide(hub.conflicts("open").find((one) => one.path === path)!.id, { keep: "ours" }, "bob");
  });
  await ann.write(path, page("Yew"));
  await ann.sync();
  await bob.sync();
  await bob.with(async (clone) => {
    const now = clone.hub.conflicts("open").find((one) => one.path === path)!;
    assert.deepEqual([now.theirs, now.decision], [page("Yew"), null]);
    const before = clone.hub.conflicts("all").filter((one) => one.path === path);
    assert.deepEqual(
      before.map(({ theirs }) => theirs),
      [page("Yew"), page("Elm")],
    );
    clone.hub.decide(now.id, { keep: "theirs" }, "bob");
    await settleDocument(clone, now);
  });
  assert.equal(await bob.read(path), page("Yew"));
  await bob.sync();
});

test("a clone has one origin", async () => {
  const elsewhere = { ...ann.origin, url: "https://example.org" };
  await assert.rejects(initClone(ann.folder, elsewhere), { code: "PROJECT_MISMATCH" });
});

test("a deletion travels, and an edit of what was deleted brings it back", async () => {
  const [gone, back] = [fresh(), fresh()];
  for (const path of [gone, back]) await ann.write(path, page("Oak"));
  await ann.sync();
  await bob.sync();
  await ann.remove(gone);
  await ann.remove(back);
  await bob.write(back, page("Elm"));
  await ann.sync();
  assert.equal(await team.api.garden.read(gone), null);
  await bob.sync();
  assert.equal(await bob.read(gone), null);
  assert.equal(await bob.read(back), page("Elm"));
  await ann.sync();
  assert.equal(await ann.read(back), page("Elm"));
});

test("many files that are gone at once wait for a person", async () => {
  const carl = await team.person("carl");
  await carl.sync();
  const paths = Array.from({ length: 12 }, fresh);
  for (const path of paths) await carl.write(path, page("Oak"));
  await carl.sync();
  for (const path of paths) await carl.remove(path);
  const { absorbed, pushed } = await carl.sync();
  assert.deepEqual([absorbed.held.length, pushed.requests], [12, 0]);
  const meant = await carl.sync({ deletions: true });
  // The origin has a valve of its own.
  const outcomes = Map.groupBy(meant.pushed.outcomes, ({ outcome }) => outcome);
  assert.equal((outcomes.get("accepted")?.length ?? 0) + (outcomes.get("held")?.length ?? 0), 12);
});

test("offline work goes out once the line is back; an answer that was lost is not done twice", async () => {
  const path = fresh();
  await ann.sync();
  ann.cut({ lost: 0 });
  await ann.write(path, page("Oak"));
  const offline = await ann.sync();
  assert.equal(offline.offline?.rule, "no-origin");
  await ann.with(async ({ hub }) => assert.equal(hub.counts().queued, 1));
  await ann.write(path, page("Elm"));
  await ann.sync();
  ann.cut(null);
  // The push arrives, and its answer does not.
  ann.cut({ lost: 2 });
  const lost = await ann.sync({ pull: false });
  assert.notEqual(lost.offline, null);
  await ann.write(path, page("Elm", "later\n"));
  ann.cut(null);
  const { pushed } = await ann.sync();
  assert.deepEqual(
    pushed.outcomes.map(({ outcome }) => outcome),
    ["accepted", "accepted"],
  );
  await bob.sync();
  assert.equal(await bob.read(path), page("Elm", "later\n"));
  const [{ count }] = (await team.api.garden.sql.query<{ count: number }>(
    "select count(*)::int as count from frontrow.revisions where path = $1",
    [path],
  )) as [{ count: number }];
  assert.equal(count, 2, "each text is one revision at the origin");
});

test("two files of one name that never met are two versions, not one over the other", async () => {
  const path = fresh();
  await ann.write(path, page("Oak", "hers\n"));
  await bob.write(path, page("Oak", "his\n"));
  await ann.sync();
  await bob.sync();
  assert.equal(await bob.read(path), page("Oak", "his\n"));
  await bob.with(async ({ hub }) => {
    const { ours, theirs } = hub.conflicts("open").find((one) => one.path === path) ?? {};
    assert.deepEqual([ours, theirs], [page("Oak", "his\n"), page("Oak", "hers\n")]);
  });
});

test("a file that is no document waits, and keeps nobody else", async () => {
  const [bad, good] = [fresh(), fresh()];
  await ann.write(bad, "---\nname: [\n---\n");
  await ann.write(good, page("Oak"));
  const { absorbed } = await ann.sync();
  assert.deepEqual(absorbed.outcomes.map(({ outcome }) => outcome).sort(), ["created", "quarantined"]);
  await ann.with(async ({ hub }) => assert.equal(hub.quarantine()[0]?.line, 3));
  await ann.write(bad, page("Oak"));
  await ann.sync();
  await ann.with(async ({ hub }) => assert.deepEqual(hub.quarantine(), []));
  assert.equal((await team.api.garden.row(bad))?.name, "Oak");
});

test("what the origin refuses stays here, with the reason, until it is changed", async () => {
  const path = fresh();
  await ann.write(path, page("A long name"));
  const { garden } = team.api;
  await garden.sql.exec("alter table public.parts add constraint short check (length(name) < 8) not valid");
  try {
    const { pushed } = await ann.sync();
    assert.equal(pushed.outcomes.at(-1)?.outcome, "refused");
    assert.equal((await ann.sync()).pushed.requests, 0, "it is not sent again");
    await ann.write(path, page("Oak"));
    assert.equal((await ann.sync()).pushed.outcomes.at(-1)?.outcome, "accepted");
  } finally {
    await garden.sql.exec("alter table public.parts drop constraint short");
  }
});

test("a fresh clone of files and origin says the same, and has nothing to do", async () => {
  const dora = await team.person("dora");
  await ann.sync();
  for (const path of await ann.with(async ({ hub }) =>
    hub
      .entries()
      .filter((one) => !one.deleted)
      .map((one) => one.path),
  ))
    await dora.write(path, (await ann.read(path))!);
  const { pushed, merged } = await dora.sync();
  assert.equal(pushed.requests, 0);
  assert.ok(
    merged.every(({ outcome }) => ["adopted", "unchanged"].includes(outcome)),
    JSON.stringify(merged),
  );
  const digests = async (person: Person) =>
    person.with(async ({ hub }) =>
      hub
        .entries()
        .filter((one) => !one.deleted)
        .map(({ path, digest }) => [path, digest]),
    );
  assert.deepEqual(await digests(dora), await digests(ann));
});
