/** `stores.directory` of `frontrow.yaml`: how a folder follows, as recipe 001 names it. */
import { z } from "zod";
import { scrubSchema, type WrittenScrub } from "../scrub/rules.ts";

export interface DirectorySettings {
  /** The folder that follows, from the file's own. @default "content" */
  syncPath: string;
  /** Whether it follows by itself, in both directions. @default true */
  autoSync: boolean;
  /** Milliseconds of quiet that end a batch, 0–600000. @default 1000 */
  syncDebounce: number;
  /** Whether all of it is compared at the start. @default true */
  initialSync: boolean;
  /** Only these collections; null: all. @default null */
  entityTypes: readonly string[] | null;
  /** Milliseconds between looks, 50–3600000, where changes are looked for; null: they are told. @default null */
  watchInterval: number | null;
  /** What is taken out of what goes there; null: nothing. @default null */
  scrub: WrittenScrub | null;
}

const text = z.string().min(1);

/** As it is written: everything may be left out. `watchEnabled` is what autoSync was called. */
export const directorySchema = z.strictObject({
  syncPath: text.optional(),
  autoSync: z.boolean().optional(),
  syncDebounce: z.int().min(0).max(600_000).optional(),
  initialSync: z.boolean().optional(),
  entityTypes: z.array(text).min(1).optional(),
  watchInterval: z.int().min(50).max(3_600_000).optional(),
  watchEnabled: z.boolean().optional(),
  scrub: scrubSchema.optional(),
});

export type WrittenDirectory = z.infer<typeof directorySchema>;

/** `deprecated` is a sentence's middle about `watchEnabled`; null where it is not used. */
export function directorySettings(written: WrittenDirectory = {}): {
  settings: DirectorySettings;
  deprecated: string | null;
} {
  const { watchEnabled, ...directory } = written;
  const instead =
    directory.autoSync === undefined
      ? `write autoSync: ${watchEnabled} instead`
      : "autoSync counts, remove it";
  return {
    settings: {
      syncPath: directory.syncPath ?? "content",
      autoSync: directory.autoSync ?? watchEnabled ?? true,
      syncDebounce: directory.syncDebounce ?? 1000,
      initialSync: directory.initialSync ?? true,
      entityTypes: directory.entityTypes ?? null,
      watchInterval: directory.watchInterval ?? null,
      scrub: directory.scrub ?? null,
    },
    deprecated: watchEnabled === undefined ? null : `watchEnabled is deprecated: ${instead}`,
  };
}
