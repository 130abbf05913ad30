/** The collection that imports are measured with: any markdown file fits it, all front matter goes into one column. */

import { z } from "zod";
import { defineCollection, defineConfig } from "../../../shared/collections/mod.ts";

const notes = defineCollection({
  name: "notes",
  table: "notes",
  path: ":path*.md",
  fields: z.object({}),
  body: "body",
  extra: "data",
});

export default defineConfig({ bucket: "content", collections: [notes] });
