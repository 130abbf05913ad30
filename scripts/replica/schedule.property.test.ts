/**
 * Three clones and one origin, at random: edits, offline spells, answers that are lost, crashes between any two steps, decisions.
 * In the end all have the same, and every edit is in it, in a history or in the record of a conflict. A failure names its
 * seed; `FRONTROW_SEED=…` begins there, `FRONTROW_REPLICA_RUNS=100` looks longer.
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import gardenConfig from "../../examples/garden/config.ts";
import type { ConnectedClone } from "../../shared/replica/clone.ts";
import type { LocalDecision } from "../../shared/replica/local-hub.ts";
import { settleDocument } from "../../shared/replica/settle.ts";
import { syncClone } from "../../shared/replica/sync.ts";
import { isIgnored } from "../../shared/stores/directory-names.ts";
import { gather, type JournalEntry, lostEdits } from "../e2e/team/evidence.ts";
import { type Random, seeded } from "../torture/random.ts";
import { type Person, startTeam, type TestTeam } from "./test-clone.ts";

const { FRONTROW_SEED = "1", FRONTROW_REPLICA_RUNS = "5" } = process.env;
const STEPS = 40;
const PASSES = 12;

let team: TestTeam;
before(async () => {
  // Without the valve: many documents are deleted here in an hour.
  const collections = gardenConfig.collections.map((one) => ({
    ...one,
    policies: { ...one.policies, valve: { atLeast: 1_000_000 } },
  }));
  team = await startTeam({ config: { ...gardenConfig, collections } });
});
after(() => team.stop());

for (let run = 0; run < Number(FRONTROW_REPLICA_RUNS); run++) {
  const seed = Number(FRONTROW_SEED) + run;
  test(`seed ${seed}`, () => play(seed));
}

class Crash extends Error {}

async function play(seed: number): Promise<void> {
  const random = seeded(seed);
  const below = `users/s${seed}/parts`;
  const people = [await team.person("a"), await team.person("b"), await team.person("c")];
  const journal: JournalEntry[] = [];
  const trace: string[] = [];
  /** What each has in the hub: only that may be written over. */
  for (let step = 0; step < STEPS; step++) {
    const who = random.between(0, people.length - 1);
    const person = people[who]!;
    const what = random.next();
    if (what < 0.55) await edit(person, `dev${who}x${seed}x${step}`, below, random, journal);
    else {
      const how = random.pick(["online", "online", "offline", "lost", "crash", "crash"] as const);
      trace.push(`${who} syncs, ${how}`);
      await sync(person, how, random);
    }
  }
  const why = `seed ${seed}: ${trace.join("; ")}`;
  await calmDown(people, why);
  const folders = people.map(({ folder }) => folder);
  const trees = await Promise.all(people.map((person) => filesOf(person, below)));
  assert.deepEqual(trees[1], trees[0], why);
  assert.deepEqual(trees[2], trees[0], why);
  const there = await team.api.garden.sql.query<{ path: string; text: string }>(
    "select path, text from frontrow.documents where deleted_at is null and path like $1 order by path",
    [`${below}/%`],
  );
  assert.deepEqual(Object.fromEntries(there.map(({ path, text }) => [path, text])), trees[0], why);
  assert.deepEqual(lostEdits(journal, await gather(team.api.garden.sql, folders)), [], why);
}

async function edit(
  person: Person,
  token: string,
  below: string,
  random: Random,
  journal: JournalEntry[],
): Promise<void> {
  // As whoever watches does: what is in the folder is in the hub before it is written over.
  await person.with(async (clone) => void (await takeIn(clone)));
  const names = Object.keys(await filesOf(person, below));
  const path =
    random.chance(0.25) || names.length === 0 ? `${below}/p${random.between(0, 5)}.md` : random.pick(names);
  const text = await person.read(path);
  if (text === null) {
    await person.write(path, `---\nname: N${token}x0\nstatus: active\n---\n\nOne.\n\nTwo.\n\nThree.\n`);
    journal.push({ token: `N${token}x0`, path, kind: "field" });
  } else if (random.chance(0.08)) {
    await person.remove(path);
    journal.push({ token: null, path, kind: "deleted" });
  } else if (random.chance(0.5)) {
    await person.write(path, text.replace(/^name: .*$/m, `name: F${token}x1`));
    journal.push({ token: `F${token}x1`, path, kind: "field" });
  } else {
    const lines = text.split("\n");
    lines.splice(random.between(lines.indexOf("---", 1) + 1, lines.length - 1), 0, `B${token}x2`);
    await person.write(path, lines.join("\n"));
    journal.push({ token: `B${token}x2`, path, kind: "body" });
  }
}

async function takeIn(clone: ConnectedClone): Promise<unknown> {
  const { absorb } = await import("../../shared/replica/absorb.ts");
  return await absorb(clone, { deletions: true });
}

async function sync(
  person: Person,
  how: "online" | "offline" | "lost" | "crash",
  random: Random,
): Promise<void> {
  if (how === "offline") person.cut({ lost: 0 });
  if (how === "lost") person.cut({ lost: random.between(1, 4) });
  try {
    await person.with(async (clone) => {
      const run = how === "crash" ? crashing(clone, random.between(1, 60), random) : clone;
      await syncClone(run, { deletions: true });
      for (const conflict of run.hub.conflicts("open")) {
        if (random.chance(0.4)) continue;
        const side = random.pick(["ours", "theirs"] as const);
        const decision: LocalDecision = { keep: side };
        run.hub.decide(conflict.id, decision, "somebody");
        await settleDocument(run, { collection: conflict.collection, path: conflict.path });
      }
    });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  person.cut(null);
}

/** Dies at the n-th call of hub or folder: before it, or right after it. */
function crashing(clone: ConnectedClone, at: number, random: Random): ConnectedClone {
  let calls = 0;
  const isLate = random.chance(0.5);
  const wrap = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(target, name) {
        const known = Reflect.get(target, name) as unknown;
        if (typeof known !== "function") return known;
        return (...given: unknown[]) => {
          if (++calls > at || (calls === at && !isLate)) throw new Crash();
          const result = known.apply(target, given) as unknown;
          if (calls !== at) return result;
          if (!(result instanceof Promise)) throw new Crash();
          return result.then(() => {
            throw new Crash();
          });
        };
      },
    });
  return { ...clone, hub: wrap(clone.hub), folder: wrap(clone.folder) };
}

async function calmDown(people: readonly Person[], why: string): Promise<void> {
  let seen: unknown[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    await team.api.garden.settle();
    let left = 0;
    seen = [];
    for (const person of people)
      await person.with(async (clone) => {
        const done = await syncClone(clone, { deletions: true });
        for (const { id, collection, path } of clone.hub.conflicts("open")) {
          clone.hub.decide(id, { keep: "theirs" }, "somebody");
          await settleDocument(clone, { collection, path });
          left++;
        }
        const { queued, incoming, conflicts, quarantined } = clone.hub.counts();
        seen.push([
          done.merged,
          done.pushed.outcomes,
          clone.hub.counts(),
          clone.hub.quarantine(),
          clone.hub.conflicts("open"),
        ]);
        left += done.fetched + done.pushed.outcomes.length + queued + incoming + conflicts + quarantined;
      });
    if (left === 0) return;
  }
  assert.fail(`it never came to rest: ${JSON.stringify(seen)} ${why}`);
}

async function filesOf(person: Person, below: string): Promise<Record<string, string>> {
  const names = await readdir(join(person.folder, below)).catch(() => [] as string[]);
  const files: Record<string, string> = {};
  for (const name of names.sort()) {
    if (!isIgnored(name)) files[`${below}/${name}`] = (await person.read(`${below}/${name}`))!;
  }
  return files;
}
