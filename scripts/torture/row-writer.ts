/**
 * Foreign writers of rows: transactions over connections of their own, that commit late, roll back, rename, hold locks and
 * do nothing, and lock several rows in the order opposite to the engine's. Among themselves they keep one order, so that
 * a deadlock is never theirs alone.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Query } from "../local/database/sql.ts";
import type { Arena } from "./arena.ts";
import { keyOf } from "./config.ts";
import { editRow, newRow, PLACES, type RowContent } from "./edits.ts";
import { token } from "./tokens.ts";
import type { Scene } from "./writers.ts";

/** Writes until the storm is over. A transaction that fails is rolled back and never was. */
export async function writeRows(arena: Arena, scene: Scene): Promise<void> {
  const { random } = scene;
  while (!scene.isOver()) {
    await transact(arena, scene).catch(() => pause(30));
    await pause(random.between(0, 40));
  }
}

async function transact({ writers }: Arena, scene: Scene): Promise<void> {
  const { random } = scene;
  const kind = random.next();
  const path = random.pick(scene.paths);
  const commitDelay = () => pause(random.chance(0.5) ? random.between(0, 30) : random.between(0, 500));
  if (kind < 0.06) return await writers.transaction((tx) => remove(tx, path));
  if (kind < 0.08) return await rename(writers, scene, path);
  await writers.transaction(async (tx) => {
    if (kind < 0.1) {
      // Holds a row that the engine may want, idle.
      await edit(tx, scene, path);
      return await pause(random.between(800, 2000));
    }
    if (kind < 0.13) {
      await edit(tx, scene, path);
      await tx.exec("set local statement_timeout = '30ms'");
      await tx.query("select pg_sleep(5)");
    }
    if (kind < 0.2) {
      await edit(tx, scene, path);
      await tx.exec("savepoint attempt");
      await edit(tx, scene, path);
      await tx.exec("rollback to savepoint attempt");
      await edit(tx, scene, path);
    } else if (kind < 0.4) {
      const several = new Set(Array.from({ length: 4 }, () => random.pick(scene.paths)));
      for (const one of [...several].sort().reverse()) {
        await edit(tx, scene, one);
        await pause(random.between(0, 40));
      }
    } else await edit(tx, scene, path);
    await commitDelay();
    if (kind > 0.95) throw new Error("the user thinks better of it");
  });
}

/** Under the row's lock: nobody comes between the reading and the writing. */
async function edit(tx: Query, { random }: Scene, path: string): Promise<void> {
  const { table, slug } = keyOf(path);
  const [row] = await tx.query<RowContent>(
    `select a, b, title, tags, body from public.${table} where slug = $1 for update`,
    [slug],
  );
  const [drawn] = await tx.query<{ number: number }>("select nextval('torture.token') as number");
  const word = token(drawn!.number);
  const place = random.pick(PLACES);
  const { a, b, title, tags, body } = row ? editRow(row, place, word) : newRow(word);
  const statement = row
    ? `update public.${table} set a = $2, b = $3, title = $4, tags = $5, body = $6 where slug = $1`
    : `insert into public.${table} (slug, a, b, title, tags, body) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`;
  await tx.query(statement, [slug, a, b, title, tags, body]);
}

async function remove(tx: Query, path: string): Promise<void> {
  const { table, slug } = keyOf(path);
  await tx.query(`delete from public.${table} where slug = $1`, [slug]);
}

async function rename(writers: Arena["writers"], scene: Scene, path: string): Promise<void> {
  const { table, slug } = keyOf(path);
  const target = scene.freshPath(path);
  const renamed = await writers.query(`update public.${table} set slug = $2 where slug = $1 returning slug`, [
    slug,
    keyOf(target).slug,
  ]);
  if (renamed.length > 0) scene.welcome(target);
}
