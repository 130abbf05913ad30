/**
 * A garden of parts: each file is one part of a person's inner life (as internal family systems has it), each person
 * has a folder, and `public.parts` is the same thing as rows.
 */

import { z } from "zod";
import { defineCollection, defineConfig } from "../../shared/collections/mod.ts";
import type { Database } from "./database.types.ts";

export const parts = defineCollection<Database>()({
  name: "parts",
  table: "parts",
  path: "users/:user_id/parts/:slug.md",
  fields: z.object({
    name: z.string().min(1).max(80),
    status: z.enum(["emerging", "active", "resting", "retired"]),
    category: z.enum(["manager", "firefighter", "exile", "guide"]).nullish(),
    tags: z.array(z.string().min(1)).nullish(),
    /** How strongly it is felt: -1 drained, 0 calm, 1 overwhelming. */
    charge: z.number().min(-1).max(1).nullish(),
    last_active: z.iso.datetime().nullish(),
    notes: z.record(z.string(), z.unknown()).nullish(),
  }),
  body: "body",
  policies: { lists: { tags: "set" } },
});

export default defineConfig({ bucket: "content", collections: [parts] });
