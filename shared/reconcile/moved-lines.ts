/**
 * Lines that left their section for another one: moved there, or a heading was put before them or taken away. Merged
 * section by section they look removed here and new there, so the other side's edits of them would go unseen.
 */
import type { SectionVersions } from "./section-versions.ts";

/** The sections of the base, by their positions in `all`, from which a side took lines to other sections. */
export function sectionsThatGave(all: readonly SectionVersions[], side: "ours" | "theirs"): Set<number> {
  const arrived = new Set<string>();
  for (const version of all) {
    for (const line of surplus(version[side]?.lines, version.base?.lines)) arrived.add(line);
  }
  const gave = new Set<number>();
  if (arrived.size === 0) return gave;
  for (const [at, version] of all.entries()) {
    const gone = surplus(version.base?.lines, version[side]?.lines);
    if (gone.some((line) => arrived.has(line))) gave.add(at);
  }
  return gave;
}

/** The lines, but for blank ones, that `lines` has more often than `than`. */
function surplus(lines: readonly string[] = [], than: readonly string[] = []): string[] {
  if (lines === than) return [];
  const left = new Map<string, number>();
  for (const line of than) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    if (count > 0) left.set(line, count - 1);
    return count === 0 && line.trim() !== "";
  });
}
