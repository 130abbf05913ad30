/**
 * Temporary files that a run left which was killed in the midst of a write. What one holds may be the only copy of an edit
 * that came between a look and a write, so it goes only when what it holds is known.
 */
import { type Disk, statsOf } from "./directory-disk.ts";
import { isTemporary } from "./directory-names.ts";
import type { Root } from "./directory-place.ts";
import { readStable } from "./directory-read.ts";
import type { Version } from "./store.ts";

/** Milliseconds after which no run can be at it any more. */
const OLD = 10 * 60_000;

/** `kept`: it is old, and what it holds is nowhere else · `young`: somebody may be at it. */
export type Swept = "removed" | "kept" | "young";

/** `shown`: its path below the folder. Anything that is no temporary file of ours is kept. */
export async function sweepLeftover(
  { disk, root, maxBytes, now }: { disk: Disk; root: Root; maxBytes: number; now: () => number },
  shown: string,
  isKnown: (version: Version) => boolean,
): Promise<Swept> {
  if (!isTemporary(shown.slice(shown.lastIndexOf("/") + 1))) return "kept";
  const file = `${root.path}/${shown}`;
  const stats = await statsOf(disk, file);
  const before = BigInt(Math.floor(now() - OLD)) * 1_000_000n;
  if (stats === null || !stats.isFile() || stats.mtimeNs > before || stats.ctimeNs > before) return "young";
  const { version } = await readStable(disk, file, shown, maxBytes);
  if (!isKnown(version)) return "kept";
  await disk.unlink(file);
  return "removed";
}
