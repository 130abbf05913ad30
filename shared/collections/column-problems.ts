/** What a collection may get wrong about its columns: each column has one job, each field one column. */

import type { PathTemplate } from "../document/path.ts";
import { FrontrowError } from "../errors.ts";
import type { Collection } from "./define.ts";
import { identifierProblem } from "./names.ts";
import type { Problem } from "./problems.ts";

/** Columns by which many applications grant something. A file may only set them when the configuration says so. */
const SENSITIVE =
  /^(?:roles?|is_(?:super_?)?(?:admin|user|staff)|permissions?|password(?:_hash)?|encrypted_password|secret_key|api_key|service_role)$/i;

/** The column of each field, in the order of the schema. */
export function columnsOf(collection: Collection): { field: string; column: string }[] {
  return Object.keys(collection.fields.shape).map((field) => {
    const column = Object.hasOwn(collection.columns ?? {}, field) ? collection.columns?.[field] : undefined;
    return { field, column: column ?? field };
  });
}

export function columnProblems(collection: Collection, template: PathTemplate | FrontrowError): Problem[] {
  const problems: Problem[] = [];
  const say = (rule: string, message: string) => problems.push({ rule, message });
  const mapped = columnsOf(collection);
  const fields = new Set(mapped.map(({ field }) => field));
  const keys = template instanceof FrontrowError ? [] : template.params.map(({ name }) => name);
  const { body, extra, policies } = collection;

  for (const field of fields) {
    if (field === "" || ["__proto__", "constructor", "prototype"].includes(field) || /\p{Cc}/u.test(field)) {
      say("field-name", `a field cannot be called "${field}"`);
    }
  }
  for (const [option, map] of [
    ["columns", collection.columns],
    ["policies.lists", policies?.lists],
    ["policies.authority", policies?.authority],
  ] as const) {
    for (const field of Object.keys(map ?? {})) {
      if (!fields.has(field)) say("unknown-field", `${option} names "${field}", which is not a field`);
    }
  }

  for (const line of collection.lines ?? []) {
    if (!fields.has(line)) say("unknown-field", `lines names "${line}", which is not a field`);
    if (!/^[^:*_\s](?:[^:*\r\n]*[^:*\s])?$/.test(line)) {
      say("lines", `a field that stands in the body must be one line without : and *: it is "${line}"`);
    }
  }

  // Each column has one job.
  const owners = new Map<string, string>();
  for (const { field, column } of mapped) {
    const owner = owners.get(column);
    if (owner !== undefined)
      say("column-twice", `fields "${owner}" and "${field}" are both column "${column}"`);
    owners.set(column, field);
  }
  for (const key of keys) {
    const owner = owners.get(key);
    if (owner !== undefined && owner !== key) {
      say(
        "key-column",
        `key column "${key}" is mapped to field "${owner}": that field must be called "${key}"`,
      );
    }
  }
  for (const [option, column] of [
    ["body", body],
    ["extra", extra],
  ] as const) {
    if (column === undefined) continue;
    const owner = owners.get(column);
    if (owner !== undefined)
      say(`${option}-column`, `the ${option} column "${column}" is also field "${owner}"`);
    if (keys.includes(column))
      say(`${option}-column`, `the ${option} column "${column}" is also a key column`);
  }
  if (body !== undefined && body === extra) say("extra-column", `column "${body}" is both body and extra`);

  const allowed = collection.allowSensitive ?? [];
  const used = [...owners.keys(), ...keys, ...[body, extra].filter((column) => column !== undefined)];
  for (const column of new Set(used)) {
    const problem = identifierProblem(column);
    if (problem !== null) say("column-name", `column "${column}": ${problem}`);
    if (column === "deleted_at" && policies?.rowDelete !== "hard") {
      say("reserved-column", `"deleted_at" marks deleted rows: map it only with policies.rowDelete "hard"`);
    }
    if (SENSITIVE.test(column) && !allowed.includes(column)) {
      say(
        "sensitive-column",
        `column "${column}" looks like it grants something, and whoever may write a file could set it: leave it out, or name it in allowSensitive`,
      );
    }
  }
  return problems;
}
