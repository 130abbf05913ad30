/** Brings the files of a folder into the project. */
import { collectionOf, type ResolvedConfig } from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Report } from "../../../shared/hub/hub.ts";
import { importFiles } from "../../../shared/sync/import.ts";
import type { Result } from "../../../shared/sync/pass.ts";
import { type Engine, settle } from "./engine.ts";
import { createTally, type Tally } from "./outcomes.ts";
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
}

/** Outcomes after which the file is not known to be in: it is brought in again, which is no edit when it was. */
const AGAIN = new Set(["busy", "stale", "fenced", "deferred", "failed"]);
const ROUNDS = 4;

/** `config` may be a part of the engine's: files that fit none of its collections are ignored. */
export async function load(
  engine: Engine,
  config: ResolvedConfig,
  files: readonly FoundFile[],
  call: Call,
  { onStart, onResults }: LoadEvents,
): Promise<Loaded> {
  const { hub, bindings, bucket } = engine;
  const signal = call.io.interruption();
  const tally = createTally();
  const refused: FrontrowError[] = [];
  const owned = files.flatMap((file) => {
    const owner = config.collections.find((one) => collectionOf(config, one.bucket, file.path) === one);
    return owner === undefined ? [] : [{ ...file, owner }];
  });

  async function* readable(
    some: typeof owned,
  ): AsyncGenerator<{ path: string; read(): Promise<Uint8Array> }> {
    for (const { path, shown, read } of some) {
      if (signal.aborted) return;
      const bytes = await read().catch((cause: { code?: string }) => {
        const why = cause.code ?? "no answer";
        refused.push(
          new FrontrowError("NOT_FOUND", `Cannot read the file "${shown}" (${why}).`, {
            path: shown,
            rule: why,
            cause,
          }),
        );
        return null;
      });
      if (bytes === null) continue;
      yield { path, read: async () => bytes };
    }
  }

  const paths = new Map(owned.map(({ path, owner }) => [path, owner.name]));
  const isOurs = ({ path, collection }: Result): boolean => paths.get(path) === collection;

  function told(results: readonly Result[]): void {
    tally.add(results);
    onResults(results);
  }

  onStart(owned.length);
  let left = owned;
  let report: Report;
  for (let round = 1; ; round++) {
    await importFiles({
      hub,
      bindings,
      bucket,
      config,
      cause: "import",
      ...(call.options.message === undefined ? {} : { message: call.options.message as string }),
      files: readable(left),
      onResults: told,
    });
    report = await settle(engine, call, (results) => tally.add(results.filter(isOurs)));
    left = owned.filter(({ owner, path, shown }) => {
      const outcome = tally.of(owner.name, path);
      return outcome === undefined ? !refused.some((error) => error.path === shown) : AGAIN.has(outcome);
    });
    if (left.length === 0 || signal.aborted || round === ROUNDS) break;
    call.out.note(`${left.length} of the files are brought in again`);
  }
  return {
    documents: owned.length,
    ignored: files.length - owned.length,
    tally,
    refused,
    left: left.map(({ shown }) => shown),
    report,
  };
}
