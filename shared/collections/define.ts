/** What a project writes in `frontrow.config.ts`. Nothing is checked at run time here: `resolveConfig` does. */

import type { ZodObject, z } from "zod";
import type { CheckedPath, ColumnMap, ColumnName, PathParams, TableName } from "./database-types.ts";
import type { Policies } from "./policies.ts";

/** A collection as declared, its names checked against the database `D`, where one is given. */
export type CollectionOptions<D, T extends string, F extends ZodObject, P extends string> = ColumnMap<
  FieldName<F>,
  ColumnName<D, T>
> & {
  /** Lower case letters, digits and `_`, at most 40; how people and programs call it. */
  name: string;
  /** `"parts"` (schema public) or `"schema.table"`. */
  table: T;
  /** @default the configuration's bucket */
  bucket?: string;
  /**
   * Where a document's file is: `users/:user_id/parts/:slug.md`. Every `:param` is a key column of the table (`:name*`
   * may hold slashes); together they must be unique in it.
   */
  path: P & CheckedPath<P, ColumnName<D, T>>;
  /**
   * The front matter fields, and what they may hold. Only used to check: transforms and defaults change nothing, and
   * keys that are not here are left alone. A field is the column of the same name unless `columns` says otherwise.
   */
  fields: F;
  /**
   * Fields that stand in the body, each on a line of its own: `lines: ["Status"]` for `Status: APPROVED`, also as a list
   * item, a heading or with a bold label. Where a file has no such line, its header may have the field. The body column
   * holds the lines without their values: the field's own column has those.
   * @default []: all are in the header
   */
  lines?: readonly FieldName<F>[];
  /**
   * The text column that holds the body.
   * @default none: the body lives in the file and the hub only
   */
  body?: ColumnName<D, T>;
  /**
   * A jsonb column for all front matter keys that are not fields.
   * @default none: such keys live in the file and the hub only
   */
  extra?: ColumnName<D, T>;
  policies?: Policies<FieldName<F>>;
  /**
   * The hub numbers this collection's documents: `{ key: "id", format: "INFRA-{n}" }`. `key` is the param of the path that
   * holds the id; `{n:4}` writes leading zeros.
   * @default none: whoever makes a document names it
   */
  ids?: { key: ParamName<P>; format: string };
  /**
   * What `frontrow new` begins a document with: files, from the configuration's folder. `"templates/story.md"` is
   * `{ story: "templates/story.md" }`; of several the first is the default.
   * @default none: a header and a heading
   */
  templates?: string | Readonly<Record<string, string>>;
  /**
   * Columns that look like they grant something (`role`, `is_admin` …) and that a file may set all the same.
   * @default []
   */
  allowSensitive?: readonly ColumnName<D, T>[];
};

/** A param of the path, where the path is known to the compiler. */
type ParamName<P extends string> = string extends P ? string : PathParams<P>;

export type FieldName<F extends ZodObject> = keyof F["shape"] & string;

/** A declared collection, its names plain texts. `F` is kept, so that a document's fields can be typed. */
export interface Collection<F extends ZodObject = ZodObject> {
  readonly name: string;
  readonly table: string;
  readonly bucket?: string;
  readonly path: string;
  readonly fields: F;
  readonly columns?: Readonly<Record<string, string | undefined>>;
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly extra?: string;
  readonly policies?: Policies;
  readonly ids?: { readonly key: string; readonly format: string };
  readonly templates?: string | Readonly<Record<string, string>>;
  readonly allowSensitive?: readonly string[];
}

/** What the fields of a collection's documents hold: `FieldsOf<typeof parts>`. */
export type FieldsOf<C extends Collection> = z.input<C["fields"]>;

/**
 * Declares a collection. With the project's `Database` type, a name that is not in the database does not compile:
 *
 * ```ts
 * export const parts = defineCollection<Database>()({
 *   name: "parts",
 *   table: "parts",
 *   path: "users/:user_id/parts/:slug.md",
 *   fields: z.object({ name: z.string(), tags: z.array(z.string()).optional() }),
 *   body: "body",
 * });
 * ```
 *
 * Without it (`defineCollection({ … })`) names are checked when the collection is registered.
 */
export function defineCollection<D>(): <
  const T extends TableName<D>,
  F extends ZodObject,
  const P extends string,
>(
  options: CollectionOptions<D, T, F, P>,
) => Collection<F>;
export function defineCollection<F extends ZodObject, const P extends string>(
  options: CollectionOptions<unknown, string, F, P>,
): Collection<F>;
export function defineCollection(options?: Collection): unknown {
  return options ?? ((later: Collection) => later);
}

export interface Config {
  /**
   * The Storage bucket of collections that do not name one.
   * @default "content"
   */
  readonly bucket?: string;
  readonly collections: readonly Collection[];
}

/** Declares a project's configuration: the default export of `frontrow.config.ts`. */
export function defineConfig(config: Config): Config {
  return config;
}
