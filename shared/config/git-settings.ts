/** `stores.git` of `frontrow.yaml`: what happens in the folder's git repository by itself. */
import { z } from "zod";
import type { Preset } from "./presets.ts";

export interface GitSettings {
  /** Commits documents that changed, each cycle. @default as autoSync */
  autoCommit: boolean;
  /** Runs a cycle every `syncInterval`. @default false */
  autoSync: boolean;
  /** Pushes at the end of a cycle, and after a commit. @default false */
  autoPush: boolean;
  /** Seconds from the end of a cycle to the next, 1–86400. @default 300 */
  syncInterval: number;
  /** Trusts that files are current while the directory syncs by itself; false: all is exported before each commit. @default true */
  skipExportCheck: boolean;
  /** Of commits. @default "frontrow: {summary}" */
  message: string;
  /** The only branch that is ever synced; null: whichever is checked out. @default null */
  branch: string | null;
}

export const DEFAULT_MESSAGE = "frontrow: {summary}";
export const PLACEHOLDERS = ["summary", "count", "paths", "authors"] as const;

/** The placeholders a message has and there are none of. */
function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name!)
    .filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
}

const message = z
  .string()
  .min(1)
  .max(1000)
  .refine((template) => unknownPlaceholders(template).length === 0, {
    error: ({ input }) =>
      `has {${unknownPlaceholders(String(input)).join("}, {")}}: there is {${PLACEHOLDERS.join("}, {")}}`,
  });

/** As it is written: everything may be left out. */
export const gitSchema = z.strictObject({
  autoCommit: z.boolean().optional(),
  autoSync: z.boolean().optional(),
  autoPush: z.boolean().optional(),
  syncInterval: z.int().min(1).max(86_400).optional(),
  skipExportCheck: z.boolean().optional(),
  message: message.optional(),
  branch: z.string().min(1).optional(),
});

export type WrittenGit = z.infer<typeof gitSchema>;

/** Recipe 001's two levels of automation. */
const BY_PRESET: Record<Preset, WrittenGit> = {
  // A person commits; what is committed is pushed.
  "manual-commits": { autoSync: false, autoCommit: false, autoPush: true },
  "full-automation": { autoSync: true, autoCommit: true, autoPush: true, syncInterval: 300 },
};

/** What is written counts, then the preset, then the defaults. */
export function gitSettings(written: WrittenGit = {}, preset?: Preset): GitSettings {
  const git = { ...(preset === undefined ? {} : BY_PRESET[preset]), ...written };
  return {
    autoCommit: git.autoCommit ?? git.autoSync ?? false,
    autoSync: git.autoSync ?? false,
    autoPush: git.autoPush ?? false,
    syncInterval: git.syncInterval ?? 300,
    skipExportCheck: git.skipExportCheck ?? true,
    message: git.message ?? DEFAULT_MESSAGE,
    branch: git.branch ?? null,
  };
}
