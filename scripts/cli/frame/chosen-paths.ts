/** Which documents a person means: by `--filter`, and by names, in comma lists or from stdin. */
import { relative, resolve, sep } from "node:path";
import { encodeFilePath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Call } from "./verb.ts";

export type Chooses = (path: string) => boolean;

/**
 * The files and folders below `folder` that are named, and of them what fits `--filter`. null: all.
 * @throws {FrontrowError} `USAGE` for a name outside of the folder.
 */
export async function chosenPaths(
  { io, shared }: Pick<Call, "io" | "shared">,
  folder: string,
  named: readonly string[],
): Promise<Chooses | null> {
  const fits = shared.filter === undefined ? null : globOf(shared.filter);
  if (named.length === 0) return fits;
  const listed = named.includes("-") ? new TextDecoder().decode(await io.stdin()) : "";
  const names = [
    ...named.filter((one) => one !== "-").flatMap((one) => one.split(",")),
    ...listed.split(/[\0\n\r,]+/),
  ].filter((one) => one.trim() !== "");
  const paths = names.map((name) => {
    // As it stands below the folder, or as a person types it where they stand.
    const below = relative(folder, resolve(io.folder, name)).split(sep).join("/");
    if (below === "") return "";
    if (!below.startsWith("..")) return encodeFilePath(below);
    if (name.startsWith("/") || name.startsWith("..")) throw outside(name, folder);
    return encodeFilePath(name);
  });
  return (path) =>
    paths.some((one) => one === "" || path === one || path.startsWith(`${one}/`)) && (fits?.(path) ?? true);
}

function outside(name: string, folder: string): FrontrowError {
  return new FrontrowError("USAGE", `"${name}" is not below "${folder}".`, { path: name });
}

/**
 * `*` and `?` stay in one folder, `**` does not; a pattern without a slash fits in every folder, as in a `.gitignore`.
 */
export function globOf(pattern: string): Chooses {
  const source = (pattern.includes("/") ? pattern.replace(/^\//, "") : `**/${pattern}`)
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => GLOB[part] ?? part.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
    .join("");
  const whole = new RegExp(`^${source}$`, "u");
  return (path) => whole.test(path);
}

const GLOB: Readonly<Record<string, string>> = {
  "**/": "(?:[^/]+/)*",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};
