/**
 * `frontrow.yaml`: where a project's origin is and how its folder follows it. Never a key: the name of the environment
 * variable that holds one. What is not said is said here.
 */
import { FrontrowError } from "../errors.ts";
import { type DirectorySettings, directorySettings } from "./directory-settings.ts";
import { type GitSettings, gitSettings } from "./git-settings.ts";
import { isKeyLike } from "./key-like.ts";
import { projectSchema, type WrittenProject } from "./project-schema.ts";
import { problemsIn } from "./settings-problems.ts";
import { readYaml, type SettingsProblem } from "./yaml-source.ts";

export interface ProjectFile {
  origin: Origin | null;
  /** The file with the collections, from this file's folder; null: `frontrow.config.ts` and the like. */
  config: string | null;
  /** What happens where a clone and its origin changed the same thing; `manual`: it waits for a person. @default "manual" */
  conflicts: "manual" | "ours" | "theirs";
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
  const { origin, config = null, conflicts = "manual", preset, stores } = written;
  const { settings: directory, deprecated } = directorySettings(stores?.directory);
  const project: ProjectFile = {
    origin: origin
      ? { url: origin.url, key: origin.key ?? "SUPABASE_SECRET_KEY", schema: origin.schema ?? "public" }
      : null,
    config,
    conflicts,
    directory,
    git: gitSettings(stores?.git, preset),
  };
  return { project, warnings: deprecated === null ? [] : [`${watchEnabledAt}: ${deprecated}.`] };
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
