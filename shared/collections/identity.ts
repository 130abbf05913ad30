/** Which row a path names. One row has one path: a key that could be spelled two ways is refused in all but one. */

import { canonicalScalar } from "../document/canonical.ts";
import { visible } from "../document/path-codec.ts";
import type { Fields } from "../document/value.ts";
import { FrontrowError } from "../errors.ts";
import type { Columns, KeyColumn } from "./columns.ts";
import type { ResolvedCollection } from "./resolve.ts";

/**
 * The key columns' values, by column, in canonical text; `null` when the path is not of this collection.
 * @throws {FrontrowError} `PATH_INVALID`: badly spelled, or (rules `key-type`, `not-canonical`) not a value of the key
 * column's type in its one spelling: `eip-0155.md` where the column is a number.
 */
export function keyOf(
  collection: ResolvedCollection,
  { keys }: Columns,
  path: string,
): Record<string, string> | null {
  const values = collection.path.parse(path);
  if (values === null) return null;
  for (const key of keys) checkKey(key, values[key.column]!, path);
  return values;
}

function checkKey({ column, type }: KeyColumn, value: string, path: string): void {
  const canonical = canonicalScalar(type, value);
  if (canonical === value) return;
  const because = `its part ${visible(value)} must be a value of key column "${column}" (${type})`;
  if (canonical === null) {
    throw new FrontrowError("PATH_INVALID", `Cannot use path ${visible(path)}, as ${because}`, {
      path,
      rule: "key-type",
    });
  }
  throw new FrontrowError(
    "PATH_INVALID",
    `Cannot use path ${visible(path)}, as ${because} as the database writes it`,
    {
      path,
      rule: "not-canonical",
      hint: `Write ${visible(canonical)}.`,
    },
  );
}

/**
 * Where a key column is a front matter field too, the file must say the same as its path. A field that is absent or
 * null has no opinion: the path decides.
 * @throws {FrontrowError} `IDENTITY_MISMATCH` with rule `key-differs`.
 */
export function checkIdentity(
  collection: ResolvedCollection,
  key: Readonly<Record<string, string>>,
  fields: Fields,
  lineOf: (field: string) => number | undefined = () => undefined,
): void {
  for (const { field, column } of collection.fields) {
    const inPath = Object.hasOwn(key, column) ? key[column] : undefined;
    const inFile = fields[column];
    if (inPath === undefined || inFile === undefined || inFile === null || inFile === inPath) continue;
    throw new FrontrowError(
      "IDENTITY_MISMATCH",
      `Cannot use the document, as its field "${field}" must be what its path says: the path says ${visible(inPath)}`,
      { rule: "key-differs", line: lineOf(field), hint: `Change "${field}" to that, or rename the file.` },
    );
  }
}
