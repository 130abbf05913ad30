/**
 * Clones of one remote, edited and synced at random, cut off anywhere and gone on with. In the end all of them are the
 * same; every edit is in the text, or it overlapped, and then it was told and is in the history; and no conflict marker is
 * anywhere.
 *
 * A failure prints its seed and path; `FRONTROW_SEED=…` repeats it, `FRONTROW_GIT_RUNS=100` looks longer.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { gitSettings } from "../../shared/config/git-settings.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { createReconcile } from "./reconcile-documents.ts";
import type { Step } from "./repository.ts";
import { syncOnce } from "./sync.ts";
import { gardenFiles, READER, withField } from "./test-documents.ts";
import { type Clone, Cut, cutAt, startWorld } from "./test-repository.ts";

const RUNS = Number(process.env.FRONTROW_GIT_RUNS ?? 4);
const SEED = Number(process.env.FRONTROW_SEED ?? 3);

const FILES = gardenFiles(4);
const CONFIG = gitSettings({}, "full-automation");
const STEPS: Step[] = [
  "fetched",
  "merged",
  "pending",
  "file",
  "files",
  "indexed",
  "moved",
  "arrived",
  "enqueued",
  "committing",
  "staged",
  "committed",
  "pushed",
];
const COLUMNS = ["name", "status", "category"] as const;

type Action =
  | { kind: "field"; clone: number; file: number; column: (typeof COLUMNS)[number] }
  | { kind: "line"; clone: number; file: number; at: number }
  | { kind: "remove"; clone: number; file: number }
  | { kind: "rename"; clone: number; file: number }
  | { kind: "sync"; clone: number; cut: { step: Step; nth: number } | null };

const place = { clone: fc.nat(2), file: fc.nat(FILES.size) };
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("field" as const),
        ...place,
        column: fc.constantFrom(...COLUMNS),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("line" as const), ...place, at: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), ...place }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), ...place }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("sync" as const),
        clone: fc.nat(2),
        cut: fc.option(fc.record({ step: fc.constantFrom(...STEPS), nth: fc.constantFrom(1, 1, 2) }), {
          freq: 2,
        }),
      }),
    },
  ),
  { minLength: 12, maxLength: 30 },
);

test("clones that are edited and synced at random, and cut off, become the same and lose nothing", {
  timeout: 600_000,
}, async () => {
  await fc.assert(fc.asyncProperty(actions, play), { numRuns: RUNS, seed: SEED, endOnFailure: true });
});

/** What one clone's engine was told, and what it must have been told: every document is there as it was told last. */
interface Machine {
  clone: Clone;
  /** The texts as the engine took them over: what `onPulled` named, read at that moment. */
  known: Map<string, string | null>;
  /** Words of versions that overlapped with another. */
  overlapped: Set<string>;
}

async function play(given: Action[]): Promise<void> {
  const world = await startWorld();
  try {
    const remote = world.bare();
    const machines: Machine[] = [];
    for (const name of ["ada", "bo", "cy"])
      machines.push({ clone: await world.clone(name, remote), known: new Map(), overlapped: new Set() });
    for (const [path, text] of FILES) await machines[0]!.clone.put(path, text);
    for (const machine of machines) await cycle(machine);

    const paths = [...FILES.keys(), "users/new/parts/new.md"];
    /** Words that must be found in the end. */
    const written = new Set<string>();
    let number = 0;
    for (const action of given) {
      const machine = machines[action.clone]!;
      if (action.kind === "sync") {
        await cycle(machine, action.cut ? cutAt(action.cut.step, action.cut.nth) : undefined);
        continue;
      }
      const path = paths[action.file]!;
      const before = await machine.clone.get(path);
      if (action.kind === "rename") {
        if (before === null) continue;
        await machine.clone.put(`renamed/${++number}-${path}`, before);
        await rm(join(machine.clone.folder, path));
        continue;
      }
      const word = `word${++number}x`;
      const after = edited(action, before, word);
      // What somebody saw and wrote over is not lost.
      for (const [seen] of (before ?? "").matchAll(/word\d+x/g))
        if (!after?.includes(seen)) written.delete(seen);
      if (after === null) await rm(join(machine.clone.folder, path), { force: true });
      else {
        await machine.clone.put(path, after);
        written.add(word);
      }
    }
    for (let round = 0; round < 3; round++) for (const machine of machines) await cycle(machine);
    await check(machines, written);
  } finally {
    await world.end();
  }
}

function edited(
  action: Exclude<Action, { kind: "sync" | "rename" }>,
  before: string | null,
  word: string,
): string | null {
  if (action.kind === "remove") return null;
  if (before === null) return `---\nname: ${word}\nstatus: active\n---\n\nMade anew.\n`;
  if (action.kind === "field") return withField(before, action.column, `said ${word}`);
  const lines = before.split("\n");
  const bodyFrom = lines.indexOf("---", 1) + 1;
  lines.splice(bodyFrom + (action.at % (lines.length - bodyFrom + 1)), 0, `A line with ${word}.`);
  return lines.join("\n");
}

/** One cycle; what is cut off is gone on with by a later one. Others pushing at the same time do not happen here. */
async function cycle({ clone, known, overlapped }: Machine, onStep?: (step: Step) => void): Promise<void> {
  const repository = await clone.open(onStep ? { onStep } : {});
  try {
    await syncOnce(repository, {
      config: CONFIG,
      reconcile: createReconcile({
        readerOf: () => READER,
        onOverlap({ ours, theirs }) {
          for (const word of `${ours}${theirs}`.match(/word\d+x/g) ?? []) overlapped.add(word);
        },
      }),
      async onPulled(names) {
        for (const name of names) known.set(name, await clone.get(pathOf(name)));
      },
    });
  } catch (error) {
    if (error instanceof Cut) return;
    if (error instanceof FrontrowError)
      assert.fail(`${error.code} ${error.rule}: ${error.message} ${error.hint}`);
    throw error;
  }
}

async function check(machines: readonly Machine[], written: ReadonlySet<string>): Promise<void> {
  const [first] = machines as [Machine];
  const { clone } = first;
  const tree = clone.git("rev-parse", "HEAD^{tree}");
  const files = clone.git("ls-files", "-z").split("\0").filter(Boolean);
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, (await clone.get(file))!);
  for (const { clone: other, known } of machines) {
    assert.equal(other.git("rev-parse", "HEAD^{tree}"), tree, "the same in every clone");
    assert.equal(other.git("status", "--porcelain"), "", "and nothing beside it");
    const heard = [...known]
      .filter(([, text]) => text !== null)
      .map(([name, text]) => [pathOf(name), text] as const);
    assert.deepEqual(new Map(heard.sort()), new Map([...texts].sort()), "every engine was told of all of it");
  }
  const all = [...texts.values()].join("\n");
  const history = clone.git("log", "-p", "-m", "--all", "--full-history", "--text");
  const told = new Set(machines.flatMap(({ overlapped }) => [...overlapped]));
  for (const word of written) {
    if (all.includes(word)) continue;
    assert.ok(told.has(word), `${word} is gone, and nobody was told`);
    assert.ok(history.includes(word), `${word} is lost`);
  }
  assert.doesNotMatch(`${all}\n${history}`, /^[+ ]?(?:<{7}|>{7}|={7}$)/m, "a conflict marker");
}

function pathOf(name: string): string {
  return name.replace(/(?:=[0-9A-F]{2})+/g, (bytes) => decodeURIComponent(bytes.replaceAll("=", "%")));
}
