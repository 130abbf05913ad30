/** Plans on the wire. */
import { digest, type Warning } from "../document/mod.ts";
import type { FrontrowError } from "../errors.ts";
import type { ApplyItem, ClaimedDocument, FailItem, WireQuarantine } from "../hub/hub.ts";
import type { NewBase, Plan } from "../reconcile/types.ts";

/**
 * The plan for one claimed document as `frontrow_apply` takes it; everything it was decided on becomes a precondition.
 * `message` says in the history why. @default the outcome
 */
export function toApplyItem(
  item: ClaimedDocument,
  plan: Plan,
  { message, warnings = [] }: { message?: string | undefined; warnings?: readonly Warning[] } = {},
): ApplyItem {
  const revisions = plan.revisions.map(({ text, fields, body, store }) => ({
    text,
    store,
    digest: digest(fields, body),
  }));
  const { bucket, table } = plan.bases;
  return {
    collection: item.collection,
    path: item.path,
    token: item.token,
    outcome: plan.outcome,
    ...(message === undefined ? {} : { message }),
    editor: revisions.at(-1)?.store ?? (item.bucket === null ? "bucket" : "table"),
    expect: {
      revision: item.hub?.revision ?? null,
      bucket: item.bucket?.version ?? null,
      table: item.table?.version ?? null,
    },
    revisions,
    tombstone: plan.tombstone,
    bases: {
      ...(bucket === undefined ? {} : { bucket: bucket === "drop" ? bucket : pick(bucket) }),
      ...(table === undefined ? {} : { table: table === "drop" ? table : tableBase(table, item) }),
    },
    row: plan.row,
    object: plan.object === null ? null : { op: plan.object.op },
    quarantine: plan.quarantine === null ? null : toQuarantine(plan.quarantine),
    conflict: plan.conflict && {
      ...plan.conflict,
      // Told, so that an answer which came to nothing is not taken for one given since.
      decision: plan.conflict.held ? item.resolution : null,
    },
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

function pick({ version, revision }: NewBase): { version: string; revision: number } {
  return { version, revision };
}

/** The row is kept as SQL printed it, so that the base's texts and the row hash speak of the same thing. */
function tableBase(
  base: NewBase,
  item: ClaimedDocument,
): Exclude<ApplyItem["bases"]["table"], "drop" | undefined> {
  const row = item.table;
  const held = item.bases.table;
  const isRead = row !== null && row.version === base.version;
  return {
    version: base.version,
    revision: base.revision,
    fields: ((isRead ? row.fields : held?.fields) ?? null) as never,
    body: (isRead ? row.body : held?.body) ?? null,
  };
}

export function toQuarantine({ store, version, error }: NonNullable<Plan["quarantine"]>): WireQuarantine {
  return {
    store,
    version,
    code: error.code,
    rule: error.rule ?? null,
    message: error.message,
    line: error.line ?? null,
    column: error.column ?? null,
    hint: error.hint ?? null,
  };
}

/** Giving a document back after an error: what passes by itself never counts towards quarantine. */
export function toFailItem({ collection, path, token }: ClaimedDocument, error: FrontrowError): FailItem {
  const kind = error.code === "REPLICA_MOVED" ? "stale" : error.retryable ? "transient" : "error";
  return { collection, path, token, class: kind, code: error.code, message: error.message };
}
