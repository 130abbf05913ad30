/**
 * Bulk load of new documents: planned by the same engine as every other, carried out by set operations in SQL. Only what
 * is a plain new document goes this way; everything else is answered as left, for `importFiles`.
 */
import { byteLength, digest } from "../document/mod.ts";
import type { BulkHub, LoadItem, Warned } from "../hub/bulk-hub.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import type { Plan } from "../reconcile/types.ts";
import type { Store } from "../stores/store.ts";
import type { Binding } from "./binding.ts";
import { LOCAL_LIMITS, startBudget, systemClock } from "./budget.ts";
import type { Result } from "./pass.ts";
import { planDocuments } from "./plan.ts";

export interface LoadFile {
  /** The object name it will have. */
  path: string;
  bytes: Uint8Array;
}

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
    const plans = await planned(binding, files);
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

  async function send({ items, texts, warned }: PlannedBatch): Promise<void> {
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

interface PlannedBatch {
  items: LoadItem[];
  texts: string;
  warned: Warned[];
  others: string[];
}

/** Decided as if the file alone were there; the database makes sure that it is. */
async function planned(binding: Binding, files: readonly LoadFile[]): Promise<PlannedBatch> {
  const decided = await planDocuments(
    {
      bindings: new Map([[binding.collection.name, binding]]),
      bucket: () => NO_STORE,
      limits: LOCAL_LIMITS,
      budget: startBudget(LOCAL_LIMITS, systemClock),
      imported: new Map(files.map(({ path, bytes }) => [path, bytes])),
    },
    files.map(({ path }) => unknown(binding.collection.name, path)),
  );
  const items: LoadItem[] = [];
  const texts: string[] = [];
  const warned: Warned[] = [];
  const others: string[] = [];
  let start = 0;
  for (const one of decided) {
    const { path } = one.item;
    const document = "plan" in one ? asNewDocument(binding, path, one.plan) : null;
    if (document === null) {
      others.push(path);
      continue;
    }
    const { text, ...item } = document;
    items.push({ ...item, start });
    texts.push(text);
    start += item.size;
    if ("warnings" in one && one.warnings && one.warnings.length > 0)
      warned.push({ path, warnings: one.warnings });
  }
  return { items, texts: texts.join(""), warned, others };
}

type NewDocument = Omit<LoadItem, "start"> & { text: string };

function asNewDocument({ collection }: Binding, path: string, plan: Plan): NewDocument | null {
  const [revision, ...more] = plan.revisions;
  if (plan.outcome !== "created" || plan.conflict || plan.quarantine || plan.row?.op !== "put") return null;
  if (revision?.store !== "directory" || more.length > 0 || plan.row.clear.length > 0) return null;
  const { text } = revision;
  if (plan.object?.op !== "put" || plan.object.text !== text) return null;
  const body = plan.row.body ?? "";
  const key = collection.path.parse(path);
  if (!text.endsWith(body) || key === null) return null;
  return {
    path,
    keys: collection.path.params.map(({ name }) => key[name]!),
    text,
    head: byteLength(text.slice(0, text.length - body.length)),
    size: byteLength(text),
    digest: digest(revision.fields, revision.body),
    set: plan.row.set,
  };
}

/** A document of which nobody knows anything. */
function unknown(collection: string, path: string): ClaimedDocument {
  return {
    collection,
    path,
    token: "",
    attempts: 1,
    hub: null,
    bases: { bucket: null, table: null },
    bucket: null,
    table: null,
    isKey: true,
    resolution: null,
    dirtyAt: null,
  };
}

/** Where nothing is there is nothing to read. */
const NO_STORE: Store<Uint8Array> = {
  name: "none",
  read: () => Promise.resolve({ state: "absent" }),
  write: () => Promise.reject(new Error("nothing is written here")),
  remove: () => Promise.reject(new Error("nothing is written here")),
};
