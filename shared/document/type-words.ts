/** Column types in words a writer understands: what a value must be, and what to write. */

import type { ColumnType } from "./value.ts";

const WORDS: Readonly<Record<ColumnType, readonly [must: string, hint: string]>> = {
  text: ["text", "Write one text; quote it where it holds brackets, braces or colons."],
  enum: ["one of the column's labels", "Write one of the column's labels."],
  bool: ["true or false", "Write true or false."],
  int2: ["a whole number from -32768 to 32767", "Write a whole number from -32768 to 32767."],
  int4: ["a whole number from -2147483648 to 2147483647", "Write a whole number of at most 32 bits."],
  int8: ["a whole number of at most 64 bits", "Write a whole number of at most 64 bits."],
  numeric: ["a number", "Write a number such as 12.5."],
  float8: ["a number a double can hold", "Write a number such as 12.5 or 1.5e-7."],
  date: ["a date such as 2024-01-31", "Write the date as 2024-01-31."],
  timestamptz: ["a time such as 2024-01-31T10:00:00Z", "Write the time as 2024-01-31T10:00:00Z."],
  uuid: ["a UUID", "Write a UUID such as 0190f5fe-7c00-7a00-8000-000000000000."],
  "text[]": ["a list of texts", "Write it as a list of texts, even for one: [text]."],
  jsonb: ["JSON", "Write valid JSON."],
};

/** What a value of the type must be: "must be …". */
export function named(type: ColumnType): string {
  return WORDS[type][0];
}

/** What to write instead, one sentence. */
export function hintFor(type: ColumnType): string {
  return WORDS[type][1];
}
