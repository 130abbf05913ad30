/**
 * A second brain: notes, links and people, as rows for programs and as files for editors and git. Everything that happens on
 * one side happens on the others, by itself (frontrow.yaml).
 */

import { z } from "zod";
import { defineCollection, defineConfig } from "../../shared/collections/mod.ts";

/** What all entities have. */
const entity = {
  title: z.string().min(1).max(200),
  tags: z.array(z.string().min(1)).nullish(),
  created: z.iso.date().nullish(),
};

export const notes = defineCollection({
  name: "notes",
  table: "notes",
  path: "notes/:slug.md",
  fields: z.object({ ...entity, status: z.enum(["seed", "growing", "evergreen"]) }),
  body: "body",
  // Keys that nobody planned for stay with the note, as one JSON object.
  extra: "more",
  policies: { lists: { tags: "set" } },
});

export const links = defineCollection({
  name: "links",
  table: "links",
  path: "links/:slug.md",
  fields: z.object({ ...entity, url: z.url() }),
  body: "body",
  policies: { lists: { tags: "set" } },
});

export default defineConfig({ bucket: "content", collections: [notes, links] });
