/** Bulk load: files that a person brings in, through the hub's own batch path. A file counts as an edit of the object. */
import { collectionOf, type ResolvedConfig } from "../collections/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import { digestsOf } from "./binding.ts";
import { LOCAL_LIMITS, startBudget, systemClock } from "./budget.ts";
import { pass, type Result } from "./pass.ts";
import { pooled } from "./pool.ts";
import type { RunSummary, WorkerOptions } from "./worker.ts";

export interface ImportedFile {
  /** The object name it will have. */
  path: string;
  read(): Promise<Uint8Array>;
}

export interface ImportOptions extends WorkerOptions {
  config: ResolvedConfig;
  /** The bucket that collections are looked up by; a file that fits none is ignored. */
  files: AsyncIterable<ImportedFile> | Iterable<ImportedFile>;
  /** Why, for the history; whose it is, the hub was told when it was made. @default the outcome */
  message?: string;
}

export interface ImportSummary extends RunSummary {
  /** Files that belong to a collection. */
  documents: number;
  /** Files that belong to none. */
  ignored: number;
}

/** Imports in batches of at most 200 files and some 2 MB; a batch is one transaction for the rows, then the bucket. */
export async function importFiles(options: ImportOptions): Promise<ImportSummary> {
  const { hub, config, bindings, cause } = options;
  const limits = { ...LOCAL_LIMITS, ...options.limits };
  const clock = options.clock ?? systemClock;
  const run = crypto.randomUUID();
  const said = options.message === undefined ? {} : { message: options.message };
  const counts: Record<string, number> = {};
  let documents = 0;
  let ignored = 0;
  let batch = new Map<string, { collection: string; bytes: Uint8Array }>();
  let bytes = 0;

  for await (const file of options.files) {
    const owner = config.collections.find(({ bucket }) => collectionOf(config, bucket, file.path)) ?? null;
    if (owner === null) {
      ignored++;
      continue;
    }
    const { name } = collectionOf(config, owner.bucket, file.path)!;
    const content = await file.read();
    documents++;
    batch.set(file.path, { collection: name, bytes: content });
    bytes += content.byteLength;
    if (batch.size >= limits.documents || bytes >= limits.bytes) await flush();
  }
  await flush();
  const { more } = await hub.finish(run, { ring: true });
  return { run, counts, more, documents, ignored };

  async function flush(): Promise<void> {
    if (batch.size === 0) return;
    const files = batch;
    batch = new Map();
    bytes = 0;
    const items = await hub.claim({
      worker: `import-${run.slice(0, 8)}`,
      run,
      cause,
      limit: files.size,
      leaseSeconds: 300,
      digests: digestsOf(bindings),
      paths: [...files].map(([path, { collection }]) => ({ collection, path })),
    });
    const imported = new Map([...files].map(([path, file]) => [path, file.bytes]));
    const results = await pass(
      {
        hub,
        run,
        bindings,
        bucket: options.bucket,
        limits,
        budget: startBudget(limits, clock),
        imported,
        ...said,
      },
      items,
    );
    const claimed = new Set(items.map(({ path }) => path));
    for (const [path, { collection }] of files) {
      // Another worker holds it: its file is not imported now, and that is said.
      if (!claimed.has(path)) results.push({ collection, path, outcome: "busy" });
    }
    await keepUnreadable(items, results, imported);
    report(results);
  }

  /** A file that is no document is put beside the others as it is, so that nothing is lost; it is quarantined there. */
  async function keepUnreadable(
    items: readonly ClaimedDocument[],
    results: readonly Result[],
    imported: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const refused = new Set(
      results.filter(({ outcome }) => outcome === "quarantined").map(({ path }) => path),
    );
    const fresh = items.filter(({ path, bucket }) => refused.has(path) && bucket === null);
    await pooled(fresh, limits.requests, async ({ collection, path }) => {
      const store = options.bucket(bindings.get(collection)!.collection.bucket);
      try {
        await store.write(path, imported.get(path)!, { base: null, intent: null });
      } catch (error) {
        // Somebody put a file there meanwhile: that one stays.
        if (!(error instanceof FrontrowError) || error.code !== "REPLICA_MOVED") throw error;
      }
    });
  }

  function report(results: readonly Result[]): void {
    for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
    options.onResults?.(results);
  }
}
