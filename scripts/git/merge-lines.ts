/** Files that are no documents: git's own three-way merge, or nothing. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Repository } from "./repository.ts";

/** `conflict`: both changed the same lines, or one removed what the other changed, or it is no text. */
export async function mergeLines(
  { git }: Pick<Repository, "git">,
  { base, ours, theirs }: Record<"base" | "ours" | "theirs", Uint8Array | null>,
): Promise<Uint8Array | "conflict"> {
  if (ours === null || theirs === null) return "conflict";
  const folder = await mkdtemp(join(tmpdir(), "frontrow-merge-"));
  try {
    const files = Object.entries({ ours, base: base ?? new Uint8Array(), theirs });
    for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
    const paths = files.map(([name]) => join(folder, name));
    // Its code is the number of conflicts, at most 127, or 255 for what is no text.
    const { code, stdout } = await git.run(["merge-file", "--stdout", "--quiet", ...paths], { codes: ANY });
    return code === 0 ? stdout : "conflict";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ANY = Array.from({ length: 256 }, (_, code) => code);
