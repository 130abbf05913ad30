/** `git:` in the configuration: what happens by itself. */
import { z } from "zod";
import { FrontrowError } from "../../shared/errors.ts";
import { DEFAULT_MESSAGE, unknownPlaceholders } from "./message.ts";

const message = z
  .string()
  .min(1)
  .refine((template) => unknownPlaceholders(template).length === 0, {
    error: ({ input }) =>
      `there is no {${unknownPlaceholders(String(input)).join("}, {")}}: use {summary}, {count}, {paths}, {authors}`,
  });

export const gitConfig = z.strictObject({
  /** Commit documents that changed, each cycle. */
  autoCommit: z.boolean().default(false),
  /** Run a cycle every `syncInterval` seconds. */
  autoSync: z.boolean().default(false),
  /** Push at the end of a cycle, and after a commit. */
  autoPush: z.boolean().default(false),
  /** Seconds from the end of a cycle to the next. */
  syncInterval: z.number().min(1).max(86_400).default(300),
  /** Trust that files are current while the directory syncs by itself; false: export everything before each commit. */
  skipExportCheck: z.boolean().default(true),
  /** Of commits. */
  message: message.default(DEFAULT_MESSAGE),
  /** The only branch that is ever synced. @default whichever is checked out */
  branch: z.string().min(1).optional(),
});

export type GitConfig = z.output<typeof gitConfig>;

/** Ready-made answers; any of it can be said otherwise beside `preset`. */
export const PRESETS = {
  /** Files follow the database and the other way round; a person commits, and what is committed is pushed. */
  "manual commits": { autoCommit: false, autoSync: false, autoPush: true },
  /** Commits, pulls and pushes every five minutes. */
  "full automation": { autoCommit: true, autoSync: true, autoPush: true, syncInterval: 300 },
} as const satisfies Record<string, Partial<GitConfig>>;

/** @throws {FrontrowError} `CONFIG_INVALID`, naming the key. */
export function resolveGitConfig(given: unknown = {}): GitConfig {
  const { preset, ...own } = (given ?? {}) as { preset?: unknown };
  if (preset !== undefined && !(typeof preset === "string" && Object.hasOwn(PRESETS, preset))) {
    throw invalid("preset", `it must be one of "${Object.keys(PRESETS).join('", "')}"`);
  }
  const base = preset === undefined ? {} : PRESETS[preset as keyof typeof PRESETS];
  const read = gitConfig.safeParse({ ...base, ...own });
  if (read.success) return read.data;
  const { path, message: because } = read.error.issues[0]!;
  throw invalid(path.join("."), because);
}

function invalid(key: string, because: string): FrontrowError {
  const place = key === "" ? "git" : `git.${key}`;
  return new FrontrowError("CONFIG_INVALID", `Cannot use "${place}" of the configuration: ${because}.`, {
    rule: "git",
    hint: "See scripts/git/config.ts for every key and its default.",
  });
}
