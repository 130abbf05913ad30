/** The project's `frontrow.yaml`: the nearest from where the person stands, upwards. Read once per command. */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ProjectFile, parseProjectFile } from "../../../shared/config/project-file.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Io } from "./io.ts";
import { folderAbove, PROJECT_FILE } from "./root.ts";
import type { Call } from "./verb.ts";

export interface FoundProjectFile extends ProjectFile {
  /** Its folder: what it names is relative to it. */
  folder: string;
  /** As people see it. */
  shown: string;
  /** What is deprecated, with its line. */
  warnings: readonly string[];
}

const read = new WeakMap<Io, Promise<FoundProjectFile | null>>();

/** Reads it anew the next time: it was written just now. */
export function forgetProjectFile({ io }: Pick<Call, "io">): void {
  read.delete(io);
}

/** null: there is none. @throws {FrontrowError} `CONFIG_INVALID` with every problem in it. */
export function projectFileOf({ io, out }: Pick<Call, "io" | "out">): Promise<FoundProjectFile | null> {
  let found = read.get(io);
  if (found === undefined) {
    found = find(io);
    read.set(io, found);
    void found.then(
      (file) => {
        for (const warning of file?.warnings ?? []) out.note(warning);
      },
      () => undefined,
    );
  }
  return found;
}

async function find(io: Io): Promise<FoundProjectFile | null> {
  const folder = folderAbove(io.folder, [PROJECT_FILE]);
  if (folder === null) return null;
  const file = join(folder, PROJECT_FILE);
  const shown = relative(io.folder, file);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const why = (cause as { code?: string }).code ?? "no answer";
    throw new FrontrowError("CONFIG_INVALID", `Cannot read "${shown}" (${why}).`, { path: shown, cause });
  }
  const { project, warnings } = parseProjectFile(text, shown);
  return { ...project, folder, shown, warnings };
}
