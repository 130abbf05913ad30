/**
 * What an export remembers of a folder, in the folder itself: which files it wrote, so that it never overwrites or removes
 * another; and what they looked like. Lost, damaged or of another project, it means that no file is known to be ours.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scrubSchema, type WrittenScrub } from "../../shared/scrub/rules.ts";
import { codeOf } from "../../shared/stores/directory-disk.ts";
import { temporaryName } from "../../shared/stores/directory-names.ts";
import type { Stamp, Stamps } from "../../shared/stores/directory-stamps.ts";
import type { Version } from "../../shared/stores/store.ts";

/** A dotfile: nobody takes it for a document. */
export const MANIFEST = ".frontrow-export.json";
const FORMAT = 1;

/** A file as an export left it. */
export interface Exported {
  collection: string;
  revision: number;
  version: Version;
  /** By which rules it was scrubbed: a key of `scrubs`; absent: by none. */
  scrub?: string;
}

export interface Manifest {
  /** By object name. */
  files: Map<string, Exported>;
  stamps: Stamps;
  /** Folders that exports made. */
  made: Set<string>;
  /** The rules by which files were scrubbed, by their fingerprint. No secret is in them. */
  scrubs: Map<string, WrittenScrub>;
  /** The text that is in the folder; null: there is none that counts. */
  kept: string | null;
}

interface Kept {
  format: number;
  project: string;
  files: Record<string, [collection: string, revision: number, version: Version, scrub?: string]>;
  stamps: Record<string, Stamp>;
  made: string[];
  scrubs?: Record<string, WrittenScrub>;
}

/** `problem` says why a manifest that is there does not count. */
export async function readManifest(
  folder: string,
  project: string,
): Promise<Manifest & { problem: string | null }> {
  const none = {
    files: new Map(),
    stamps: new Map(),
    made: new Set<string>(),
    scrubs: new Map(),
    kept: null,
  };
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), "utf8");
  } catch (error) {
    return { ...none, problem: codeOf(error) === "ENOENT" ? null : `it cannot be read (${codeOf(error)})` };
  }
  try {
    const kept = JSON.parse(text) as Kept;
    if (kept.format !== FORMAT) return { ...none, problem: "another version of Frontrow wrote it" };
    if (kept.project !== project) return { ...none, problem: `it is of the project "${kept.project}"` };
    const files = Object.entries(kept.files).map(
      ([path, [collection, revision, version, scrub]]) =>
        [path, { collection, revision, version, ...(scrub === undefined ? {} : { scrub }) }] as const,
    );
    const scrubs = Object.entries(kept.scrubs ?? {}).map(
      ([at, one]) => [at, scrubSchema.parse(one)] as const,
    );
    return {
      files: new Map(files),
      stamps: new Map(Object.entries(kept.stamps)),
      made: new Set(kept.made),
      scrubs: new Map(scrubs),
      kept: text,
      problem: null,
    };
  } catch {
    return { ...none, problem: "it is damaged" };
  }
}

/** All of it or nothing; and nothing where it would be the same. */
export async function writeManifest(folder: string, project: string, manifest: Manifest): Promise<void> {
  const { files, stamps, made, scrubs } = manifest;
  const used = new Set([...files.values()].map(({ scrub }) => scrub));
  const kept: Kept = {
    format: FORMAT,
    project,
    files: Object.fromEntries(
      [...files].map(([path, { collection, revision, version, scrub }]) => [
        path,
        scrub === undefined ? [collection, revision, version] : [collection, revision, version, scrub],
      ]),
    ),
    stamps: Object.fromEntries(stamps),
    made: [...made],
    ...(scrubs.size === 0 ? {} : { scrubs: Object.fromEntries([...scrubs].filter(([at]) => used.has(at))) }),
  };
  const text = JSON.stringify(kept);
  if (text === manifest.kept) return;
  const temporary = join(folder, temporaryName());
  await writeFile(temporary, text);
  await rename(temporary, join(folder, MANIFEST));
  manifest.kept = text;
}
