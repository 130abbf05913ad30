/** What an import would bring in: asked, and nothing changed. */
import { collectionOf, type ResolvedConfig } from "../../../shared/collections/mod.ts";
import { displayPath } from "../../../shared/document/path-disk.ts";
import { compareFiles } from "./compare.ts";
import type { Engine } from "./engine.ts";
import { EXIT } from "./exit.ts";
import type { OwnedFile } from "./load.ts";
import { aligned, plural } from "./text.ts";
import type { Answer, Call } from "./verb.ts";
import type { FoundFile } from "./walk.ts";

export async function previewLoad(
  engine: Engine,
  config: ResolvedConfig,
  files: readonly FoundFile[],
  { out }: Call,
): Promise<Answer> {
  const owned = files.flatMap((file): OwnedFile[] => {
    const owner = config.collections.find((one) => collectionOf(config, one.bucket, file.path) === one);
    return owner === undefined ? [] : [{ ...file, owner }];
  });
  const unreadable: string[] = [];
  const { fresh, changed, unchanged } = await compareFiles(engine, owned, (file) => {
    try {
      return file.read();
    } catch {
      unreadable.push(file.shown);
      return null;
    }
  });
  const rows = [
    ...fresh.map(({ path }) => [out.paint.green("new"), displayPath(path)]),
    ...changed.map(({ path }) => [out.paint.green("changed"), displayPath(path)]),
    ...unreadable.map((shown) => [out.paint.yellow("unreadable"), shown]),
  ];
  for (const line of aligned(rows)) out.say(line);
  out.say(`${plural(rows.length, "file")} to bring in, ${unchanged.length} are in; nothing was changed.`);
  return {
    code: rows.length === 0 ? EXIT.ok : EXIT.attention,
    json: {
      dry_run: true,
      new: fresh.map(({ path }) => path),
      changed: changed.map(({ path }) => path),
      unchanged: unchanged.length,
      unreadable,
      ignored: files.length - owned.length,
    },
  };
}
