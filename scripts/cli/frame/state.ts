/** What is not in sync, and what to type about it. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { CollectionReport, Hub, Report } from "../../../shared/hub/hub.ts";
import { attention } from "./attention.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { plural } from "./text.ts";
import type { Call } from "./verb.ts";

/** The part of every verb's JSON that says how things stand now. */
export interface State {
  /** Nothing is pending, in flight, quarantined, in conflict or halted, and every row can have a file. */
  in_sync: boolean;
  pending: number;
  in_flight: number;
  quarantined: number;
  conflicts: number;
  halts: number;
}

/** @throws {FrontrowError} `NOT_FOUND` when the collection is not registered. */
export async function reportOf(hub: Hub, collection?: string): Promise<Report> {
  const report = await hub.report(collection);
  if (collection === undefined || report.collections.length > 0) return report;
  throw new FrontrowError("NOT_FOUND", `Cannot find collection "${collection}": it is not registered.`);
}

export function stateOf(report: Report): State {
  const counts = {
    pending: total(report, "pending"),
    in_flight: total(report, "in_flight"),
    quarantined: total(report, "quarantined"),
    conflicts: total(report, "conflicts"),
    // A halt of the whole project is in every collection's count.
    halts: report.halts.length,
  };
  const isQuiet = Object.values(counts).every((count) => count === 0) && total(report, "unnamed") === 0;
  return { in_sync: isQuiet && report.collections.length > 0, ...counts };
}

/** Conflicts have a code of their own, as scripts may want to wait for a person there. */
export function exitOf({ in_sync, conflicts }: Pick<State, "in_sync" | "conflicts">): ExitCode {
  if (in_sync) return EXIT.ok;
  return conflicts > 0 ? EXIT.conflicts : EXIT.attention;
}

type Countable = { [K in keyof CollectionReport]: CollectionReport[K] extends number | null ? K : never };

export function total(report: Report, what: Countable[keyof CollectionReport]): number {
  return report.collections.reduce((sum, collection) => sum + (collection[what] ?? 0), 0);
}

/** Work that somebody still has to do. */
export function leftIn(report: Report): number {
  return total(report, "pending") + total(report, "in_flight");
}

/** Says how things stand: what needs a person, then one line that sums up. */
export function sayState(report: Report, { out, io }: Pick<Call, "out" | "io">): void {
  for (const line of attention(report, out.paint, io.program)) out.say(line);
  out.say(sumUp(report, { out, io }));
}

function sumUp(report: Report, { out: { paint }, io }: Pick<Call, "out" | "io">): string {
  if (report.collections.length === 0) {
    return `${paint.yellow("Nothing is registered.")} Type: ${io.program} register`;
  }
  const { in_sync, pending, in_flight, quarantined, conflicts, halts } = stateOf(report);
  if (in_sync) return `${paint.green("In sync")}: ${plural(total(report, "documents"), "document")}.`;
  const unnamed = total(report, "unnamed");
  const parts = [
    pending > 0 && `${pending} pending`,
    in_flight > 0 && `${in_flight} in flight`,
    quarantined > 0 && `${quarantined} quarantined`,
    conflicts > 0 && plural(conflicts, "conflict"),
    halts > 0 && plural(halts, "halt"),
    unnamed > 0 && `${plural(unnamed, "row")} with an empty key, which no file can be named after`,
  ].filter((part) => part !== false);
  return `${paint.yellow("Not in sync")}: ${parts.join(", ")}.`;
}
