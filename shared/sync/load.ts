/**
 * Bulk load of new documents: planned by the same engine as every other, carried out by set operations in SQL. Only what
 * is a plain new document goes this way; everything else is answered as left, for `importFiles`.
 */
import type { BulkHub } from "../hub/bulk-hub.ts";
import type { Binding } from "./binding.ts";
import { type LoadFile, type LoadPlan, planLoad } from "./load-plan.ts";
import type { Result } from "./pass.ts";

export interface LoadOptions {
  bulk: BulkHub;
  binding: Binding;
  /** Read as they are needed. */
  files: AsyncIterable<LoadFile> | Iterable<LoadFile>;
  run: string;
  cause: string;
  /** Why, for the history. @default the outcome */
  message?: string;
  /** Told of the documents that were made. */
  onResults?(results: readonly Result[]): void;
}

/** One request's worth: bounded by bytes, so that memory does not grow with the files. */
const BATCH = { bytes: 1024 * 1024, documents: 1000 };
/** Requests under way at once: one is being written while others are being carried out. */
const LANES = 3;

/** Answers the paths that were not made documents. Throws as the hub does; what was made by then stays. */
export async function loadDocuments(options: LoadOptions): Promise<string[]> {
  const { bulk, binding, run, cause, message } = options;
  const left: string[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  let batch: LoadFile[] = [];
  let bytes = 0;

  for await (const file of options.files) {
    batch.push(file);
    bytes += file.bytes.byteLength;
    if (bytes >= BATCH.bytes || batch.length >= BATCH.documents) await flush();
    if (failure !== undefined) break;
  }
  await flush();
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return left;

  async function flush(): Promise<void> {
    const files = batch;
    batch = [];
    bytes = 0;
    if (files.length === 0) return;
    const plans = await planLoad(binding, files);
    left.push(...plans.others);
    if (plans.items.length === 0) return;
    while (underWay.size >= LANES) await Promise.race(underWay);
    const work: Promise<void> = send(plans)
      .catch((error) => {
        failure ??= error;
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  async function send({ items, texts, warned }: LoadPlan): Promise<void> {
    const { name } = binding.collection;
    const answer = await bulk.load({
      run,
      cause,
      collection: name,
      digest: binding.digest,
      ...(message === undefined ? {} : { message }),
      items,
      texts,
      ...(warned.length > 0 ? { warned } : {}),
    });
    const others = new Set(answer.left);
    left.push(...others);
    options.onResults?.(
      items
        .filter(({ path }) => !others.has(path))
        .map(({ path }) => ({ collection: name, path, outcome: "created" })),
    );
  }
}
