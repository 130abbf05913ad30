/**
 * The oscillation breaker: ends loops that are made only of successes. A write of a known document makes values flow into a
 * side: its columns, `(body)`, `(file)`, `(existence)`, and always `(any)`. A flow that turns round, or overwrites that
 * side's own news, soon after the one before (the first: after the making of the document) is a turn; one into both sides
 * counts one more. The write that would bring a name to its last turn is not made, and the document is left alone until
 * a person resumes it or both sides agree.
 */
import type { ApplyItem } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { heldIn, hold, openHalt } from "./halts.ts";
import { keyOf } from "./journal.ts";
import type { BaseRecord, Collection } from "./records.ts";
import { readRow } from "./rows.ts";

type Side = "bucket" | "table" | "both";

/** The last time a value of a document was written, and its turns. */
export interface Flow {
  collection: string;
  path: string;
  side: Side;
  at: number;
  turned: readonly number[];
}

export interface BreakerLimits {
  turns: number;
  minutes: number;
  seconds: number;
}

const LIMITS: BreakerLimits = { turns: 6, minutes: 10, seconds: 10 };

/** Whether the engine may carry out a plan that writes. A refusal is recorded in a halt. */
export function mayWrite(db: Database, collection: Collection, item: ApplyItem): boolean {
  const { path, row, object, expect } = item;
  if ((row === null && object === null) || db.without.has("breaker")) return true;
  const { name } = collection;
  const parked = heldIn(db, name, path).some(({ halt }) => halt.kind === "oscillation");
  const names = parked ? [] : countTurns(db, collection, item);
  if (!parked && names.length === 0) return true;
  const reason = `documents of "${name}" are rewritten on both sides without end: the engine leaves them alone`;
  const halt = openHalt(db, name, "oscillation", { reason, evidence: { names } });
  hold(db, halt, path, object === null ? "table" : "bucket", { bucket: expect.bucket, table: expect.table });
  return false;
}

/** Notes what a write makes flow; answers the names whose turns are used up. */
function countTurns(db: Database, collection: Collection, item: ApplyItem): string[] {
  const { turns, minutes, seconds } = collection.policies.breaker ?? LIMITS;
  const now = db.now();
  const oldest = now - minutes * 60_000;
  const latest = now - seconds * 1000;
  const made = db.state.revisions.get(keyOf(collection.name, item.path, 1))?.createdAt;
  const over: string[] = [];
  for (const { name, side, contested } of flowsOf(db, collection, item)) {
    const key = keyOf(collection.name, item.path, name);
    // The making of a document is a flow of everything into both sides.
    const before = db.state.flows.get(key) ?? { side: "both" as const, at: made, turned: [] };
    const isAny = name === "(any)";
    const isRecent = before.at !== undefined && before.at > (isAny ? latest : oldest);
    const isTurn = isRecent && (before.side !== side || contested);
    // Quick writes count only while they go on.
    const kept = isAny && !isTurn ? [] : before.turned.filter((at) => at > oldest);
    const turned = [...kept, ...(isTurn ? [now] : []), ...(side === "both" ? [now] : [])];
    db.state.flows.put(key, { collection: collection.name, path: item.path, side, at: now, turned });
    if (turned.length >= turns) over.push(name);
  }
  return over;
}

interface Flowing {
  name: string;
  side: Side;
  contested: boolean;
}

/** The names a plan makes flow. None, while the document is being made. */
function flowsOf(db: Database, collection: Collection, item: ApplyItem): Flowing[] {
  const { path, expect, row, object } = item;
  if (expect.revision === null) return [];
  const base = db.state.bases.get(keyOf(collection.name, path, "table"));
  const bucketBase = db.state.bases.get(keyOf(collection.name, path, "bucket"))?.version ?? null;
  const isFirst = expect.revision === 1 && item.revisions.length === 0 && row === null;
  if (isFirst && object?.op === "put" && expect.bucket === null && bucketBase === null) return [];
  const news = newsOf(collection, path, base, expect.table);
  const intoRow = new Set<string>();
  if (row?.op === "delete" || (row?.op === "put" && expect.table === null)) intoRow.add("(existence)");
  else if (row?.op === "put") {
    for (const name of [...Object.keys(row.set), ...row.clear]) intoRow.add(name);
    if (row.body !== null) intoRow.add("(body)");
  }
  const intoFile = new Set<string>();
  if (object?.op === "delete" || (object?.op === "put" && expect.bucket === null))
    intoFile.add("(existence)");
  else if (object?.op === "put") for (const name of news.length > 0 ? news : ["(file)"]) intoFile.add(name);
  const flowing = [...new Set([...intoRow, ...intoFile])].map((name): Flowing => {
    const [isRow, isFile] = [intoRow.has(name), intoFile.has(name)];
    const contested =
      (isRow && news.includes(name)) ||
      (isFile && name === "(file)" && bucketBase !== expect.bucket) ||
      (isFile && name === "(existence)" && object?.op === "put" && bucketBase !== null);
    return { name, side: isRow && isFile ? "both" : isRow ? "table" : "bucket", contested };
  });
  const side = row === null ? "bucket" : object === null ? "table" : "both";
  return [...flowing, { name: "(any)", side, contested: flowing.some(({ contested }) => contested) }];
}

/** The columns in which the row differs from its base. */
function newsOf(
  collection: Collection,
  path: string,
  base: BaseRecord | undefined,
  version: string | null,
): string[] {
  if (base === undefined) return [];
  if (version === null) return ["(existence)"];
  if (base.fields === null || base.version === version) return [];
  const row = readRow(collection, path);
  const fields = row?.fields ?? {};
  const names = new Set([...Object.keys(base.fields), ...Object.keys(fields)]);
  const differing = [...names].filter(
    (name) => JSON.stringify(base.fields?.[name]) !== JSON.stringify(fields[name]),
  );
  return base.body === (row?.body ?? null) ? differing : [...differing, "(body)"];
}
