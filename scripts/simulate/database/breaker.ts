/**
 * The oscillation breaker. A write of the engine's to another side than its write before of the same document, or to both
 * sides at once, is a turn; the one that would be the seventh within ten minutes is refused until a person resumes.
 */
import type { ApplyItem } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";
import type { Collection } from "./records.ts";
import { openHalt } from "./valve.ts";

const WINDOW = 10 * 60 * 1000;
const MOST_TURNS = 6;

/** The engine's writes of one document. */
export interface Writes {
  side: "bucket" | "table" | "both";
  turns: readonly number[];
}

/** Whether the engine may carry out the writes of this plan now. A refusal is recorded in a halt. */
export function mayWrite(db: Database, { name }: Collection, { path, row, object }: ApplyItem): boolean {
  if ((row === null && object === null) || db.without.has("breaker")) return true;
  const side = row === null ? "bucket" : object === null ? "table" : "both";
  const key = keyOf(name, path);
  const before = db.state.writes.get(key);
  const isTurn = side === "both" || (before !== undefined && before.side !== side);
  const recent = (before?.turns ?? []).filter((at) => at > db.now() - WINDOW);
  if (isTurn && recent.length >= MOST_TURNS) {
    const reason = `"${path}" goes to and fro between its file and its row: it is left alone until a person resumes`;
    const { id } = openHalt(db, name, "oscillation", { reason, evidence: { turns: recent.length } });
    db.state.haltItems.put(keyOf(id, path), {
      halt: id,
      path,
      store: side === "bucket" ? "table" : "bucket",
    });
    return false;
  }
  db.state.writes.put(key, { side, turns: isTurn ? [...recent, db.now()] : recent });
  return true;
}
