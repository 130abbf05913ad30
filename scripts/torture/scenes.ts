/**
 * Four interleavings, forced step by step. On the hub as it is nothing happens; each is the undoing of one naive design.
 */
import type { ClaimRequest, Hub } from "../../shared/hub/hub.ts";
import { drainInOrder, type Engine, Puppet } from "../testing/effects.ts";
import { endWaits } from "../testing/garden.ts";
import type { Arena } from "./arena.ts";
import { keyOf } from "./config.ts";
import { editFile } from "./edits.ts";
import { look, upload } from "./file-writer.ts";
import { token } from "./tokens.ts";

/** What is left to be drained after a scene, by the engine it was played with. */
export type Scene = (arena: Arena, isNaive: boolean) => Promise<Engine>;

/** A row that commits late has a lower number than those that overtook it: who reads on from a number never sees it. */
export const lateCommit: Scene = async (arena, isNaive) => {
  const { writers } = arena;
  const engine = isNaive ? { ...arena, hub: readingOn(arena) } : arena;
  const [written, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = writers.transaction(async (tx) => {
    await tx.query("insert into public.notes (slug, b) values ('late', $1)", [await draw(arena)]);
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  await writers.query("insert into public.notes (slug, b) values ('early', $1)", [await draw(arena)]);
  await drainInOrder(engine);
  gate.resolve();
  await slow;
  return engine;
};

/** A consumer with a cursor over the log's numbers, instead of one that deletes what it has seen. */
function readingOn({ hub, sql }: Arena): Hub {
  let cursor = -1;
  return {
    ...hub,
    async claim(request: ClaimRequest) {
      const news = await sql.query<{ id: number; collection: string; path: string }>(
        "select id, collection, path from frontrow.dirty where id > $1 order by id",
        [cursor],
      );
      if (news.length === 0) return [];
      cursor = news.at(-1)!.id;
      return await hub.claim({
        ...request,
        paths: news.map(({ collection, path }) => ({ collection, path })),
      });
    },
  };
}

/** Two of the user's transactions, over rows and over objects, touch the same two documents in opposite order. */
export const oppositeOrder: Scene = async (arena, isNaive) => {
  const { writers, sql } = arena;
  const [first, second] = ["notes/one.md", "notes/two.md"] as const;
  for (const path of [first, second]) await plant(arena, path);
  if (isNaive) await sql.exec(OUTBOX);
  const row = (path: string, word: string) =>
    [`update public.notes set b = $2 where slug = $1`, [keyOf(path).slug, word]] as const;
  const object = async (path: string) => {
    const version = crypto.randomUUID();
    const { version: held } = await look(arena, path);
    const bytes = (await arena.attic.get(held!))!;
    await arena.attic.put(version, bytes);
    await arena.bodies.put(version, bytes);
    return ["update storage.objects set version = $2 where name = $1", [path, version]] as const;
  };
  const [rowFirst, rowSecond] = [row(first, await draw(arena)), row(second, await draw(arena))];
  const [objectFirst, objectSecond] = [await object(first), await object(second)];
  const [byRow, byObject] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await Promise.allSettled([
    writers.transaction(async (tx) => {
      await tx.query(...rowFirst);
      byRow.resolve();
      await byObject.promise;
      await tx.query(...rowSecond);
    }),
    writers.transaction(async (tx) => {
      await tx.query(...objectSecond);
      byObject.resolve();
      await byRow.promise;
      await tx.query(...objectFirst);
    }),
  ]);
  return arena;
};

/** One line per document, kept so by an upsert: what one writes "to save space". */
const OUTBOX = `
create table torture.outbox (path text primary key, at timestamptz not null default now());
create function torture.naive_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into torture.outbox (path) values ('notes/' || new.slug || '.md') on conflict (path) do update set at = excluded.at;
  return null;
end $$;
create function torture.naive_object() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into torture.outbox (path) values (new.name) on conflict (path) do update set at = excluded.at;
  return null;
end $$;
create trigger naive after update on public.notes for each row execute function torture.naive_row();
create trigger naive after update on storage.objects for each row execute function torture.naive_object();`;

/** A worker stalls before it writes a row; its lease ends, another one writes something newer; then it writes. */
export const lateApply: Scene = async (arena) => {
  const path = "notes/stalled-apply.md";
  await plant(arena, path);
  await editCounter(arena, path);
  const zombie = new Puppet(arena);
  await zombie.stepTo("apply");
  await endWaits(arena.sql);
  await editCounter(arena, path);
  await drainInOrder(arena);
  await zombie.finish();
  return arena;
};

/** A worker is about to upload what a row says, when a user uploads something else. */
export const lateUpload: Scene = async (arena) => {
  const path = "notes/stalled-upload.md";
  await plant(arena, path);
  await arena.writers.query("update public.notes set b = $2 where slug = $1", [
    keyOf(path).slug,
    await draw(arena),
  ]);
  const worker = new Puppet(arena);
  await worker.stepTo("write");
  await editCounter(arena, path);
  await worker.finish();
  return arena;
};

/** A document that both sides know. */
async function plant(arena: Arena, path: string): Promise<void> {
  await upload(arena, path, { version: null }, `---\na: ${await draw(arena)}\n---\n`);
  await drainInOrder(arena);
}

async function editCounter(arena: Arena, path: string): Promise<void> {
  const seen = await look(arena, path);
  await upload(arena, path, seen, editFile(seen.text!, "counter", seen.word));
}

async function draw({ sql }: Arena): Promise<string> {
  const [drawn] = await sql.query<{ number: number }>("select nextval('torture.token') as number");
  return token(drawn!.number);
}
