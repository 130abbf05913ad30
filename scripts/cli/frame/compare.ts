/** Which files of a folder the project does not have as they are: by the digests of their bytes, in one question. */
import { createHash } from "node:crypto";
import type { Report } from "../../../shared/hub/hub.ts";
import type { Engine } from "./engine.ts";
import type { OwnedFile } from "./load.ts";
import type { FoundFile } from "./walk.ts";

/** Files in one question. */
const MOST = 20_000;

export interface ComparedFiles {
  unchanged: OwnedFile[];
  /** Of which the hub has no document. */
  fresh: OwnedFile[];
  changed: OwnedFile[];
  /** How things stand, when every file is in. */
  report?: Report;
}

/** `bytesOf` answers null for a file that cannot be read; it is in none of the lists. */
export async function compareFiles(
  { bulk, bindings, isEmpty, collection }: Engine,
  files: readonly OwnedFile[],
  bytesOf: (file: FoundFile) => Uint8Array | null,
): Promise<ComparedFiles> {
  const compared: ComparedFiles = { unchanged: [], fresh: [], changed: [] };
  const questions: { name: string; asked: OwnedFile[] }[] = [];
  for (const name of bindings.keys()) {
    const own = files.filter(({ owner }) => owner.name === name);
    // Where there is nothing yet, everything is new: it need not be read twice.
    if (isEmpty.has(name)) compared.fresh.push(...own);
    else
      for (let from = 0; from < own.length; from += MOST)
        questions.push({ name, asked: own.slice(from, from + MOST) });
  }
  let isWhole = compared.fresh.length === 0;
  for (const [place, { name, asked }] of questions.entries()) {
    const read = asked.flatMap((file) => {
      const bytes = bytesOf(file);
      return bytes === null ? [] : [{ file, digest: createHash("sha256").update(bytes).digest("hex") }];
    });
    const answer = await bulk.compare({
      collection: name,
      paths: read.map(({ file }) => file.path),
      digests: read.map(({ digest }) => digest),
      report: isWhole && place === questions.length - 1,
      reportOf: collection,
    });
    const fresh = new Set(answer.fresh);
    const changed = new Set(answer.changed);
    read.forEach(({ file }, index) => {
      const list = fresh.has(index) ? "fresh" : changed.has(index) ? "changed" : "unchanged";
      compared[list].push(file);
    });
    isWhole &&= fresh.size + changed.size === 0;
    if (answer.report) compared.report = answer.report;
  }
  return compared;
}
