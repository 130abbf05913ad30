/** The lists of what needs a person, each with what to type next. */
import { displayPath } from "../../../shared/document/path-disk.ts";
import type { Report } from "../../../shared/hub/hub.ts";
import { decisionsOf } from "./halts.ts";
import { ago, aligned, type Paint, plural, quoted } from "./text.ts";

/** Longer lists are cut; `--json` has them whole. */
const MOST = 50;

export function attention(report: Report, paint: Paint, program: string): string[] {
  return [
    ...quarantine(report, paint),
    ...conflicts(report, paint, program),
    ...halts(report, paint, program),
  ];
}

function quarantine({ quarantine }: Report, paint: Paint): string[] {
  if (quarantine.length === 0) return [];
  const lines = [
    `${paint.bold("Quarantine")}: ${plural(quarantine.length, "document")} set aside, nothing is written because of them.`,
  ];
  for (const { path, store, line, column, rule, code, message, hint } of quarantine.slice(0, MOST)) {
    const place = line === null ? "" : `:${line}${column === null ? "" : `:${column}`}`;
    const where = store === "table" ? " (row)" : "";
    lines.push(`  ${displayPath(path)}${place}${where}  ${paint.yellow(rule ?? code)}  ${message}`);
    if (hint) lines.push(`    ${paint.dim(hint)}`);
  }
  return [...lines, ...rest(quarantine.length), ""];
}

function conflicts({ conflicts }: Report, paint: Paint, program: string): string[] {
  if (conflicts.length === 0) return [];
  const lines = [`${paint.bold("Conflicts")}: both sides changed the same thing; both versions are kept.`];
  for (const { path, collection, overlapping, since } of conflicts.slice(0, MOST)) {
    const shown = displayPath(path);
    lines.push(`  ${shown}  ${paint.yellow(overlaps(overlapping))}  ${paint.dim(ago(since))}`);
    const named = `${quoted(shown)} --collection ${collection}`;
    lines.push(
      ...aligned([
        [`    ${program} conflicts ${named}`, paint.dim("look at it")],
        [`    ${program} resolve ${named} --keep file`, paint.dim("or --keep row")],
      ]),
    );
  }
  return [...lines, ...rest(conflicts.length), ""];
}

/** The columns of a conflict record, `status, (body)`. */
function overlaps(overlapping: unknown): string {
  if (!Array.isArray(overlapping)) return "";
  return overlapping
    .map(({ column, key }: { column: string; key?: string }) =>
      key === undefined ? column : `${column}.${key}`,
    )
    .join(", ");
}

function halts({ halts }: Report, paint: Paint, program: string): string[] {
  if (halts.length === 0) return [];
  const lines = [`${paint.bold("Halts")}: stopped until a person decides; see ${program} halts.`];
  for (const { id, kind, reason, documents } of halts) {
    const held = documents > 0 ? ` (${plural(documents, "document")} held)` : "";
    lines.push(`  ${paint.yellow(`#${id}`)} ${reason}${held}`);
    if (kind === "schema-changed") lines.push(`    ${program} register`);
    lines.push(
      ...aligned(
        decisionsOf(kind).map(({ option, about }) => [
          `    ${program} resume ${id} ${option}`,
          paint.dim(about),
        ]),
      ),
    );
  }
  return [...lines, ""];
}

function rest(count: number): string[] {
  return count > MOST ? [`  … and ${count - MOST} more (--json lists them)`] : [];
}
