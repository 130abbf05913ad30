/** What happens to everything at once: wipes, restores from backup, other policies. */
import type { Row, RowChange } from "./arena.ts";
import type { Side } from "./commands.ts";
import { commit } from "./foreign.ts";
import type { Rewrite } from "./ledger.ts";
import type { Scene } from "./scene.ts";
import { rowText } from "./texts.ts";
import { POLICIES } from "./world.ts";

export interface Backup {
  files: Map<string, string>;
  rows: Map<string, Row>;
}

export async function backUp({ arena, paths }: Scene): Promise<Backup> {
  const backup: Backup = { files: new Map(), rows: new Map() };
  for (const path of paths) {
    const [text, row] = [await arena.files.text(path), await arena.rows.row(path)];
    if (text !== null) backup.files.set(path, text);
    if (row !== null) backup.rows.set(path, row);
  }
  return backup;
}

/** Everything goes on one side, those that stand still as well. */
export async function wipe(scene: Scene, how: "bucket" | "truncate" | "rows"): Promise<void> {
  const { arena, ledger } = scene;
  await scene.heal();
  const wasQuiet = await scene.isQuiet();
  const names = how === "bucket" ? await arena.files.list("users/") : await arena.rows.list("");
  const rewrites: Rewrite[] = [];
  const agreed: string[] = [];
  for (const path of names) {
    const [text, row] = [await arena.files.text(path), await arena.rows.row(path)];
    const before = how === "bucket" ? text : row && rowText(row);
    if (before === null) continue;
    rewrites.push({ path, before, after: "" });
    if (wasQuiet && text !== null && row !== null) agreed.push(path);
  }
  const rows: RowChange[] =
    how === "truncate" ? [{ op: "truncate" }] : names.map((path) => ({ op: "delete", path }));
  await commit(scene, {
    ...(how === "bucket" ? { files: names.map((path) => ({ op: "drop", path })) } : { rows }),
    rewrites,
    disturbs: names,
    deletes: names,
  });
  for (const path of agreed) ledger.gone.add(path);
}

/** One side goes back to what it was; what is newer than the backup stays. Nobody looks at what is overwritten. */
export async function restore(scene: Scene, side: Side, backup: Backup): Promise<void> {
  const { arena } = scene;
  await scene.heal();
  const rewrites: Rewrite[] = [];
  const paths = [...(side === "file" ? backup.files : backup.rows).keys()];
  for (const path of paths) {
    const [before, after] =
      side === "file"
        ? [(await arena.files.text(path)) ?? "", backup.files.get(path)!]
        : [rowText(await arena.rows.row(path)), rowText(backup.rows.get(path)!)];
    if (before !== after) rewrites.push({ path, before, after });
  }
  const changed = rewrites.map(({ path }) => path);
  await commit(scene, {
    ...(side === "file"
      ? { files: changed.map((path) => ({ op: "put", path, text: backup.files.get(path)! })) }
      : { rows: changed.map((path) => ({ op: "put", path, set: backup.rows.get(path)! })) }),
    rewrites,
    disturbs: changed,
  });
}

/** Registers other policies; a worker that runs already stays with the old ones. */
export async function configure(scene: Scene, policies: number): Promise<void> {
  await scene.arena.configure(policies);
  scene.isElsewhere = POLICIES[policies]!.path !== undefined;
  if (scene.isElsewhere) scene.unseen = true;
  for (const path of scene.paths) scene.watch.foreign(path);
}
