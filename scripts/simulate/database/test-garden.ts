/** A garden in memory with a worker, for the tests of the simulated database. */
import assert from "node:assert/strict";
import gardenConfig from "../../../examples/garden/config.ts";
import { type Config, type Policies, resolveConfig } from "../../../shared/collections/mod.ts";
import { digestsOf } from "../../../shared/sync/binding.ts";
import { register } from "../../../shared/sync/register.ts";
import { drainInOrder } from "../../testing/effects.ts";
import { connectMemory } from "./connect.ts";
import { Database } from "./database.ts";
import { gardenTable } from "./garden-table.ts";
import type { Protection } from "./protections.ts";
import { seeded } from "./test-seed.ts";

export const PATH = "users/ada/parts/a.md";

export function fileOf(name: string, body = "Body.\n"): string {
  return `---\nname: ${name}\nstatus: active\n---\n${body}`;
}

interface PlantOptions {
  without?: Protection;
  policies?: Policies;
  /** Fields that stand in the body. */
  lines?: readonly string[];
  seed?: number;
}

export async function plant(options: PlantOptions = {}) {
  const { without, policies, lines = [], seed } = options;
  const off = new Set(without === undefined ? [] : [without]);
  const db = new Database({ ...seeded(seed), tables: [gardenTable()], without: off });
  const { hub, bucket } = connectMemory(db);
  const collections = gardenConfig.collections.map((collection) => ({
    ...collection,
    lines,
    policies: { ...collection.policies, ...policies },
  }));
  const bindings = await register(hub, resolveConfig({ ...gardenConfig, collections } as Config));
  return {
    db,
    hub,
    bucket,
    bindings,
    parts: db.table("parts"),
    put: (text: string, path = PATH) => db.objects.upload("content", path, new TextEncoder().encode(text)),
    text: (path = PATH) => db.objects.text("content", path),
    names: () =>
      db
        .table("parts")
        .rows()
        .filter(({ deletedAt }) => deletedAt === null)
        .map(({ cells }) => cells.name),
    pending: () => new Set(db.state.dirty.list().map(({ path }) => path)).size,
    async work(rounds = 1) {
      for (let round = 0; round < rounds; round++) {
        db.endWaits();
        await drainInOrder({ hub, bucket, bindings });
      }
      assert.deepEqual(db.defects, []);
    },
    claim: (worker = "w") =>
      hub.claim({
        worker,
        run: db.nextUuid(),
        cause: "test",
        limit: 20,
        leaseSeconds: 90,
        digests: digestsOf(bindings),
      }),
  };
}

export type MemoryGarden = Awaited<ReturnType<typeof plant>>;
