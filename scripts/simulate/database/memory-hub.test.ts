/** The hub in memory passes the contract of the real one. */
import { encode } from "../../../shared/document/mod.ts";
import { testHub } from "../../../shared/hub/test-hub.ts";
import type { Cells, Ground } from "../../../shared/hub/test-hub-ground.ts";
import { connectMemory, type MemoryConnection } from "./connect.ts";
import { Database } from "./database.ts";
import { gardenTable } from "./garden-table.ts";
import { revisionsOf } from "./history.ts";
import { keyOf } from "./journal.ts";
import { sweep } from "./sweep.ts";
import type { Row } from "./table.ts";
import { seeded } from "./test-seed.ts";

const BUCKET = "content";

testHub("in memory", () => Promise.resolve(memoryGround()));

function memoryGround(): Ground {
  let db!: Database;
  let connection!: MemoryConnection;
  const table = () => db.table("parts");
  const keyIn = (path: string): [user: string, slug: string] => {
    const [, user, slug] = /^users\/([^/]+)\/\w+\/(.+)\.md$/.exec(path)!;
    return [user!, slug!];
  };
  const isOf = (path: string) => {
    const [user, slug] = keyIn(path);
    return ({ cells }: Row) => cells.user_id === user && cells.slug === slug;
  };
  const ground: Ground = {
    get hub() {
      return connection.hub;
    },
    bucket: (name) => connection.bucket(name),
    files: {
      async put(path, text) {
        db.objects.upload(BUCKET, path, encode(text));
      },
      async drop(path) {
        db.objects.remove(BUCKET, [path]);
      },
      async move(from, to) {
        db.objects.move(BUCKET, from, to);
      },
      text: async (path) => db.objects.text(BUCKET, path),
      async hollow(path) {
        db.objects.upload(BUCKET, path, encode("lost"));
        db.objects.loseBody(BUCKET, path);
      },
    },
    rows: {
      async put(path, cells) {
        const [user_id, slug] = keyIn(path);
        if (table().find([user_id, slug])) table().update(isOf(path), cells);
        else table().insert([{ user_id, slug, ...cells }]);
      },
      async delete(path) {
        table().delete(isOf(path));
      },
      async hide(path) {
        table().update(isOf(path), {}, db.now());
      },
      async move(from, to) {
        table().update(isOf(from), { slug: keyIn(to)[1] });
      },
      truncate: async () => table().truncate(),
      async get(path) {
        const row = table().find(keyIn(path));
        return row && row.deletedAt === null ? (row.cells as Cells) : null;
      },
      async shout(on) {
        table().trigger = on
          ? { before: (cells) => ({ ...cells, name: (cells.name as string).toUpperCase() }) }
          : {};
      },
    },
    async blind(write) {
      db.isReplica = true;
      try {
        await write();
      } finally {
        db.isReplica = false;
      }
    },
    async sweep() {
      sweep(db);
    },
    endWaits: async () => db.endWaits(),
    async history(path) {
      const text = db.state.documents.get(keyOf("parts", path))?.text ?? null;
      return revisionsOf(db, "parts", path)
        .toSorted((a, b) => a.revision - b.revision)
        .map((one) => ({
          revision: one.revision,
          store: one.store,
          text: one.deleted ? null : (one.text ?? text),
          deleted: one.deleted,
        }));
    },
    async clear() {
      db = new Database({ ...seeded(), tables: [gardenTable()] });
      connection = connectMemory(db);
    },
  };
  return ground;
}
