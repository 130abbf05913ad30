/** A collection bound to what the database knows of its columns: how its texts and rows become content. */
import {
  type Columns,
  checkIdentity,
  columnsFrom,
  keyOf,
  type ResolvedCollection,
  type ResolvedConfig,
  registrationOf,
  validateFields,
} from "../collections/mod.ts";
import {
  canonical,
  createLineCodec,
  type Document,
  type DocumentCodec,
  decode,
  type Fields,
  placeOf,
  plainCodec,
  type Value,
} from "../document/mod.ts";
import { at, FrontrowError } from "../errors.ts";
import type { RegisteredCollection } from "../hub/hub.ts";
import type { Policies, RowContent, TextContent } from "../reconcile/types.ts";

export interface Binding {
  collection: ResolvedCollection;
  columns: Columns;
  /** `digest:fingerprint` of the registration this worker was built for. */
  digest: string;
  policies: Policies;
  codec: DocumentCodec;
}

/**
 * Binds a config to what is registered.
 * @throws {FrontrowError} `NOT_REGISTERED` when a collection is not registered, or from another config.
 */
export async function bind(
  config: ResolvedConfig,
  registered: readonly RegisteredCollection[],
): Promise<Map<string, Binding>> {
  const bindings = new Map<string, Binding>();
  for (const collection of config.collections) {
    const { digest } = await registrationOf(collection);
    const known = registered.find(({ name }) => name === collection.name);
    if (known?.digest !== digest) {
      throw new FrontrowError(
        "NOT_REGISTERED",
        `Cannot sync "${collection.name}": the database ${known ? "has it from another config" : "does not know it"}.`,
        { hint: 'Run "frontrow register" with this config.' },
      );
    }
    const columns = columnsFrom(collection, known.columns);
    bindings.set(collection.name, {
      collection,
      columns,
      digest: `${digest}:${known.fingerprint}`,
      policies: policiesByColumn(collection),
      codec: collection.lines.length === 0 ? plainCodec : createLineCodec(collection.lines),
    });
  }
  return bindings;
}

/** Collection name → `digest:fingerprint`, for claims. */
export function digestsOf(bindings: ReadonlyMap<string, Binding>): Record<string, string> {
  return Object.fromEntries([...bindings].map(([name, { digest }]) => [name, digest]));
}

/** Policies are declared by field and decided by column. */
function policiesByColumn({ fields, policies }: ResolvedCollection): Policies {
  const byColumn = <T>(byField: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      fields.flatMap(({ field, column }) =>
        Object.hasOwn(byField, field) ? [[column, byField[field] as T]] : [],
      ),
    );
  return { ...policies, lists: byColumn(policies.lists), authority: byColumn(policies.authority) };
}

/**
 * Reads a file's bytes as a document of the collection, checked against its schema and its path.
 * @throws {FrontrowError} any 422 code, with the path and, where known, the line.
 */
export function readFile(binding: Binding, path: string, bytes: Uint8Array): TextContent {
  try {
    const content = readText(binding, decode(bytes, binding.collection.policies.maxBytes));
    checkContent(binding, path, content);
    return content;
  } catch (error) {
    throw error instanceof FrontrowError ? at(error, path) : error;
  }
}

/** Reads a text that the hub holds; it was checked when it came in. */
export function readText({ columns, codec }: Binding, text: string): TextContent {
  const document = codec.parseDocument(text);
  const fields = codec.readFields(document, columns.mapping);
  return { kind: "text", text, document, fields, body: document.body };
}

/** Why a path of the collection's template names no possible row; null when it does. */
export function pathRefusal({ collection, columns }: Binding, path: string): FrontrowError | null {
  try {
    keyOf(collection, columns, path);
    return null;
  } catch (error) {
    if (error instanceof FrontrowError) return at(error, path);
    throw error;
  }
}

function checkContent({ collection, columns }: Binding, path: string, content: TextContent): void {
  const lineOf = (field: string): number | undefined => lineIn(content.document, field);
  const key = keyOf(collection, columns, path);
  if (key === null) {
    throw new FrontrowError("PATH_INVALID", `"${path}" is no path of collection "${collection.name}".`, {
      path,
    });
  }
  checkIdentity(collection, key, content.fields, lineOf);
  validateFields(collection, columns.mapping, content.fields, lineOf);
}

function lineIn(document: Document, field: string): number | undefined {
  const entry = document.entries.get(field);
  return entry === undefined ? undefined : placeOf(document, entry).line;
}

/**
 * A row's column texts in canonical form.
 * @throws {FrontrowError} `SCHEMA_VIOLATION` for a value Frontrow cannot hold (a two-dimensional array, say).
 */
export function readRow(
  { collection, columns, codec }: Binding,
  wire: { fields: Record<string, unknown>; body: string | null },
): RowContent {
  const { fields: mapped, extra } = columns.mapping;
  const fields: Record<string, Value> = {};
  const typed = mapped.map(({ column, type }) => [column, type] as const);
  for (const [column, type] of extra === undefined ? typed : [...typed, [extra, "jsonb"] as const]) {
    // A base from before the column was mapped does not have it.
    const value = wire.fields[column];
    if (value !== undefined) fields[column] = canonicalColumn(type, column, value);
  }
  return {
    kind: "row",
    fields: fields as Fields,
    body: collection.body === null ? null : codec.bodyOf(wire.body ?? ""),
  };
}

function canonicalColumn(type: Parameters<typeof canonical>[0], column: string, value: unknown): Value {
  try {
    if (Array.isArray(value) && value.some(Array.isArray)) {
      throw new FrontrowError("SCHEMA_VIOLATION", "a list of lists", { rule: "not-a-list" });
    }
    return canonical(type, value as string | null | (string | null)[]);
  } catch (error) {
    if (!(error instanceof FrontrowError)) throw error;
    throw new FrontrowError(
      error.code,
      `Column "${column}" holds a value that front matter cannot: ${error.message}`,
      {
        rule: error.rule,
        hint: "Change the value in the row.",
        cause: error,
      },
    );
  }
}
