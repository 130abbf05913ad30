/** What a bulk load asks for: files decided on by the same engine as every other, as items of one request. */
import { byteLength, digest } from "../document/mod.ts";
import type { LoadItem, LoadRequest } from "../hub/bulk-hub.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import type { Plan } from "../reconcile/types.ts";
import type { Store } from "../stores/store.ts";
import type { Binding } from "./binding.ts";
import { type Budget, LOCAL_LIMITS } from "./budget.ts";
import { planDocuments } from "./plan.ts";

export interface LoadFile {
  /** The object name it will have. */
  path: string;
  bytes: Uint8Array;
}

export interface LoadPlan extends Required<Pick<LoadRequest, "items" | "texts" | "warned">> {
  /** Paths that are not to be made documents this way. */
  others: string[];
}

/** Files that are decided on together: what was read of them is let go of before it is old. */
const FEW = 8;

/** Decided as if the file alone were there; the database makes sure that it is. */
export async function planLoad(binding: Binding, files: readonly LoadFile[]): Promise<LoadPlan> {
  const warned: LoadPlan["warned"][number][] = [];
  const others: string[] = [];
  // One character that is no byte would make all texts it is put together with take twice the memory, and be counted
  // and written one by one: those with such stand last, by themselves.
  const plain: NewDocument[] = [];
  const wide: NewDocument[] = [];
  for (let from = 0; from < files.length; from += FEW) {
    const some = files.slice(from, from + FEW);
    for (const [place, one] of (await decide(binding, some)).entries()) {
      const { path } = one.item;
      // A text that was read is its file's bytes exactly.
      const size = some[place]!.bytes.byteLength;
      const document = "plan" in one ? asNewDocument(binding, path, one.plan, size) : null;
      if (document === null) {
        others.push(path);
        continue;
      }
      (size === document.text.length ? plain : wide).push(document);
      if ("warnings" in one && one.warnings && one.warnings.length > 0)
        warned.push({ path, warnings: one.warnings });
    }
  }
  let start = 0;
  const items = [...plain, ...wide].map(({ text: _, ...item }): LoadItem => {
    start += item.size;
    return { ...item, start: start - item.size };
  });
  return { items, texts: [plain, wide].map(joined), warned, others };
}

function decide(binding: Binding, files: readonly LoadFile[]): ReturnType<typeof planDocuments> {
  return planDocuments(
    {
      bindings: new Map([[binding.collection.name, binding]]),
      bucket: () => NO_STORE,
      limits: LOCAL_LIMITS,
      budget: NO_BUDGET,
      imported: new Map(files.map(({ path, bytes }) => [path, bytes])),
    },
    files.map(({ path }) => unknown(binding.collection.name, path)),
  );
}

type NewDocument = Omit<LoadItem, "start"> & { text: string };

const joined = (documents: readonly NewDocument[]): string => documents.map(({ text }) => text).join("");

function asNewDocument({ collection }: Binding, path: string, plan: Plan, size: number): NewDocument | null {
  const [revision, ...more] = plan.revisions;
  if (plan.outcome !== "created" || plan.conflict || plan.quarantine || plan.row?.op !== "put") return null;
  if (revision?.store !== "directory" || more.length > 0 || plan.row.clear.length > 0) return null;
  const { text } = revision;
  if (plan.object?.op !== "put" || plan.object.text !== text) return null;
  const body = plan.row.body ?? "";
  const key = collection.path.parse(path);
  const head = text.length - body.length;
  // Not `endsWith`, which looks at one character after the other.
  if (head < 0 || text.slice(head) !== body || key === null) return null;
  return {
    path,
    keys: collection.path.params.map(({ name }) => key[name]!),
    text,
    // Where every character is a byte nothing need be counted.
    head: size === text.length ? head : byteLength(text.slice(0, head)),
    size,
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

/** Nobody asks how long it took: looking at the clock for every step would take a hundredth of the time. */
const NO_BUDGET: Budget = { compute: (work) => work(), isSpent: () => false };

/** Where nothing is there is nothing to read. */
const NO_STORE: Store<Uint8Array> = {
  name: "none",
  read: () => Promise.resolve({ state: "absent" }),
  write: () => Promise.reject(new Error("nothing is written here")),
  remove: () => Promise.reject(new Error("nothing is written here")),
};
