/**
 * What is tortured: two collections that differ in who decides. `notes` leaves what overlaps to a person, `posts` to the
 * newest. Files alone write `a` and the body's first line, rows alone `b` and the last one, both `title` and `tags`.
 */
import { z } from "zod";
import { type Config, defineCollection, defineConfig, type Policies } from "../../shared/collections/mod.ts";

/** Few documents are hammered without pause: brakes made for accidents would stop them. */
const POLICIES: Policies = {
  valve: { share: 1, atLeast: 1_000_000 },
  breaker: { turns: 1000, seconds: 0 },
};

const fields = z.object({
  a: z.string().nullish(),
  b: z.string().nullish(),
  title: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
});

const collection = (name: "notes" | "posts", policies: Policies) =>
  defineCollection({ name, table: name, path: `${name}/:slug.md`, fields, body: "body", policies });

export const COLLECTIONS = ["notes", "posts"] as const;
export const BUCKET = "content";

export const config: Config = defineConfig({
  bucket: BUCKET,
  collections: [collection("notes", POLICIES), collection("posts", { ...POLICIES, conflict: "newest" })],
});

export const schema = COLLECTIONS.map(
  (name) => `
    create table public.${name} (
      slug text primary key, a text, b text, title text, tags text[], body text not null default ''
    );
    alter table public.${name} enable row level security;
    grant all on public.${name} to service_role;`,
).join("\n");

export function pathOf(collectionName: string, slug: string): string {
  return `${collectionName}/${slug}.md`;
}

/** `notes/n01.md` → its table and its key. */
export function keyOf(path: string): { table: string; slug: string } {
  const [, table, slug] = /^([^/]+)\/(.+)\.md$/.exec(path)!;
  return { table: table!, slug: slug! };
}
