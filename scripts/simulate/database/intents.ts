/** Intents: what the engine is doing to an object right now. sql/64_intents.sql. */
import type { Confirmed, ConfirmItem } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { close, openHalt } from "./halts.ts";
import { keyOf } from "./journal.ts";
import { complete, heldLease } from "./queue.ts";
import type { Collection, Intent } from "./records.ts";
import { SqlError } from "./sql-error.ts";

/** Records that the engine is about to write or delete an object. @throws {SqlError} FR409 while another is open. */
export function openIntent(
  db: Database,
  collection: Collection,
  intent: Pick<Intent, "path" | "operation" | "baseVersion" | "revision" | "token">,
): string {
  const { bucket, name } = collection;
  const isTaken = db.state.intents.some(
    (other) => other.state === "open" && other.bucket === bucket && other.path === intent.path,
  );
  if (isTaken) throw new SqlError("FR409", "a write of the object is under way");
  const id = db.nextUuid();
  const fresh = { state: "open", landedVersion: null, settledAt: null } as const;
  db.state.intents.put(id, { id, collection: name, bucket, ...intent, ...fresh });
  return id;
}

/** A landed intent is what the bucket held at that moment, by the fence's word: it becomes the base. */
function confirmIntent(db: Database, intent: Intent): void {
  const { collection, path, operation, revision } = intent;
  const key = keyOf(collection, path, "bucket");
  if (operation === "put") {
    const before = db.state.bases.get(key);
    const agreed = { version: intent.landedVersion ?? "", revision };
    const nothing = { fields: null, body: null };
    db.state.bases.put(key, { ...nothing, ...before, collection, path, store: "bucket", ...agreed });
  } else db.state.bases.delete(key);
  db.state.intents.put(intent.id, { ...intent, state: "confirmed" });
}

/** Ends whatever an earlier holder may still have under way: afterwards each intent is the base, or can never land. */
export function settle(db: Database, { name, bucket }: Collection, path: string): void {
  const mine = db.state.intents.filter((intent) => intent.path === path);
  for (const intent of mine) {
    if (intent.state !== "open" || intent.bucket !== bucket) continue;
    db.state.intents.put(intent.id, { ...intent, state: "cancelled", settledAt: db.now() });
  }
  const landed = mine.filter(({ state, collection }) => state === "landed" && collection === name);
  for (const intent of landed.toSorted((a, b) => a.settledAt! - b.settledAt!)) confirmIntent(db, intent);
}

/** After the bucket answered. "Done" with an intent still open means that the fence did not see the request. */
export function confirm(db: Database, items: readonly ConfirmItem[]): Confirmed[] {
  return items.map((item) => {
    const { collection, path, token } = item;
    if (heldLease(db, item, true) === null) return { collection, path, outcome: "fenced" };
    const intent = db.state.intents.get(item.intent);
    if (intent?.state === "landed") {
      confirmIntent(db, intent);
      complete(db, collection, path, token);
      noteFence(db, "active");
      return { collection, path, outcome: "confirmed" };
    }
    // An object that is gone by another hand leaves the fence nothing to see.
    const isUnseen =
      intent?.state === "open" &&
      (intent.operation === "put" || db.objects.live(intent.bucket, intent.path) !== undefined);
    if (!isUnseen) return { collection, path, outcome: "stale" };
    noteFence(db, "inactive");
    return { collection, path, outcome: "fence-inactive" };
  });
}

/** Remembers whether Storage delivers the intent header. */
function noteFence(db: Database, fence: "active" | "inactive"): void {
  if (db.state.settings.get("fence") === fence) return;
  db.state.settings.put("fence", fence);
  if (fence === "inactive") {
    const reason =
      "Storage does not deliver the x-frontrow-intent header: no file is deleted until a write has been seen";
    openHalt(db, "", "fence", { reason, evidence: {} });
  } else
    for (const halt of db.state.halts.filter(({ kind, state }) => kind === "fence" && state !== "closed"))
      close(db, halt);
}
