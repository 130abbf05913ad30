/** Registration: sql/74 and 75. Turns a config's collections into what the hub works with. */
import type { Registration } from "../../../shared/collections/registration.ts";
import { compileTemplate } from "../../../shared/document/path.ts";
import type { RegisteredCollection, RegisteredColumn } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { close, openHalt } from "./halts.ts";
import { hash } from "./hash.ts";
import { keyOf } from "./journal.ts";
import type { Collection } from "./records.ts";
import { SqlError } from "./sql-error.ts";
import type { Table } from "./table.ts";

export function register(
  db: Database,
  specs: readonly Registration[],
  prune: boolean,
): RegisteredCollection[] {
  const names = specs.map(({ name }) => name);
  const dropped = prune ? db.state.collections.list().filter(({ name }) => !names.includes(name)) : [];
  for (const { name } of dropped) {
    db.state.collections.delete(name);
    // Nobody will ever claim these: they would have the doorbell rung for ever.
    for (const { id, collection } of db.state.dirty.list()) {
      if (collection === name) db.state.dirty.delete(String(id));
    }
    for (const { collection, path } of db.state.leases.list()) {
      if (collection === name) db.state.leases.delete(keyOf(collection, path));
    }
  }
  return specs.map((spec) => toRegistered(registerOne(db, spec)));
}

export function registered(db: Database): RegisteredCollection[] {
  const collections = db.state.collections.list();
  return collections.map(toRegistered).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function toRegistered(collection: Collection): RegisteredCollection {
  const { name, columns, softDelete, rowDelete, digest, fingerprint } = collection;
  return { name, columns, softDelete, rowDelete, digest, fingerprint };
}

function registerOne(db: Database, spec: Registration): Collection {
  const table = db.tables.get(spec.table);
  if (table === undefined)
    throw new SqlError("FR400", `frontrow: there is no table ${spec.schema}.${spec.table}`);
  const mapped = [...spec.fields.map(({ column }) => column), ...(spec.extra === null ? [] : [spec.extra])];
  const names = [...new Set([...mapped, ...spec.key])].sort();
  const columns = names.map((name) => describeColumn(table, name, mapped.includes(name)));
  if (spec.body !== null) describeColumn(table, spec.body, true);
  if ([...spec.key].sort().join() !== [...table.spec.key].sort().join()) {
    const key = spec.key.join(", ");
    throw new SqlError(
      "FR400",
      `frontrow: ${spec.table} needs a unique constraint on (${key}): a path must name one row`,
    );
  }
  const { softDelete } = table.spec;
  const asked = spec.policies.rowDelete;
  if (asked === "soft" && !softDelete) {
    throw new SqlError(
      "FR400",
      `frontrow: ${spec.table} has no column deleted_at timestamptz for soft deletes`,
    );
  }
  const collection: Collection = {
    name: spec.name,
    table,
    bucket: spec.bucket,
    path: compileTemplate(spec.template),
    pattern: new RegExp(spec.pattern),
    keyColumns: spec.key,
    bodyColumn: spec.body,
    columns,
    softDelete,
    rowDelete: asked === "auto" ? (softDelete ? "soft" : "hard") : asked,
    policies: spec.policies,
    scope: spec.scope,
    digest: spec.digest,
    fingerprint: fingerprintOf(table, names),
  };
  noteScope(db, collection);
  db.state.collections.put(spec.name, collection);
  const halts = db.state.halts.filter(
    ({ collection: name, kind, state }) =>
      name === spec.name && kind === "schema-changed" && state !== "closed",
  );
  for (const halt of halts) close(db, halt);
  return collection;
}

/** Out of scope is not deleted: what the new scope no longer shows must not look like a deletion. */
function noteScope(db: Database, { name, scope }: Collection): void {
  const before = db.state.settings.get(`scope ${name}`);
  db.state.settings.put(`scope ${name}`, scope);
  const isOther = before !== undefined && before !== scope;
  const hasDocuments = db.state.documents.some(
    ({ collection, deletedAt }) => collection === name && deletedAt === null,
  );
  if (!isOther || !hasDocuments) return;
  const reason = "the bucket, path template or table changed: nothing is deleted until a person confirms";
  openHalt(db, name, "scope-changed", { reason, evidence: { before, after: scope } });
}

function describeColumn(table: Table, name: string, mapped: boolean): RegisteredColumn {
  const column = table.spec.columns.find((spec) => spec.name === name);
  if (column === undefined) {
    throw new SqlError("FR400", `frontrow: table public.${table.spec.name} has no column "${name}"`);
  }
  return {
    column: name,
    type: column.type,
    mapped,
    labels: column.labels ?? null,
    not_null: column.notNull ?? false,
    has_default: column.default !== undefined,
  };
}

/** Digest of the columns the engine relies on, as they are now. */
function fingerprintOf(table: Table, names: readonly string[]): string {
  const types = table.spec.columns
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => [name, type]);
  return hash(JSON.stringify(types));
}

/** The collections whose config and table are what both sides think. */
export function usableCollections(db: Database, digests: Readonly<Record<string, string>>): string[] {
  return db.state.collections
    .filter(({ name, digest, fingerprint }) => digests[name] === `${digest}:${fingerprint}`)
    .map(({ name }) => name);
}
