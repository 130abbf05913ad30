/**
 * Files of a folder that may have left scrubbed, as what they mean: what was taken out of them has no opinion, so the hub's
 * own text stands there. Files that nobody edited since they were exported say nothing at all.
 */
import { collectionOf, type ResolvedConfig } from "../../../shared/collections/mod.ts";
import { decode, encode } from "../../../shared/document/mod.ts";
import { at, FrontrowError } from "../../../shared/errors.ts";
import { restoreDocument } from "../../../shared/scrub/restore.ts";
import { type Scrubbing, scrubbingFor } from "../../../shared/scrub/rules.ts";
import { versionOf } from "../../../shared/stores/directory-read.ts";
import { readManifest } from "../../directory/manifest.ts";
import type { Engine } from "./engine.ts";
import { projectFileOf } from "./project-file.ts";
import { scrubbingOfCopy } from "./scrubbing.ts";
import type { Call } from "./verb.ts";
import type { FoundFile } from "./walk.ts";

export interface BroughtBack {
  /** What is to be imported, in place of what was found. */
  files: FoundFile[];
  /** Exported scrubbed, and nobody edited them since. */
  unchanged: number;
  /** Edits of which nobody can tell what they mean. */
  refused: FrontrowError[];
}

/** Documents a request for texts names. */
const TEXTS = 200;

interface Copy {
  file: FoundFile;
  bytes: Uint8Array<ArrayBuffer>;
  scrubbing: Scrubbing;
}

/** @throws {FrontrowError} what the hub throws. */
export async function bringBack(
  engine: Engine,
  config: ResolvedConfig,
  folder: string,
  files: readonly FoundFile[],
  call: Call,
): Promise<BroughtBack> {
  const manifest = await readManifest(folder, engine.identity);
  const wanted = (await projectFileOf(call))?.directory.scrub ?? null;
  const back: BroughtBack = { files: [], unchanged: 0, refused: [] };
  if (wanted === null && manifest.scrubs.size === 0) return { ...back, files: [...files] };

  const current = wanted === null ? null : scrubbingOfCopy(call, wanted);
  const former = new Map([...manifest.scrubs].map(([key, one]) => [key, scrubbingOfCopy(call, one)]));
  const copies = new Map<string, Map<string, Copy>>();
  for (const file of files) {
    const owner = config.collections.find((one) => collectionOf(config, one.bucket, file.path) === one);
    const known = manifest.files.get(file.path);
    const rules = (known?.scrub === undefined ? undefined : former.get(known.scrub)) ?? current;
    const scrubbing = owner === undefined || rules === null ? null : scrubbingFor(rules, owner.name);
    const bytes = scrubbing === null ? null : read(file);
    if (scrubbing === null || bytes === null) back.files.push(file);
    else if (known?.scrub !== undefined && (await versionOf(bytes)) === known.version) back.unchanged++;
    else {
      const own = copies.get(owner!.name) ?? new Map<string, Copy>();
      copies.set(owner!.name, own.set(file.path, { file, bytes, scrubbing }));
    }
  }
  for (const [collection, own] of copies) {
    const masters = await textsOf(engine, collection, [...own.keys()]);
    for (const [path, copy] of own) {
      const master = masters.get(path);
      const { file } = copy;
      // A new document left from nowhere.
      if (master === undefined) back.files.push(file);
      else {
        try {
          const bytes = encode(restoreDocument(master, decode(copy.bytes), copy.scrubbing));
          back.files.push({ ...file, read: () => bytes });
        } catch (error) {
          if (!(error instanceof FrontrowError)) throw error;
          back.refused.push(at(error, file.shown));
        }
      }
    }
  }
  return back;
}

/** null: whoever imports it says why it cannot be read. */
function read(file: FoundFile): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(file.read());
  } catch {
    return null;
  }
}

async function textsOf(
  { history }: Engine,
  collection: string,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (let from = 0; from < paths.length; from += TEXTS) {
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof history.documents>> = await history.documents({
        collection,
        paths: paths.slice(from, from + TEXTS),
        ...(after === null ? {} : { after }),
      });
      for (const { path, text } of page.items) if (text !== null) texts.set(path, text);
      after = page.next as string | null;
    } while (after !== null);
  }
  return texts;
}
