import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gitSettings } from "../../shared/config/git-settings.ts";
import { createReconcile } from "./reconcile-documents.ts";
import type { Step } from "./repository.ts";
import { type CycleOptions, syncOnce } from "./sync.ts";
import { gardenFiles, READER, withField } from "./test-documents.ts";
import { type Clone, Cut, cutAt, startWorld, type World } from "./test-repository.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const AUTOMATIC = gitSettings({}, "full-automation");
const [[CRITIC, TEXT]] = [...gardenFiles(1)] as [[string, string]];

function options(over: Partial<CycleOptions> = {}): CycleOptions {
  return {
    config: AUTOMATIC,
    reconcile: createReconcile({ readerOf: () => READER, onOverlap: () => undefined }),
    onPulled: () => Promise.resolve(),
    ...over,
  };
}

let count = 0;
async function clones(): Promise<[Clone, Clone]> {
  const remote = world.bare(`s${++count}`);
  const a = await world.clone(`sa${count}`, remote);
  await a.put(CRITIC, TEXT);
  await syncOnce(await a.open(), options());
  return [a, await world.clone(`sb${count}`, remote)];
}

const commits = (clone: Clone) => Number(clone.git("rev-list", "--count", "HEAD"));

test("rapid edits are one commit; a cycle without news makes none", async () => {
  const [a] = await clones();
  for (let round = 0; round < 20; round++) await a.put(CRITIC, withField(TEXT, "name", `Round ${round}`));
  await a.put("users/ada/parts/new.md", TEXT);
  const cycle = await syncOnce(await a.open(), options());
  assert.deepEqual([cycle.commits, cycle.pushed?.outcome, cycle.pushed?.commits], [1, "pushed", 1]);
  const again = await syncOnce(await a.open(), options());
  assert.deepEqual(
    [again.commits, again.pulled.outcome, again.pulled.names, again.pushed?.outcome],
    [0, "nothing-new", [], "nothing"],
  );
});

test("no circular commits: after a pull, and with clones that sync by turns", async () => {
  const [a, b] = await clones();
  await a.put(CRITIC, withField(TEXT, "name", "By a"));
  await syncOnce(await a.open(), options());
  const before = commits(a);
  // The engine writes every file again, as it is.
  const settle = async () => b.put(CRITIC, (await b.get(CRITIC))!);
  assert.equal((await syncOnce(await b.open(), options({ settle }))).pulled.outcome, "fast-forward");
  for (const clone of [a, b, a, b, a, b]) await syncOnce(await clone.open(), options());
  assert.deepEqual([commits(a), commits(b)], [before, before]);

  await a.put(CRITIC, withField((await a.get(CRITIC))!, "name", "By a again"));
  await b.put(CRITIC, withField((await b.get(CRITIC))!, "charge", "0.125"));
  for (const clone of [a, b, a, b, a, b, a, b]) await syncOnce(await clone.open(), options());
  assert.deepEqual([commits(a), commits(b)], [before + 3, before + 3], "two edits and one merge");
  const text = (await a.get(CRITIC))!;
  assert.equal(text, await b.get(CRITIC));
  assert.ok(text.includes("By a again") && text.includes("0.125"));
});

test("what the engine makes of a pull is committed and pushed in the same cycle", async () => {
  const [a, b] = await clones();
  await syncOnce(await b.open(), options());
  await a.put(CRITIC, withField(TEXT, "name", "By a"));
  await syncOnce(await a.open(), options());
  const told: string[] = [];
  const cycle = await syncOnce(
    await b.open(),
    options({
      onPulled: (names) => Promise.resolve(void told.push(...names)),
      settle: async () => b.put(CRITIC, withField((await b.get(CRITIC))!, "charge", "0.25")),
    }),
  );
  assert.deepEqual([told, cycle.commits, cycle.pushed?.outcome], [[CRITIC], 1, "pushed"]);
});

test("files that are current are not exported: only where the directory does not sync, or it is asked for", async () => {
  const [a] = await clones();
  const asked: boolean[] = [];
  const settle = ({ everything }: { everything: boolean }) => Promise.resolve(void asked.push(everything));
  const checks = [];
  for (const over of [{}, { isDirectoryLive: false }, { config: { ...AUTOMATIC, skipExportCheck: false } }]) {
    checks.push((await syncOnce(await a.open(), options({ settle, ...over }))).exportCheck);
  }
  assert.deepEqual(asked, [false, true, true]);
  assert.deepEqual(checks, ["skipped", "done", "done"]);
});

test("manual commits: nothing is committed by itself, what a person committed is pushed", async () => {
  const [a] = await clones();
  const manual = options({ config: gitSettings({}, "manual-commits") });
  await a.put(CRITIC, withField(TEXT, "name", "Edited"));
  const cycle = await syncOnce(await a.open(), manual);
  assert.deepEqual([cycle.commits, cycle.pushed?.outcome], [0, "nothing"]);
  a.git("commit", "-qam", "by hand");
  assert.deepEqual((await syncOnce(await a.open(), manual)).pushed, { outcome: "pushed", commits: 1 });
  const quiet = options({ config: gitSettings() });
  assert.equal((await syncOnce(await a.open(), quiet)).pushed, null);
});

test("an edit while a pull runs is committed first, and both are there", async () => {
  const [a, b] = await clones();
  await syncOnce(await b.open(), options());
  await a.put(CRITIC, withField(TEXT, "name", "By a"));
  await syncOnce(await a.open(), options());
  let isEdited = false;
  const onStep = async (step: Step) => {
    if (step !== "fetched" || isEdited) return;
    isEdited = true;
    await b.put(CRITIC, withField(TEXT, "charge", "0.25"));
  };
  const cycle = await syncOnce(await b.open({ onStep }), options());
  assert.deepEqual([cycle.commits, cycle.pulled.outcome, cycle.pushed?.outcome], [1, "merged", "pushed"]);
  const text = (await b.get(CRITIC))!;
  assert.ok(text.includes("By a") && text.includes("0.25"));
});

test("cut off in a pull, the next cycle goes on with it, and commits nothing that is others'", async () => {
  const [a, b] = await clones();
  await syncOnce(await b.open(), options());
  await a.put(CRITIC, withField(TEXT, "name", "By a"));
  await syncOnce(await a.open(), options());
  await assert.rejects(syncOnce(await b.open({ onStep: cutAt("files") }), options()), Cut);
  assert.equal((await syncOnce(await b.open(), options())).commits, 0);
  assert.equal(b.git("rev-parse", "HEAD"), a.git("rev-parse", "HEAD"));
});

test("a clone without a commit takes the remote's, and adds what it has", async () => {
  const [, b] = await clones();
  const empty = await world.clone(`fresh${count}`);
  empty.git("remote", "add", "origin", b.git("remote", "get-url", "origin"));
  await empty.put("users/ada/parts/own.md", TEXT);
  const cycle = await syncOnce(await empty.open(), options());
  assert.deepEqual(
    [cycle.pulled.outcome, cycle.commits, cycle.pushed],
    ["fast-forward", 1, { outcome: "pushed", commits: 1 }],
  );
});
