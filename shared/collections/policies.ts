/** What a collection may decide for itself. Every policy has a default that loses nothing. */

import { z } from "zod";

export type ConflictPolicy = "merge" | "file-wins" | "row-wins" | "newest" | "manual";
export type DeletePolicy = "edit-wins" | "delete-wins" | "manual";
export type RowDelete = "auto" | "soft" | "hard";
export type Direction = "two-way" | "files-to-rows" | "rows-to-files";
export type ListMerge = "set" | "list" | "atomic";
export type BodyMerge = "sections" | "lines" | "atomic";
export type Authority = "bucket" | "table";

export interface Policies<Field extends string = string> {
  /**
   * What happens where both sides changed the same thing. `merge` takes over all that does not overlap and leaves the
   * rest for a person, as `manual` does with everything. Whatever wins, both versions are kept.
   * @default "merge"
   */
  conflict?: ConflictPolicy;
  /**
   * While a document's conflict waits for a person, a file beside it (`x.conflict.md` beside `x.md`) shows all three texts
   * with git's markers. It is never read; a file of that name that is somebody's own is left alone.
   * @default false
   */
  conflictCopy?: boolean;
  /**
   * A document deleted on one side and edited on the other.
   * @default "edit-wins"
   */
  deletes?: DeletePolicy;
  /**
   * How a row goes when its file does. `soft` sets `deleted_at`; `auto` is soft where the table has that column.
   * @default "auto"
   */
  rowDelete?: RowDelete;
  /** @default "two-way" */
  direction?: Direction;
  /**
   * How lists that both sides changed are merged: as a set, as a sequence, or as one value. By field.
   * @default "set" for each field
   */
  lists?: { [F in Field]?: ListMerge };
  /**
   * Bodies that both sides changed. `sections`: edits under different headings never conflict, and a section that one
   * side moved or renamed keeps the other's edits; below one heading, line by line. `lines`: as git does, headings
   * or not. `atomic`: a body is one value.
   * @default "sections"
   */
  bodyMerge?: BodyMerge;
  /**
   * Fields one side is always right about: its value is taken, whatever the other says. By field.
   * @default {} (both sides are equal)
   */
  authority?: { [F in Field]?: Authority };
  /**
   * The brake on mass deletion: when more than `atLeast` documents, and more than `share` (0–1) of the collection, would
   * be deleted within ten minutes, or everything would be gone, nothing is deleted until a person has looked. `sentinel`
   * is the path of a document that must be on both sides before anything is deleted: make one that nobody has reason to
   * touch, and a bucket or table that is not the right one deletes nothing.
   * @default { share: 0.2, atLeast: 10 }, no sentinel
   */
  valve?: { share?: number; atLeast?: number; sentinel?: string };
  /**
   * The brake on loops: a document is left alone until a person has looked when a value in it was written to and fro
   * `turns` times within `minutes`; or when the engine wrote it `turns` times to and fro, at most `seconds` apart. One
   * side's edits are no turns, however many.
   * @default { turns: 6, minutes: 10, seconds: 10 }
   */
  breaker?: { turns?: number; minutes?: number; seconds?: number };
  /**
   * Which revisions of a document are kept, besides the current one and those the engine still needs: at most so many,
   * and none older than so many days.
   * @default "all"
   */
  history?: "all" | number | { keep?: number; days?: number };
  /**
   * The longest document, in bytes, header included.
   * @default 5 MiB (5,242,880)
   */
  maxBytes?: number;
}

export interface ResolvedPolicies {
  readonly conflict: ConflictPolicy;
  readonly conflictCopy: boolean;
  readonly deletes: DeletePolicy;
  readonly rowDelete: RowDelete;
  readonly direction: Direction;
  /** Every field of the collection is here. */
  readonly lists: Readonly<Record<string, ListMerge>>;
  readonly bodyMerge: BodyMerge;
  /** Only the fields that have one. */
  readonly authority: Readonly<Record<string, Authority>>;
  readonly valve: {
    readonly share: number;
    readonly atLeast: number;
    readonly sentinel?: string | undefined;
  };
  readonly breaker: { readonly turns: number; readonly minutes: number; readonly seconds: number };
  readonly history:
    | "all"
    | number
    | { readonly keep?: number | undefined; readonly days?: number | undefined };
  readonly maxBytes: number;
}

/** The policies as they may be written; reading them fills in the defaults. */
export const policiesSchema = z.strictObject({
  conflict: z.enum(["merge", "file-wins", "row-wins", "newest", "manual"]).default("merge"),
  conflictCopy: z.boolean().default(false),
  deletes: z.enum(["edit-wins", "delete-wins", "manual"]).default("edit-wins"),
  rowDelete: z.enum(["auto", "soft", "hard"]).default("auto"),
  direction: z.enum(["two-way", "files-to-rows", "rows-to-files"]).default("two-way"),
  lists: z.record(z.string(), z.enum(["set", "list", "atomic"])).default({}),
  bodyMerge: z.enum(["sections", "lines", "atomic"]).default("sections"),
  authority: z.record(z.string(), z.enum(["bucket", "table"])).default({}),
  valve: z
    .strictObject({
      share: z.number().min(0).max(1).default(0.2),
      atLeast: z.int().min(0).default(10),
      sentinel: z.string().min(1).optional(),
    })
    .default({ share: 0.2, atLeast: 10 }),
  breaker: z
    .strictObject({
      turns: z.int().min(2).max(1000).default(6),
      minutes: z.int().min(1).max(1440).default(10),
      seconds: z.int().min(0).max(3600).default(10),
    })
    .default({ turns: 6, minutes: 10, seconds: 10 }),
  history: z
    .union([
      z.literal("all"),
      z.int().min(0),
      z.strictObject({ keep: z.int().min(0).optional(), days: z.int().min(1).optional() }),
    ])
    .default("all"),
  maxBytes: z
    .int()
    .min(1)
    .default(5 * 1024 * 1024),
});

/** All policies of a collection with these fields. What is given must already have been checked. */
export function resolvePolicies(given: Policies | undefined, fields: readonly string[]): ResolvedPolicies {
  const policies = policiesSchema.parse(given ?? {});
  const lists = Object.fromEntries(
    fields.map((field) => [field, Object.hasOwn(policies.lists, field) ? policies.lists[field]! : "set"]),
  );
  return { ...policies, lists };
}
