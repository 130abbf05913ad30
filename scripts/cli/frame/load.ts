/** Brings the files of a folder into the project: those it has not as they are, new ones many at a time. */
import {
  collectionOf,
  type ResolvedCollection,
  type ResolvedConfig,
} from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Report } from "../../../shared/hub/hub.ts";
import { importFiles } from "../../../shared/sync/import.ts";
import { loadDocuments } from "../../../shared/sync/load.ts";
import type { Result } from "../../../shared/sync/pass.ts";
import { compareFiles } from "./compare.ts";
import { type Engine, settle } from "./engine.ts";
import { createTally, type Tally } from "./outcomes.ts";
import { leftIn, reportOf } from "./state.ts";
import type { Call } from "./verb.ts";
import type { FoundFile } from "./walk.ts";

export interface Loaded {
  /** Files that belong to a collection. */
  documents: number;
  /** Files that belong to none. */
  ignored: number;
  tally: Tally;
  /** Files that could not be read from the disk. */
  refused: FrontrowError[];
  /** Files that never got in: somebody else kept their documents busy, Storage failed, or the person interrupted. */
  left: string[];
  report: Report;
}

export interface LoadEvents {
  /** Told how many files belong to a collection. */
  onStart(documents: number): void;
  onResults(results: readonly Result[]): void;
  /** Before the first file is written to Storage, by a pass or afterwards. */
  onStorage(): Promise<void>;
}

/** A file and the collection it belongs to. */
export interface OwnedFile extends FoundFile {
  owner: ResolvedCollection;
}

/** Outcomes after which the file is not known to be in: it is brought in again, which is no edit when it was. */
const AGAIN = new Set(["busy", "stale", "fenced", "deferred", "failed"]);
const ROUNDS = 4;

/**
 * `config` may be a part of the engine's: files that fit none of its collections are ignored. Without `upload` the files
 * of new documents are left to whoever works next.
 */
export async function load(
  engine: Engine,
  config: ResolvedConfig,
  files: readonly FoundFile[],
  call: Call,
  { onStart, onResults, onStorage, upload }: LoadEvents & { upload: boolean },
): Promise<Loaded> {
  const { hub, bindings, bucket } = engine;
  const signal = call.io.interruption();
  const tally = createTally();
  const refused = new Map<string, FrontrowError>();
  const owned = files.flatMap((file): OwnedFile[] => {
    const owner = config.collections.find((one) => collectionOf(config, one.bucket, file.path) === one);
    return owner === undefined ? [] : [{ ...file, owner }];
  });
  const message = call.options.message as string | undefined;
  const said = message === undefined ? {} : { message };

  function* readable(some: readonly OwnedFile[]): Generator<OwnedFile & { bytes: Uint8Array }> {
    for (const file of some) {
      if (signal.aborted) return;
      const bytes = bytesOf(file);
      if (bytes !== null) yield { ...file, bytes };
    }
  }

  function bytesOf({ shown, read }: FoundFile): Uint8Array | null {
    try {
      return read();
    } catch (cause) {
      const rule = (cause as { code?: string }).code ?? "no answer";
      const error = new FrontrowError("NOT_FOUND", `Cannot read the file "${shown}" (${rule}).`, {
        path: shown,
        rule,
        cause,
      });
      refused.set(shown, error);
      return null;
    }
  }

  const paths = new Map(owned.map(({ path, owner }) => [path, owner.name]));
  const isOurs = ({ path, collection }: Result): boolean => paths.get(path) === collection;

  function told(results: readonly Result[]): void {
    tally.add(results);
    onResults(results);
  }

  onStart(owned.length);
  const compared = await compareFiles(engine, owned, bytesOf);
  told(compared.unchanged.map(({ owner, path }) => ({ collection: owner.name, path, outcome: "unchanged" })));
  if (compared.report && leftIn(compared.report) === 0) return result(compared.report, []);

  const run = crypto.randomUUID();
  const others = new Set<string>();
  for (const [name, binding] of bindings) {
    const fresh = compared.fresh.filter(({ owner }) => owner.name === name);
    if (fresh.length === 0) continue;
    const left = await loadDocuments({
      bulk: engine.bulk,
      binding,
      files: readable(fresh),
      run,
      cause: "import",
      ...said,
      onResults: told,
    });
    for (const path of left) others.add(path);
  }
  if (compared.fresh.length > others.size) await hub.finish(run, { ring: !upload });

  let left = [...compared.changed, ...compared.fresh.filter(({ path }) => others.has(path))];
  if (left.length > 0 || upload) await onStorage();
  for (let round = 1; ; round++) {
    if (left.length > 0) {
      await importFiles({
        hub,
        bindings,
        bucket,
        config,
        cause: "import",
        ...said,
        files: contents(left),
        onResults: told,
      });
    }
    const report = upload
      ? await settle(engine, call, (results) => tally.add(results.filter(isOurs)))
      : await reportOf(hub, engine.collection);
    left = owned.filter(({ owner, path, shown }) => {
      const outcome = tally.of(owner.name, path);
      return outcome === undefined ? !refused.has(shown) : AGAIN.has(outcome);
    });
    if (left.length === 0 || signal.aborted || round === ROUNDS) return result(report, left);
    call.out.note(`${left.length} of the files are brought in again`);
  }

  function* contents(some: readonly OwnedFile[]): Generator<{ path: string; read(): Promise<Uint8Array> }> {
    for (const { path, bytes } of readable(some)) yield { path, read: () => Promise.resolve(bytes) };
  }

  function result(report: Report, unfinished: readonly OwnedFile[]): Loaded {
    return {
      documents: owned.length,
      ignored: files.length - owned.length,
      tally,
      refused: [...refused.values()],
      left: unfinished.map(({ shown }) => shown),
      report,
    };
  }
}
