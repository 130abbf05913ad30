/** Loads `frontrow.config.ts`. */
import { existsSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Config, type ResolvedConfig, resolveConfig } from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { localStack } from "./address.ts";
import { projectFileOf } from "./project-file.ts";
import { CONFIG_FILES } from "./root.ts";
import type { Call } from "./verb.ts";

type ConfigCall = Pick<Call, "io" | "shared" | "out">;

/** @throws {FrontrowError} `CONFIG_INVALID`, with the file and every problem in it. */
export async function loadConfig(call: ConfigCall): Promise<ResolvedConfig> {
  const { file, shown } = await configFile(call);
  if (!existsSync(file)) {
    throw invalid(shown, "there is no such file", "Name another with --config, or create it.");
  }
  let declared: unknown;
  try {
    ({ default: declared } = await importConfig(file));
  } catch (cause) {
    if (cause instanceof FrontrowError) throw cause;
    throw invalid(shown, briefly(cause), undefined, cause);
  }
  if (!isConfig(declared)) {
    throw invalid(shown, "it must export a config as its default: `export default defineConfig({ … })`");
  }
  const schema = (await projectFileOf(call))?.origin?.schema;
  return resolveConfig(schema === undefined ? declared : inSchema(declared, schema));
}

/** What was said, then what `frontrow.yaml` says, then the config of the stack that runs here, then what is there. */
export async function configFile(call: ConfigCall): Promise<{ file: string; shown: string }> {
  const { io, shared } = call;
  if (shared.config !== undefined) return { file: resolve(io.folder, shared.config), shown: shared.config };
  const project = await projectFileOf(call);
  if (project?.config) {
    const file = resolve(project.folder, project.config);
    return { file, shown: relative(io.folder, file) };
  }
  const local = project?.origin ? undefined : await configOfLocalStack(call);
  if (local !== undefined) return { file: join(io.root, local), shown: local };
  const files = [project?.folder ?? io.root, io.root].flatMap((folder) =>
    CONFIG_FILES.map((name) => join(folder, name)),
  );
  const file = files.find((one) => existsSync(one)) ?? join(io.root, CONFIG_FILES[0]);
  return { file, shown: basename(file) };
}

/** Tables that are named without a schema are in the project's. */
function inSchema(config: Config, schema: string): Config {
  const collections = config.collections.map((collection) =>
    typeof collection?.table !== "string" || collection.table.includes(".")
      ? collection
      : { ...collection, table: `${schema}.${collection.table}` },
  );
  return { ...config, collections };
}

/** A package under Node needs some help: `config-hooks.ts`. */
async function importConfig(file: string): Promise<{ default?: unknown }> {
  if (import.meta.filename!.endsWith(".js") && !("Deno" in globalThis)) {
    const { installConfigHooks } = await import("./config-hooks.ts");
    installConfigHooks();
  }
  return await import(pathToFileURL(file).href);
}

/** The stack that `npm start` runs here may be another example's than the default config's. */
async function configOfLocalStack({ io, shared }: ConfigCall): Promise<string | undefined> {
  if ((shared.url ?? io.environment.SUPABASE_URL) !== undefined) return undefined;
  return (await localStack(io.root))?.config;
}

function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && Array.isArray((value as Partial<Config>).collections);
}

function invalid(file: string, because: string, hint?: string, cause?: unknown): FrontrowError {
  return new FrontrowError("CONFIG_INVALID", `Cannot load "${file}", as ${because}`, {
    path: file,
    hint,
    cause,
  });
}

/** The first line says what, the second where; a drawing of the source may follow. */
function briefly(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .split("\n", 2)
    .map((line) => line.trim())
    .join(" ")
    .trim();
}
