/** What may be in a `frontrow.yaml`, as it is written. */
import { z } from "zod";
import { directorySchema } from "./directory-settings.ts";
import { gitSchema } from "./git-settings.ts";
import { isKeyLike } from "./key-like.ts";
import { PRESETS } from "./presets.ts";

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

export const projectSchema = z.strictObject({
  origin: origin.optional(),
  config: z.string().min(1).optional(),
  conflicts: z.enum(["manual", "ours", "theirs"]).optional(),
  preset: z.enum(PRESETS).optional(),
  stores: z.strictObject({ directory: directorySchema.optional(), git: gitSchema.optional() }).optional(),
});

export type WrittenProject = z.infer<typeof projectSchema>;
