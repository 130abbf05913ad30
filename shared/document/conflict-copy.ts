/**
 * The names that are kept for conflict copies: `x.conflict.md` beside `x.md`. Such an object is never a document. The same
 * rules in SQL: `sql/10_paths.sql`.
 */

/** At the end of an object name; in a pattern, before everything else: this is no document. */
const RESERVED = "\\.conflict(?:\\.[^./]*)?$";
export const NOT_RESERVED = `(?!.*${RESERVED})`;

const reserved = new RegExp(RESERVED);

/** Whether an object name is kept for a conflict copy. */
export function isReservedName(name: string): boolean {
  return reserved.test(name);
}
