/** What each protection is there for: the same events with it, and without it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../../shared/document/mod.ts";
import type { ClaimedDocument } from "../../../shared/hub/hub.ts";
import { digestsOf } from "../../../shared/sync/binding.ts";
import { EDGE_LIMITS, startBudget, systemClock } from "../../../shared/sync/budget.ts";
import { planDocuments } from "../../../shared/sync/plan.ts";
import { toApplyItem } from "../../../shared/sync/wire.ts";
import { PROTECTIONS, type Protection } from "./protections.ts";
import { fileOf, type MemoryGarden, PATH, plant } from "./test-garden.ts";

const LIMITS = { ...EDGE_LIMITS, cpu: Number.POSITIVE_INFINITY };

async function apply({ hub, bucket, bindings, db }: MemoryGarden, item: ClaimedDocument) {
  const context = { bindings, bucket, limits: LIMITS, budget: startBudget(LIMITS, systemClock) };
  const [planned] = await planDocuments(context, [item]);
  assert.ok(planned && "plan" in planned);
  const [applied] = await hub.apply(db.nextUuid(), [toApplyItem(item, planned.plan)]);
  return applied!;
}

/** What is seen in the end: with the protection, and without it. */
const scenes: Record<Protection, { run(garden: MemoryGarden): Promise<unknown>; on: unknown; off: unknown }> =
  {
    fence: {
      async run(garden) {
        garden.put(fileOf("One"));
        const [late] = await garden.claim();
        garden.db.endWaits();
        await garden.claim("other");
        return (await apply(garden, late!)).outcome;
      },
      on: "fenced",
      off: "created",
    },
    "seen-ids": {
      async run(garden) {
        garden.put(fileOf("One"));
        const [item] = await garden.claim();
        garden.db.mark("parts", "table", PATH, false);
        await apply(garden, item!);
        return garden.pending();
      },
      on: 1,
      off: 0,
    },
    cas: {
      async run(garden) {
        garden.put(fileOf("One"));
        await garden.work();
        garden.parts.update(() => true, { name: "Ours" });
        const [item] = await garden.claim();
        const { intent } = await apply(garden, item!);
        garden.put(fileOf("Theirs"));
        await garden
          .bucket("content")
          .write(PATH, encode(fileOf("Ours")), { base: "", intent })
          .catch(() => undefined);
        return garden.text();
      },
      on: fileOf("Theirs"),
      off: fileOf("Ours"),
    },
    "stale-read-check": {
      async run(garden) {
        garden.put(fileOf("Old"));
        garden.put(fileOf("New"));
        garden.db.objects.faults.stale.set(PATH, encode(fileOf("Old")));
        await garden.work();
        return garden.names();
      },
      on: [],
      off: ["Old"],
    },
    valve: {
      async run(garden) {
        const paths = ["a", "b", "c"].map((slug) => `users/ada/parts/${slug}.md`);
        for (const path of paths) garden.put(fileOf("One"), path);
        await garden.work();
        garden.db.objects.remove("content", paths);
        await garden.work();
        return garden.names().length;
      },
      on: 3,
      off: 0,
    },
    evidence: {
      async run(garden) {
        for (const slug of ["b", "c"]) garden.put(fileOf("One"), `users/ada/parts/${slug}.md`);
        garden.put(fileOf("One"));
        await garden.work();
        garden.put(fileOf("Two"));
        garden.db.objects.loseBody("content", PATH);
        await garden.work();
        return garden.names().length;
      },
      on: 3,
      off: 2,
    },
    origin: {
      async run(garden) {
        garden.put(fileOf("One"));
        const [item] = await garden.claim();
        await apply(garden, item!);
        return garden.pending();
      },
      on: 0,
      off: 1,
    },
    breaker: {
      async run(garden) {
        garden.parts.trigger = { before: (cells) => ({ ...cells, name: String(cells.name).toUpperCase() }) };
        garden.put(fileOf("loud"));
        for (let round = 0; round < 20; round++) {
          await garden.work();
          // A peer that writes it its own way again.
          if (garden.text() === fileOf("LOUD")) garden.put(fileOf("loud"));
        }
        return (await garden.hub.report()).halts.map(({ kind }) => kind);
      },
      on: ["oscillation"],
      off: [],
    },
    quarantine: {
      async run(garden) {
        garden.put("---\nname: [\n---\n");
        const [item] = await garden.claim();
        await apply(garden, item!);
        return (await garden.claim()).length;
      },
      on: 0,
      off: 1,
    },
    "per-key-lease": {
      async run(garden) {
        garden.put(fileOf("One"));
        await garden.claim();
        return (await garden.claim("other")).length;
      },
      on: 0,
      off: 1,
    },
  };

for (const protection of PROTECTIONS) {
  test(`${protection} makes a difference`, async () => {
    const { run, on, off } = scenes[protection];
    assert.deepEqual(await run(await plant()), on, "with it");
    assert.deepEqual(await run(await plant({ without: protection })), off, "without it");
  });
}

test("a document the breaker stopped goes on when a person says so, or both sides agree", async () => {
  const garden = await plant();
  await scenes.breaker.run(garden);
  const [halt] = (await garden.hub.report()).halts;
  assert.deepEqual([garden.text(), garden.names()], [fileOf("loud"), ["LOUD"]]);
  assert.deepEqual(await garden.hub.backfill({}), { marked: 0 }, "nobody asks again");
  await garden.hub.resume(halt!.id, "apply");
  await garden.work(2);
  assert.equal(garden.text(), fileOf("LOUD"));
  assert.deepEqual((await garden.hub.report()).halts, []);
  const digests = digestsOf(garden.bindings);
  assert.deepEqual(await garden.hub.preview({ limit: 9, digests }), []);
});
