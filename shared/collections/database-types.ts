/**
 * Names checked by the compiler. `D` is the `Database` type that `supabase gen types typescript` writes; without one
 * (`unknown`) a table or column name is any string.
 */

/** `parts` of schema public, or `schema.table`. */
export type TableName<D> = unknown extends D
  ? string
  : (keyof TablesOf<D, "public"> & string) | { [S in SchemaName<D>]: Qualified<D, S> }[SchemaName<D>];

/** A column of that table. */
export type ColumnName<D, T extends string> = unknown extends D
  ? string
  : T extends `${infer S}.${infer N}`
    ? keyof RowOf<D, S, N> & string
    : keyof RowOf<D, "public", T> & string;

/** The params of a path template: `"user_id" | "slug"` for `users/:user_id/parts/:slug.md`. */
export type PathParams<P extends string> = string extends P
  ? never
  : P extends `${string}:${infer Rest}`
    ? LeadingName<Rest> | PathParams<Rest>
    : never;

/** Nothing when every param is a column; otherwise a shape no text has, naming the params that are not. */
export type CheckedPath<P extends string, Column extends string> = [Exclude<PathParams<P>, Column>] extends [
  never,
]
  ? unknown
  : { "these params are not columns of the table": Exclude<PathParams<P>, Column> };

/** Field → column. Only a field whose name is no column must be here. */
export type ColumnMap<Field extends string, Column extends string> = [Exclude<Field, Column>] extends [never]
  ? { columns?: { [F in Field]?: Column } }
  : { columns: { [F in Exclude<Field, Column>]: Column } & { [F in Field]?: Column } };

type SchemaName<D> = {
  [S in keyof D & string]: D[S] extends { Tables: object } ? S : never;
}[keyof D & string];

type TablesOf<D, S> = S extends keyof D ? (D[S] extends { Tables: infer Tables } ? Tables : never) : never;

type Qualified<D, S extends string> = `${S}.${keyof TablesOf<D, S> & string}`;

type RowOf<D, S, N> = N extends keyof TablesOf<D, S>
  ? TablesOf<D, S>[N] extends { Row: infer Row }
    ? Row
    : never
  : never;

type Letter =
  | "a"
  | "b"
  | "c"
  | "d"
  | "e"
  | "f"
  | "g"
  | "h"
  | "i"
  | "j"
  | "k"
  | "l"
  | "m"
  | "n"
  | "o"
  | "p"
  | "q"
  | "r"
  | "s"
  | "t"
  | "u"
  | "v"
  | "w"
  | "x"
  | "y"
  | "z";
type NameCharacter = Letter | Uppercase<Letter> | "_" | `${bigint}`;

type LeadingName<S extends string, Name extends string = ""> = S extends `${infer C}${infer Rest}`
  ? C extends NameCharacter
    ? LeadingName<Rest, `${Name}${C}`>
    : Name
  : Name;
