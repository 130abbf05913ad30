/** From what was claimed to what reconcile looks at: fetches the bytes that are needed, and reads them as documents. */
import { encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { ClaimedDocument, WireBase } from "../hub/hub.ts";
import type { Base, HubState, Reading, Side, TextContent } from "../reconcile/types.ts";
import type { Store } from "../stores/store.ts";
import { type Binding, pathRefusal, readFile, readRow, readText } from "./binding.ts";
import type { Budget } from "./budget.ts";

/** The hub's and every store's side of one document. */
export interface Sides {
  hub: HubState | null;
  sides: Side[];
}

/**
 * Reads one claimed document. At most one download, and none when the object is at the base's version. `imported` are
 * the bytes of a file that a person brings in; they count as an edit of the file. `pushed` is what a peer made of the
 * hub's own text, null where it deleted the document.
 */
export async function readSides(
  binding: Binding,
  item: ClaimedDocument,
  bucket: Store<Uint8Array>,
  compute: Budget["compute"],
  imported?: Uint8Array,
  pushed?: string | null,
): Promise<Sides> {
  const hubText = lazy(() => (item.hub?.text == null ? null : readText(binding, item.hub.text)));
  const bucketBase = baseOf(binding, item, item.bases.bucket, hubText);
  const tableBase = baseOf(binding, item, item.bases.table, hubText);
  const sides: Side[] = [
    {
      store: "bucket",
      base: bucketBase,
      reading: await readBucket(binding, item, bucket, compute),
      dirtyAt: item.dirtyAt?.bucket ?? null,
    },
  ];
  if (imported !== undefined) {
    const reading = compute(() => parsed("imported", () => readFile(binding, item.path, imported)));
    sides.push({ store: "directory", base: bucketBase, reading, dirtyAt: null });
    // Whoever brings a file in wants it there: a replica that is gone is made again, not taken for a deletion.
    if (item.bucket === null) sides[0]!.base = null;
  }
  const isGone = item.hub === null || item.hub.deleted;
  if (pushed !== undefined) {
    const reading: Reading =
      pushed === null
        ? { state: "absent" }
        : compute(() => parsed("pushed", () => readFile(binding, item.path, encode(pushed)), item.path));
    const base = isGone ? null : { version: "", revision: item.hub!.revision, text: hubText()!, row: null };
    sides.push({ store: "directory", base, reading, dirtyAt: null });
    // Made again where it was deleted before: the deletion is no news any more.
    if (isGone && item.bucket === null) sides[0]!.base = null;
  }
  const isMadeAgain = imported !== undefined || (pushed !== undefined && isGone);
  sides.push({
    store: "table",
    base: isMadeAgain && item.table === null ? null : tableBase,
    reading: readTable(binding, item),
    dirtyAt: item.dirtyAt?.table ?? null,
  });
  const hub =
    item.hub === null ? null : { revision: item.hub.revision, text: item.hub.deleted ? null : hubText() };
  return { hub, sides };
}

async function readBucket(
  binding: Binding,
  item: ClaimedDocument,
  bucket: Store<Uint8Array>,
  compute: Budget["compute"],
): Promise<Reading> {
  const { bucket: object, bases, path } = item;
  if (object === null) return { state: "absent" };
  // A base of a document the hub does not know is not believed.
  const isBase = item.hub !== null && object.version === bases.bucket?.version;
  if (isBase) return { state: "unchanged", version: object.version };
  const { maxBytes } = binding.collection.policies;
  if (object.size !== null && object.size > maxBytes) {
    // Known from SQL, so nothing is fetched.
    const error = new FrontrowError(
      "DOCUMENT_TOO_LARGE",
      `Cannot read "${path}" as it has ${object.size} bytes: the collection's limit is ${maxBytes}.`,
      { path, rule: "too-large", hint: "Split the document, or raise maxBytes." },
    );
    return { state: "invalid", version: object.version, error };
  }
  // A path that no row can have is refused before anything is fetched by it.
  const refused = compute(() => pathRefusal(binding, path));
  if (refused !== null) return { state: "invalid", version: object.version, error: refused };
  const answer = await bucket.read(path, object);
  if (answer.state !== "found") return answer;
  return compute(() => parsed(answer.version, () => readFile(binding, path, answer.content)));
}

function readTable(binding: Binding, { table, path }: ClaimedDocument): Reading {
  if (table === null) return { state: "absent" };
  return parsed(table.version, () => readRow(binding, table), path);
}

/** A document's error is an answer; any other error is a defect of ours and is not hidden. */
export function parsed(
  version: string,
  read: () => Extract<Reading, { state: "found" }>["content"],
  path?: string,
): Reading {
  try {
    return { state: "found", version, content: read() };
  } catch (error) {
    if (!(error instanceof FrontrowError) || error.retryable) throw error;
    return {
      state: "invalid",
      version,
      error: error.path === undefined && path ? withPath(error, path) : error,
    };
  }
}

function withPath(error: FrontrowError, path: string): FrontrowError {
  const { line, column, rule, hint, cause } = error;
  return new FrontrowError(error.code, error.message, { path, line, column, rule, hint, cause });
}

function baseOf(
  binding: Binding,
  { hub }: ClaimedDocument,
  wire: WireBase | null,
  hubText: () => TextContent | null,
): Base | null {
  if (wire === null) return null;
  const text = lazy(() => {
    // Without a text it is the hub's own; another revision's would silently be taken for it.
    const own = wire.revision === hub?.revision ? hubText() : null;
    const held = wire.text === null ? own : readText(binding, wire.text);
    if (held === null) throw new Error(`revision ${wire.revision} has no text`);
    return held;
  });
  const row = lazy(() =>
    wire.fields ? readRow(binding, { fields: wire.fields, body: wire.body ?? null }) : null,
  );
  return {
    version: wire.version,
    revision: wire.revision,
    get text() {
      return text();
    },
    get row() {
      return row();
    },
  };
}

/** Most passes need only some of the texts; each is parsed once, when asked for. */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
