/**
 * A worker may die before or after any of its effects, or wake up long after its lease ran out. Each scenario is run
 * once for each of its effects: crash there, let the lease run out, let another worker go on.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CrashPoint, drainUntil, type Engine, Puppet } from "../../scripts/testing/effects.ts";
import {
  directHub,
  endWaits,
  type Garden,
  openValve,
  settle,
  startGarden,
} from "../../scripts/testing/garden.ts";
import { type SqlBucket, sqlBucket } from "../../scripts/testing/sql-bucket.ts";
import { drain } from "./worker.ts";

let garden: Garden;
let files: SqlBucket;
let engine: Engine;
before(async () => {
  garden = await startGarden({ config: openValve });
  files = sqlBucket(garden.sql);
  engine = { hub: directHub(garden.sql), bucket: () => files, bindings: garden.bindings };
});
after(() => garden.stop());

const text = (name: string, charge = "0.5", body = "Body.\n") =>
  `---\nname: ${name} # kept\nstatus: active\ncharge: ${charge}\n---\n${body}`;

interface Place {
  user: string;
  path: string;
}

interface Scenario {
  name: string;
  /** Whether file and row agree on a document before it begins. */
  agreed: boolean;
  begin(place: Place): Promise<unknown>;
  /** What both sides hold in the end. */
  file: string | null;
  /** Where the history's revisions were made. */
  stores: string[];
}

const edit = ({ user }: Place, change: string) =>
  garden.sql.query(`update public.parts set ${change} where user_id = $1`, [user]);

const SCENARIOS: Scenario[] = [
  {
    name: "a new file",
    agreed: false,
    begin: ({ path }) => files.put(path, text("One")),
    file: text("One"),
    stores: ["bucket"],
  },
  {
    name: "a new row",
    agreed: false,
    begin: ({ user }) =>
      garden.sql.query(
        "insert into public.parts (user_id, slug, name, status) values ($1, 'x', 'One', 'active')",
        [user],
      ),
    file: "---\nname: One\nstatus: active\n---\n",
    stores: ["table"],
  },
  {
    name: "an edited file",
    agreed: true,
    begin: ({ path }) => files.put(path, text("Two")),
    file: text("Two"),
    stores: ["bucket", "bucket"],
  },
  {
    name: "an edited row",
    agreed: true,
    begin: (place) => edit(place, "name = 'Two'"),
    file: text("Two"),
    stores: ["bucket", "table"],
  },
  {
    name: "both edited",
    agreed: true,
    begin: async (place) => {
      await files.put(place.path, text("Two"));
      await edit(place, "charge = 1");
    },
    file: text("Two", "1"),
    stores: ["bucket", "bucket", "merge"],
  },
  {
    name: "a deleted file",
    agreed: true,
    begin: ({ path }) => files.drop(path),
    file: null,
    stores: ["bucket", "deleted"],
  },
  {
    name: "a deleted row",
    agreed: true,
    begin: ({ user }) => garden.sql.query("delete from public.parts where user_id = $1", [user]),
    file: null,
    stores: ["bucket", "deleted"],
  },
  {
    name: "a deleted file, an edited row",
    agreed: true,
    begin: async (place) => {
      await files.drop(place.path);
      await edit(place, "name = 'Two'");
    },
    file: text("Two"),
    stores: ["bucket", "table"],
  },
];

let users = 0;
async function place({ agreed }: Scenario): Promise<Place> {
  const user = `c${++users}`;
  const path = `users/${user}/parts/x.md`;
  if (agreed) {
    await files.put(path, text("One"));
    await drainUntil(engine, null);
  }
  return { user, path };
}

const quick = () => drain({ ...engine, cause: "test", limits: { linger: 0 } });

async function goOn(): Promise<void> {
  await settle(garden.sql, async () => {
    await quick();
    return [];
  });
}

async function assertDone({ file, stores }: Scenario, { path, user }: Place, context: string): Promise<void> {
  assert.equal(await files.text(path), file, context);
  const row = await garden.row(path);
  if (file === null) assert.equal(row, null, context);
  else assert.equal(row!.name, /name: (\w+)/.exec(file)![1], context);
  const history = await garden.sql.query<{ store: string; deleted: boolean }>(
    "select store, deleted from frontrow.revisions where path = $1 order by revision",
    [path],
  );
  assert.deepEqual(
    history.map((entry) => (entry.deleted ? "deleted" : entry.store)),
    stores,
    `${context}: nothing is in the history twice`,
  );
  const [left] = await garden.sql.query(
    `select (select count(*)::int from frontrow.dirty) as dirty,
      (select count(*)::int from frontrow.leases) as leases,
      (select count(*)::int from frontrow.intents where state in ('open', 'landed')) as intents,
      (select count(*)::int from frontrow.quarantine) as quarantine,
      (select count(*)::int from public.parts where user_id = $1) as rows`,
    [user],
  );
  const { rows, ...rest } = left!;
  assert.deepEqual(rest, { dirty: 0, leases: 0, intents: 0, quarantine: 0 }, context);
  assert.ok(Number(rows) <= 1, context);
  const { marked } = await engine.hub.backfill({});
  assert.equal(marked, 0, `${context}: both sides and what was agreed are the same`);
}

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: a crash before or after any effect costs only time`, async () => {
    const first = await place(scenario);
    await scenario.begin(first);
    const effects = await drainUntil(engine, null);
    await assertDone(scenario, first, "without a crash");
    assert.ok(effects.length >= 3, String(effects));
    for (let effect = 1; effect <= effects.length; effect++) {
      for (const when of ["before", "after"] as const) {
        const point: CrashPoint = { effect, when };
        const here = await place(scenario);
        await scenario.begin(here);
        await drainUntil(engine, point);
        await goOn();
        await assertDone(scenario, here, `${when} effect ${effect} (${effects[effect - 1]})`);
      }
    }
  });

  test(`${scenario.name}: a crash during the recovery from a crash`, async () => {
    for (const [first, second] of [
      [3, 2],
      [4, 3],
      [4, 4],
      [5, 2],
    ] as const) {
      const here = await place(scenario);
      await scenario.begin(here);
      await drainUntil(engine, { effect: first, when: "after" });
      await endWaits(garden.sql);
      await drainUntil(engine, { effect: second, when: "after" });
      await goOn();
      await assertDone(scenario, here, `after ${first}, then after ${second}`);
    }
  });

  test(`${scenario.name}: a worker that stalls before any effect, past its lease, does no harm when it wakes`, async () => {
    for (let stall = 2; stall <= 5; stall++) {
      const here = await place(scenario);
      await scenario.begin(here);
      const zombie = new Puppet(engine);
      for (let step = 1; step < stall; step++) await zombie.step();
      await endWaits(garden.sql);
      await goOn();
      const at = zombie.next;
      await zombie.finish();
      await goOn();
      await assertDone(scenario, here, `stalled before effect ${stall} (${at})`);
    }
  });
}
