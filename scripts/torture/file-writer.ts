/** Foreign writers of files: plain supabase-js, as any application has it. Each has seen what it replaces, or is refused. */
import { setTimeout as pause } from "node:timers/promises";
import type { Arena } from "./arena.ts";
import { BUCKET } from "./config.ts";
import { editFile, isDocument, newFile, PLACES, spoiledFile } from "./edits.ts";
import { SEEN } from "./monitor.ts";
import { token } from "./tokens.ts";
import type { Scene } from "./writers.ts";

interface Seen {
  /** null: there was no object. */
  version: string | null;
  text: string | null;
  /** Drawn after the version was read. */
  word: string;
}

/** Writes until the storm is over. A refusal or a cut connection is answered by the next write. */
export async function writeFiles(arena: Arena, scene: Scene): Promise<void> {
  const { random } = scene;
  while (!scene.isOver()) {
    await writeOnce(arena, scene).catch(() => pause(30));
    await pause(random.between(0, 60));
  }
}

async function writeOnce(arena: Arena, scene: Scene): Promise<void> {
  const { random } = scene;
  const path = random.pick(scene.paths);
  const kind = random.next();
  if (kind < 0.02) return await removeSeveral(arena, [path, random.pick(scene.paths)]);
  const seen = await look(arena, path);
  if (seen.text === null) return await upload(arena, path, seen, newFile(seen.word));
  if (kind < 0.05) return await removeSeveral(arena, [path]);
  if (kind < 0.08) return await move(arena, scene, path, seen);
  if (kind < 0.1) return await upload(arena, path, seen, spoiledFile());
  if (!isDocument(seen.text)) return await upload(arena, path, seen, newFile(seen.word));
  const place = random.pick(PLACES);
  await upload(arena, path, seen, editFile(seen.text, place, seen.word));
}

/** First the version, then the bytes: if the write meets that version still, these were its bytes. */
export async function look({ writers, client }: Arena, path: string): Promise<Seen> {
  const [found] = await writers.query<{ version: string | null; number: number }>(
    `select (select version from storage.objects where bucket_id = $1 and name = $2) as version,
      nextval('torture.token') as number`,
    [BUCKET, path],
  );
  const { version, number } = found!;
  if (version === null) return { version, text: null, word: token(number) };
  const { data, error } = await client.storage
    .from(BUCKET)
    .download(path, { cacheNonce: crypto.randomUUID() });
  if (error) throw error;
  return { version, text: await data.text(), word: token(number) };
}

export async function upload(
  { client }: Pick<Arena, "client">,
  path: string,
  { version }: Pick<Seen, "version">,
  text: string,
): Promise<void> {
  const { error } = await client.storage
    .from(BUCKET)
    .setHeader(SEEN, JSON.stringify({ [path]: version }))
    .upload(path, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
  if (error) throw error;
}

/** One request, one transaction, in an order that nobody chose. */
async function removeSeveral(arena: Arena, paths: string[]): Promise<void> {
  const seen = await Promise.all(paths.map((path) => look(arena, path)));
  const versions = Object.fromEntries(paths.map((path, i) => [path, seen[i]!.version]));
  const { error } = await arena.client.storage
    .from(BUCKET)
    .setHeader(SEEN, JSON.stringify(versions))
    .remove(paths);
  if (error) throw error;
}

async function move({ client }: Arena, scene: Scene, path: string, { version }: Seen): Promise<void> {
  const target = scene.freshPath(path);
  const { error } = await client.storage
    .from(BUCKET)
    .setHeader(SEEN, JSON.stringify({ [path]: version }))
    .move(path, target);
  if (error) throw error;
  scene.welcome(target);
}
