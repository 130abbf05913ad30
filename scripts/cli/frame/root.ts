/** Where a project begins: the nearest folder, from here upwards, with one of these in it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The config, by the names it may have; the first that is there counts. */
export const CONFIG_FILES = [
  "frontrow.config.ts",
  "frontrow.config.mts",
  "frontrow.config.js",
  "frontrow.config.mjs",
] as const;
/** The project file: where the origin is, which stores there are. */
export const PROJECT_FILE = "frontrow.yaml";

/** The nearest folder from `folder` upwards that holds one of `names`; null when none does. */
export function folderAbove(folder: string, names: readonly string[]): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (names.some((name) => existsSync(join(at, name)))) return at;
    if (dirname(at) === at) return null;
  }
}

/** The project of somebody who stands in `folder`; the folder itself, where nothing says more. */
export function projectRoot(folder: string): string {
  return folderAbove(folder, [...CONFIG_FILES, PROJECT_FILE]) ?? folder;
}
