/** What may be in a `frontrow.yaml`, and what a setting that is not there means. */
import { z } from "zod";
import { scrubSchema } from "../scrub/rules.ts";
import { isKeyLike } from "./key-like.ts";

const text = z.string().min(1);
const environmentName = z.string().refine((name) => /^[A-Za-z_]\w*$/.test(name) && !isKeyLike(name), {
  error: "must be the name of an environment variable that holds the key, such as SUPABASE_SECRET_KEY",
});

const origin = z.strictObject({
  url: z
    .string()
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      error: "must be the project's URL, such as https://abcdefghijklmnopqrst.supabase.co",
    })
    .refine((url) => !URL.canParse(url) || new URL(url).password === "", {
      error: "must hold no name and password",
    }),
  key: environmentName.optional(),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, "must be the name of a database schema, such as public")
    .optional(),
});

const directory = z.strictObject({
  syncPath: text.optional(),
  autoSync: z.boolean().optional(),
  syncDebounce: z.int().min(0).max(600_000).optional(),
  initialSync: z.boolean().optional(),
  entityTypes: z.array(text).min(1).optional(),
  watchInterval: z.int().min(50).max(3_600_000).optional(),
  watchEnabled: z.boolean().optional(),
  scrub: scrubSchema.optional(),
});

const git = z.strictObject({
  autoCommit: z.boolean().optional(),
  autoSync: z.boolean().optional(),
  autoPush: z.boolean().optional(),
  syncInterval: z.int().min(1).max(86_400).optional(),
  skipExportCheck: z.boolean().optional(),
  message: text.max(1000).optional(),
});

export const PRESETS = ["manual-commits", "full-automation"] as const;

export const projectSchema = z.strictObject({
  origin: origin.optional(),
  config: text.optional(),
  preset: z.enum(PRESETS).optional(),
  stores: z.strictObject({ directory: directory.optional(), git: git.optional() }).optional(),
});

export type WrittenProject = z.infer<typeof projectSchema>;
