/** The database in memory under the real engine. What it must answer is in shared/hub/test-hub.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import gardenConfig from "../../../examples/garden/config.ts";
import { resolveConfig } from "../../../shared/collections/mod.ts";
import { register } from "../../../shared/sync/register.ts";
import { drain } from "../../../shared/sync/worker.ts";
import { connectMemory } from "./connect.ts";
import { Database } from "./database.ts";
import { gardenTable } from "./garden-table.ts";
import { seeded } from "./test-seed.ts";

const PATH = "users/ada/parts/dreamer.md";
const FILE = "---\n# hers\nname: Dreamer\nstatus: active\ntags: [a, b]\ncharge: 0.50\n---\nBody.\n";

async function plant(without: ConstructorParameters<typeof Database>[0]["without"] = new Set()) {
  const db = new Database({
    ...seeded(),
    tables: [gardenTable()],
    without,
  });
  const { hub, bucket } = connectMemory(db);
  const bindings = await register(hub, resolveConfig(gardenConfig));
  const work = async () => {
    const outcomes: string[] = [];
    const limits = { linger: 0, cpu: Number.POSITIVE_INFINITY };
    const onResults = (results: readonly { outcome: string; code?: string; message?: string }[]) => {
      for (const { outcome, code, message } of results)
        outcomes.push([outcome, code, message].filter(Boolean).join(" "));
    };
    await drain({ hub, bucket, bindings, cause: "test", limits, onResults });
    assert.deepEqual(db.defects, []);
    return outcomes;
  };
  return { db, hub, bucket, bindings, work };
}

test("a file becomes a row, an edited row the file, and then nothing is to be done", async () => {
  const { db, work } = await plant();
  db.objects.upload("content", PATH, new TextEncoder().encode(FILE));
  assert.deepEqual(await work(), ["created"]);
  const [row] = db.table("parts").rows();
  assert.equal(row?.cells.name, "Dreamer");
  assert.deepEqual(row?.cells.tags, ["a", "b"]);
  db.table("parts").update(() => true, { name: "Waker" });
  assert.equal((await work()).length, 1);
  assert.equal(db.objects.text("content", PATH), FILE.replace("Dreamer", "Waker"));
  assert.deepEqual(await work(), []);
});
