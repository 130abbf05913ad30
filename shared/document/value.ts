/**
 * What a column holds, in neutral form: the canonical text of its type. Numbers never become doubles, dates never
 * become `Date`s; `null` is SQL null. Two values are equal when their canonical texts are.
 *
 * Canonical texts: `text`, `enum` as they are · `bool` `true`/`false` · `int2`/`int4`/`int8` digits, `-` but no `+`, no
 * leading zeros · `numeric` no exponent, no trailing zeros after the point (`1.10` → `1.1`), `NaN`, `Infinity` ·
 * `float8` the shortest text that reads back as the same double · `date` `2024-01-31` (`infinity`, `… BC` as Postgres
 * writes them) · `timestamptz` UTC, `2024-01-31T10:00:00.123456Z` without trailing zeros in the fraction · `uuid`
 * lower case · `text[]` a list of texts or nulls · `jsonb` JSON with sorted keys and no white space, numbers as
 * `numeric`.
 */
export type Value = string | null | readonly (string | null)[];

/** Column types Frontrow round-trips; any other is refused when the collection is registered. */
export const COLUMN_TYPES = [
  "text",
  "enum",
  "bool",
  "int2",
  "int4",
  "int8",
  "numeric",
  "float8",
  "date",
  "timestamptz",
  "uuid",
  "text[]",
  "jsonb",
] as const;

export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Field values by column name. A column that is not a key here has no opinion; `null` says null. */
export type Fields = Readonly<Record<string, Value>>;
