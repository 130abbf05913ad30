/**
 * Writes documents of the hub into a folder, page by page. A file is written only where there is none, or one that an
 * export left and nobody edited since; what differs otherwise is told, and stays.
 */
import { encode } from "../../shared/document/bytes.ts";
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError, at as inDocument } from "../../shared/errors.ts";
import type { HistoryHub, HubDocument } from "../../shared/hub/history-hub.ts";
import { type Scrubbing, scrubbingFor } from "../../shared/scrub/rules.ts";
import { scrubDocument } from "../../shared/scrub/scrub.ts";
import type { Counts } from "../../shared/scrub/segments.ts";
import { requireName } from "../../shared/stores/directory-names.ts";
import { versionOf } from "../../shared/stores/directory-read.ts";
import type { DirectoryStore, Look } from "../../shared/stores/directory-store.ts";
import { pooled } from "../../shared/sync/pool.ts";
import type { Manifest } from "./manifest.ts";

export type Outcome = "created" | "updated" | "unchanged" | "differs" | "refused" | "failed";

export interface Exporting {
  history: Pick<HistoryHub, "documents">;
  store: Pick<DirectoryStore, "look" | "write" | "remove">;
  /** Kept up to date. */
  manifest: Manifest;
  /** Overwrite files that differ and are not known to be ours. */
  force: boolean;
  /** Refuse to make files by names that Windows cannot hold. */
  portable: boolean;
  /** Only say what would happen. */
  dryRun: boolean;
  signal: AbortSignal;
  /** What is taken out of every document on its way. @default null */
  scrubbing?: Scrubbing | null;
  /** What was taken out of a document that is written, or would be. */
  onScrubbed?(counts: Counts): void;
  onOutcome(path: string, outcome: Outcome, error?: FrontrowError): void;
  /** After each page; what is in the manifest is in the folder. */
  onPage(): Promise<void>;
}

/** A document whose text is needed, and the file that was there when it was looked at. */
interface Wanted {
  document: HubDocument;
  seen: Exclude<Look, { state: "unknown" }>;
}

/** Files at a time. */
const BREADTH = 8;
/** Documents a request for texts names. */
const TEXTS = 200;

/**
 * Exports one collection, and adds the paths of all its documents to `there`. false: it was interrupted, and `there` is
 * not whole.
 * @throws {FrontrowError} what the hub throws; what is in the manifest by then is in the folder.
 */
export async function exportCollection(
  exporting: Exporting,
  collection: string,
  there: Set<string>,
): Promise<boolean> {
  const { history, signal, onPage, onOutcome } = exporting;
  let after: string | null = null;
  do {
    if (signal.aborted) return false;
    const page: Awaited<ReturnType<HistoryHub["documents"]>> = await history.documents({
      collection,
      texts: false,
      ...(after === null ? {} : { after }),
    });
    const fresh = page.items.filter(({ path }) => !there.has(path));
    for (const { path } of page.items) {
      // Two buckets may hold one name; a folder holds it once.
      if (there.has(path)) onOutcome(path, "refused", taken(path));
      there.add(path);
    }
    const wanted = new Map<string, Wanted>();
    await pooled(fresh, BREADTH, async (document) => {
      const seen = await look(exporting, collection, document);
      if (seen !== null) wanted.set(document.path, { document, seen });
    });
    const paths = [...wanted.keys()];
    for (let at = 0; at < paths.length && !signal.aborted; at += TEXTS) {
      await write(exporting, collection, paths.slice(at, at + TEXTS), wanted);
    }
    await onPage();
    after = page.next;
  } while (after !== null);
  return !signal.aborted;
}

/** What is there, where the text is needed to go on; null when the document is done. */
async function look(
  { store, manifest, scrubbing, onOutcome }: Exporting,
  collection: string,
  { path, revision }: HubDocument,
): Promise<Wanted["seen"] | null> {
  const seen = await store.look(path);
  if (seen.state === "unknown") {
    onOutcome(path, outcomeOf(seen.error), seen.error);
    return null;
  }
  const ours = manifest.files.get(path);
  // Other rules make another file of the same revision.
  const scrub = scrubbing ? scrubbingFor(scrubbing, collection)?.fingerprint : undefined;
  const isCurrent = ours?.collection === collection && ours.revision === revision && ours.scrub === scrub;
  if (seen.state === "absent" || !isCurrent || ours.version !== seen.version) return seen;
  onOutcome(path, "unchanged");
  return null;
}

async function write(
  exporting: Exporting,
  collection: string,
  paths: readonly string[],
  wanted: ReadonlyMap<string, Wanted>,
): Promise<void> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<HistoryHub["documents"]>> = await exporting.history.documents({
      collection,
      paths,
      ...(after === null ? {} : { after }),
    });
    // Where cases are not told apart, two of these could become one file: one after the other.
    const names = new Set<string>();
    const twins: HubDocument[] = [];
    const others = page.items.filter((document) => {
      const name = displayPath(document.path).toLowerCase();
      if (names.has(name)) twins.push(document);
      return names.size < names.add(name).size;
    });
    const one = (document: HubDocument) =>
      writeOne(exporting, collection, document, wanted.get(document.path)!.seen);
    await pooled(others, BREADTH, one);
    for (const twin of twins) await one(twin);
    after = page.next;
  } while (after !== null);
}

async function writeOne(
  { store, manifest, force, portable, dryRun, scrubbing, onScrubbed, onOutcome }: Exporting,
  collection: string,
  { path, revision, text }: HubDocument,
  seen: Wanted["seen"],
): Promise<void> {
  const rules = scrubbing ? scrubbingFor(scrubbing, collection) : null;
  let leaving: { text: string; counts: Counts };
  try {
    leaving = rules === null ? { text: text!, counts: {} } : scrubDocument(text!, rules);
  } catch (error) {
    // What cannot be scrubbed does not leave.
    if (!(error instanceof FrontrowError)) throw error;
    onOutcome(path, "refused", inDocument(error, path));
    return;
  }
  const content = encode(leaving.text);
  const version = await versionOf(content);
  const base = seen.state === "found" ? seen.version : null;
  const note = () => {
    if (rules === null) manifest.files.set(path, { collection, revision, version });
    else {
      manifest.files.set(path, { collection, revision, version, scrub: rules.fingerprint });
      manifest.scrubs.set(rules.fingerprint, rules.written);
    }
  };
  if (base === version) {
    note();
    onOutcome(path, "unchanged");
    return;
  }
  if (base !== null && !force && manifest.files.get(path)?.version !== base) {
    onOutcome(path, "differs");
    return;
  }
  try {
    if (dryRun) {
      if (base === null) requireName(path, portable);
    } else {
      await store.write(path, content, { base, intent: null });
      note();
    }
    onScrubbed?.(leaving.counts);
    onOutcome(path, base === null ? "created" : "updated");
  } catch (error) {
    if (!(error instanceof FrontrowError)) throw error;
    onOutcome(path, outcomeOf(error), error);
  }
}

/** A person must do something about what is refused; what failed may go well next time. */
export function outcomeOf({ retryable }: FrontrowError): "refused" | "failed" {
  return retryable ? "failed" : "refused";
}

function taken(path: string): FrontrowError {
  return new FrontrowError(
    "PATH_INVALID",
    `Cannot write "${path}", as a document of another bucket has the same path.`,
    {
      path,
      rule: "same-path",
      hint: "Export one bucket at a time, with --collection, into folders of their own.",
    },
  );
}
