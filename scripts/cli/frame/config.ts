/** Loads `frontrow.config.ts`. */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Config, type ResolvedConfig, resolveConfig } from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { localStack } from "./address.ts";
import type { Call } from "./verb.ts";

const DEFAULT_FILE = "frontrow.config.ts";

/** The file that is the config, and how people know it. */
export async function configFile({
  io,
  shared,
}: Pick<Call, "io" | "shared">): Promise<{ shown: string; file: string }> {
  const shown = shared.config ?? (await configOfLocalStack({ io, shared })) ?? DEFAULT_FILE;
  return {
    shown,
    file: shared.config === undefined ? join(io.root, shown) : resolve(io.folder, shared.config),
  };
}

/** @throws {FrontrowError} `CONFIG_INVALID`, with the file and every problem in it. */
export async function loadConfig(call: Pick<Call, "io" | "shared">): Promise<ResolvedConfig> {
  const { shown, file } = await configFile(call);
  if (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  ) {
    throw invalid(shown, "there is no such file", "Name another with --config, or create it.");
  }
  let declared: unknown;
  try {
    ({ default: declared } = (await import(pathToFileURL(file).href)) as { default?: unknown });
  } catch (cause) {
    if (cause instanceof FrontrowError) throw cause;
    throw invalid(shown, briefly(cause), undefined, cause);
  }
  if (!isConfig(declared)) {
    throw invalid(shown, "it must export a config as its default: `export default defineConfig({ … })`");
  }
  return resolveConfig(declared);
}

/** The stack that `npm start` runs here may be another example's than the default config's. */
async function configOfLocalStack({ io, shared }: Pick<Call, "io" | "shared">): Promise<string | undefined> {
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
