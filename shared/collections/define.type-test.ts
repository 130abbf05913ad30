/** What must not compile. `tsc --noEmit` is the test: an error that does not come is an error. */

import { z } from "zod";
import { defineCollection, type FieldsOf } from "./define.ts";

interface Database {
  __InternalSupabase: { PostgrestVersion: "13.0.4" };
  public: {
    Tables: {
      parts: {
        Row: {
          user_id: string;
          slug: string;
          name: string;
          tags: string[] | null;
          body: string;
          extra: unknown;
        };
        Insert: { name: string };
      };
      notes: { Row: { id: number; text: string } };
    };
    Views: { [_ in never]: never };
  };
  blog: { Tables: { posts: { Row: { slug: string; title: string; body: string } } } };
}

const fields = z.object({ name: z.string(), tags: z.array(z.string()).optional() });
const inDatabase = defineCollection<Database>();
const right = { name: "parts", table: "parts", path: "users/:user_id/parts/:slug.md", fields } as const;

// What is right compiles.
const parts = inDatabase({
  ...right,
  columns: { name: "name" },
  body: "body",
  extra: "extra",
  policies: { lists: { tags: "list" }, authority: { name: "table" }, valve: { share: 0.5 }, history: 20 },
  allowSensitive: ["name"],
});
inDatabase({
  name: "posts",
  table: "blog.posts",
  path: "posts/:slug*.md",
  fields: z.object({ title: z.string() }),
});
inDatabase({ ...right, table: "public.parts" });
inDatabase({ ...right, fields: z.object({ label: z.string() }), columns: { label: "name" } });
inDatabase({ ...right, path: "parts/p-:user_id-x/:slug*.md" });
inDatabase({ ...right, fields: fields.refine((document) => document.name !== "x") });

// The fields flow out.
const typed: FieldsOf<typeof parts> = { name: "The Critic" };
// @ts-expect-error: a field is missing
const missing: FieldsOf<typeof parts> = {};

// With a database, a name that is not in it does not.
// @ts-expect-error: no such table
inDatabase({ ...right, table: "part" });
// @ts-expect-error: no such table in that schema
inDatabase({ ...right, table: "blog.parts" });
// @ts-expect-error: no such key column
inDatabase({ ...right, path: "users/:userid/parts/:slug.md" });
// @ts-expect-error: one of the key columns is of another table
inDatabase({ ...right, path: "users/:user_id/:id.md" });
// @ts-expect-error: no such column, though it begins like one
inDatabase({ ...right, path: "users/:user_id/:slug2.md" });
// @ts-expect-error: no such body column
inDatabase({ ...right, body: "text" });
// @ts-expect-error: no such extra column
inDatabase({ ...right, extra: "rest" });
// @ts-expect-error: a field that is no column and has no column
inDatabase({ ...right, fields: z.object({ label: z.string() }) });
// @ts-expect-error: a field that is mapped to no column
inDatabase({ ...right, fields: z.object({ label: z.string() }), columns: { label: "title" } });
// @ts-expect-error: a column of no field
inDatabase({ ...right, columns: { title: "name" } });
// @ts-expect-error: a list of no field
inDatabase({ ...right, policies: { lists: { tag: "set" } } });
// @ts-expect-error: authority over no field
inDatabase({ ...right, policies: { authority: { body: "table" } } });
// @ts-expect-error: no such policy
inDatabase({ ...right, policies: { conflicts: "merge" } });
// @ts-expect-error: no such choice
inDatabase({ ...right, policies: { conflict: "mine" } });
// @ts-expect-error: no such option
inDatabase({ ...right, folder: "parts" });
// @ts-expect-error: sensitive, but no column
inDatabase({ ...right, allowSensitive: ["role"] });

// Without a database, names are checked against the fields.
const free = { name: "parts", table: "any", path: "any/:key.md", fields };
defineCollection({ ...free, columns: { name: "any_column" }, body: "any_body" });
defineCollection({ ...free, table: "schema.any", policies: { lists: { tags: "atomic" } } });
// @ts-expect-error: a column of no field
defineCollection({ ...free, columns: { title: "any_column" } });
// @ts-expect-error: a list of no field
defineCollection({ ...free, policies: { lists: { tag: "set" } } });
// @ts-expect-error: authority over no field
defineCollection({ ...free, policies: { authority: { tag: "table" } } });
// @ts-expect-error: the fields must be a zod object
defineCollection({ ...free, fields: { name: z.string() } });

export { missing, typed };
