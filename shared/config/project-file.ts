/**
 * `frontrow.yaml`: where a project's origin is and how its folder follows it. Never a key: the name of the environment
 * variable that holds one. What is not said is said here.
 */
import { FrontrowError } from "../errors.ts";
import type { WrittenScrub } from "../scrub/rules.ts";
import { isKeyLike } from "./key-like.ts";
import { type PRESETS, projectSchema, type WrittenProject } from "./project-schema.ts";
import { problemsIn } from "./settings-problems.ts";
import { readYaml, type SettingsProblem } from "./yaml-source.ts";

export interface ProjectFile {
  origin: Origin | null;
  /** The file with the collections, from this file's folder; null: `frontrow.config.ts` and the like. */
  config: string | null;
  directory: DirectorySettings;
  git: GitSettings;
}

export interface Origin {
  url: string;
  /** The environment variable that holds its key. @default "SUPABASE_SECRET_KEY" */
  key: string;
  /** The database schema of tables that are named without one. @default "public" */
  schema: string;
}

export interface DirectorySettings {
  /** The folder that follows, from this file's folder. @default "content" */
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

export interface GitSettings {
  /** Commits what changed, one commit per batch. @default as autoSync */
  autoCommit: boolean;
  /** Pulls by itself, each `syncInterval`. @default false */
  autoSync: boolean;
  /** Pushes after its commits. @default false */
  autoPush: boolean;
  /** Seconds, 1–86400. @default 300 */
  syncInterval: number;
  /** Skips the export before a commit where files are current already. @default true */
  skipExportCheck: boolean;
  /** The commit message. @default "frontrow: {summary}" */
  message: string;
}

/** What the presets of recipe 001 say of settings that the file does not name. */
const PRESET: Record<(typeof PRESETS)[number], Required<Pick<WrittenProject, "stores">>["stores"]> = {
  "manual-commits": {
    directory: { autoSync: true },
    git: { autoSync: false, autoCommit: false, autoPush: true },
  },
  "full-automation": {
    directory: { autoSync: true },
    git: { autoSync: true, autoCommit: true, autoPush: true, syncInterval: 300 },
  },
};

/**
 * Reads the text of a `frontrow.yaml`; `file` is its name in messages. `warnings` are for whoever keeps the file.
 * @throws {FrontrowError} `CONFIG_INVALID` with every problem, its line and column; `line` and `column` are the first's.
 */
export function parseProjectFile(text: string, file: string): { project: ProjectFile; warnings: string[] } {
  const source = readYaml(text);
  if (Array.isArray(source)) throw invalid(file, source);
  const secrets = source.texts().filter(({ text }) => isKeyLike(text));
  if (secrets.length > 0) {
    throw invalid(
      file,
      secrets.map(({ place }) => ({
        ...place,
        message: "this looks like a key, and keys must not be in a file",
      })),
      "Put it into an environment variable, write that variable's name here, and replace the key if the file was ever shared.",
    );
  }
  const { data, error } = projectSchema.safeParse(source.value);
  if (error) throw invalid(file, problemsIn(source, projectSchema, error.issues));
  const { line } = source.placeOfKey(["stores", "directory", "watchEnabled"]);
  return resolved(data, `${file}:${line}`);
}

function resolved(
  written: WrittenProject,
  watchEnabledAt: string,
): { project: ProjectFile; warnings: string[] } {
  const { origin, config = null, preset, stores } = written;
  const { watchEnabled, ...directory } = stores?.directory ?? {};
  const warnings: string[] = [];
  if (watchEnabled !== undefined) {
    const instead =
      directory.autoSync === undefined
        ? `write autoSync: ${watchEnabled} instead`
        : "autoSync counts, remove it";
    warnings.push(`${watchEnabledAt}: watchEnabled is deprecated: ${instead}.`);
  }
  const said = preset === undefined ? {} : PRESET[preset];
  const follows = directory.autoSync ?? watchEnabled ?? said.directory?.autoSync ?? true;
  const git = { ...said.git, ...stores?.git };
  const project: ProjectFile = {
    origin: origin
      ? { url: origin.url, key: origin.key ?? "SUPABASE_SECRET_KEY", schema: origin.schema ?? "public" }
      : null,
    config,
    directory: {
      syncPath: directory.syncPath ?? "content",
      autoSync: follows,
      syncDebounce: directory.syncDebounce ?? 1000,
      initialSync: directory.initialSync ?? true,
      entityTypes: directory.entityTypes ?? null,
      watchInterval: directory.watchInterval ?? null,
      scrub: directory.scrub ?? null,
    },
    git: {
      autoCommit: git.autoCommit ?? git.autoSync ?? false,
      autoSync: git.autoSync ?? false,
      autoPush: git.autoPush ?? false,
      syncInterval: git.syncInterval ?? 300,
      skipExportCheck: git.skipExportCheck ?? true,
      message: git.message ?? "frontrow: {summary}",
    },
  };
  return { project, warnings };
}

function invalid(file: string, problems: readonly SettingsProblem[], hint?: string): FrontrowError {
  const lines = problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
  const [first] = problems;
  const message =
    lines.length === 1
      ? `Cannot use "${file}": ${lines[0]}`
      : `Cannot use "${file}", as ${lines.length} things are wrong:\n${lines.map((one) => `- ${one}`).join("\n")}`;
  return new FrontrowError("CONFIG_INVALID", message, {
    path: file,
    line: first?.line,
    column: first?.column,
    hint,
  });
}
