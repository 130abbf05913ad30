/**
 * Ids in a clone: online the origin's next one; offline one of a few that were set aside while it was there; else a
 * provisional one, which gets its number, everywhere it is mentioned, before it is pushed.
 */
import { decode, encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { DocumentName } from "../hub/peer-hub.ts";
import {
  type IdFormat,
  type IdSource,
  isMentioned,
  isProvisional,
  leftIn,
  provisionalId,
  replaceMentions,
  takeNext,
} from "../ids/mod.ts";
import type { Binding } from "../sync/binding.ts";
import { bindingOf, type Clone, type CloneOutcome, type ConnectedClone } from "./clone.ts";
import type { Origin } from "./origin.ts";
import { meantBytes } from "./scrubbed-files.ts";
import { settleDocument } from "./settle.ts";

/** Ids of each collection that are set aside for offline work. */
const RESERVE = 10;

/** @param origin null: offline, whatever the network says */
export function createCloneIds(clone: Clone, origin: Origin | null): IdSource {
  return {
    async next(collection) {
      const { format } = idsOf(bindingOf(clone, collection));
      if (origin !== null) {
        try {
          const { first } = await origin.ids({ request: crypto.randomUUID(), collection, count: 1 });
          return format.write(first);
        } catch (error) {
          if (!(error instanceof FrontrowError) || !error.retryable) throw error;
        }
      }
      const number = takeReserved(clone, collection);
      return number === null ? provisionalFor(clone, collection) : format.write(number);
    },
  };
}

/** Sets ids aside for when the origin is away. */
export async function reserveIds({ hub, bindings, origin }: ConnectedClone): Promise<void> {
  for (const [
    collection,
    {
      collection: { ids },
    },
  ] of bindings) {
    if (ids === null) continue;
    const left = hub.reserved(collection);
    if (left !== null && leftIn(left) > 0) continue;
    const { first, last } = await origin.ids({ request: crypto.randomUUID(), collection, count: RESERVE });
    hub.reserve(collection, { first, last, next: first });
  }
}

function takeReserved({ hub }: Clone, collection: string): number | null {
  return hub.together(() => {
    const block = hub.reserved(collection);
    const taken = block && takeNext(block);
    if (taken) hub.reserve(collection, taken.rest);
    return taken ? taken.number : null;
  });
}

function provisionalFor(clone: Clone, collection: string): string {
  const binding = bindingOf(clone, collection);
  const { format, key } = idsOf(binding);
  const isText = binding.columns.keys.find(({ column }) => column === key)?.type === "text";
  if (!isText)
    throw new FrontrowError(
      "STORE_UNAVAILABLE",
      `No id of "${collection}" is left here, and the origin is away.`,
      {
        rule: "no-ids",
        hint: "Ids that are no texts cannot be provisional: try again when the origin is back.",
      },
    );
  return provisionalId(format, (bytes) => void crypto.getRandomValues(bytes));
}

function idsOf({ collection: { name, ids } }: Binding): { key: string; format: IdFormat } {
  if (ids !== null) return ids;
  throw new FrontrowError("CONFIG_INVALID", `The collection "${name}" has no ids.`, {
    hint: "Declare them in the config: ids: { key, format }.",
  });
}

const RENAMING = "renaming:";

/**
 * Gives every provisional id a real one: in the document's name, and wherever a document mentions it. What was begun is
 * remembered, so that it goes on under the same id after a crash.
 */
export async function settleProvisional(clone: ConnectedClone): Promise<CloneOutcome[]> {
  const { hub, bindings, origin } = clone;
  for (const entry of hub.entries()) {
    const id = provisionalOf(bindings.get(entry.collection), entry);
    if (id === null || entry.deleted || entry.peer !== null || hub.get(RENAMING + id) !== null) continue;
    hub.set(RENAMING + id, JSON.stringify({ collection: entry.collection, request: crypto.randomUUID() }));
  }
  const outcomes: CloneOutcome[] = [];
  for (const [name, value] of hub.settings(RENAMING)) {
    const { collection, request } = JSON.parse(value) as { collection: string; request: string };
    if (!bindings.has(collection)) continue;
    const { format } = idsOf(bindingOf(clone, collection));
    const { first } = await origin.ids({ request, collection, count: 1 });
    outcomes.push(...(await rename(clone, collection, name.slice(RENAMING.length), format.write(first))));
    hub.set(name, null);
  }
  return outcomes;
}

function provisionalOf(binding: Binding | undefined, { path }: DocumentName): string | null {
  const ids = binding?.collection.ids;
  if (!binding || !ids) return null;
  const id = binding.collection.path.matches(path)
    ? binding.collection.path.parse(path)?.[ids.key]
    : undefined;
  return id !== undefined && isProvisional(ids.format, id) ? id : null;
}

async function rename(clone: Clone, collection: string, from: string, to: string): Promise<CloneOutcome[]> {
  const { hub, folder } = clone;
  const outcomes: CloneOutcome[] = [];
  const message = `${from} is ${to} now`;
  for (const entry of hub.entries()) {
    const binding = clone.bindings.get(entry.collection);
    if (entry.deleted || binding === undefined) continue;
    const isItself = entry.collection === collection && provisionalOf(binding, entry) === from;
    const document = hub.document(entry)!;
    if (!isItself && (document.text === null || !isMentioned(document.text, from))) continue;
    const name = { collection: entry.collection, path: entry.path };
    const look = await folder.look(entry.path);
    const read = look.state === "found" ? await folder.read(entry.path, look) : look;
    // Gone or unreadable now: the next sync looks again.
    if (read.state !== "found") continue;
    // As it is meant: under its new name the hub knows nothing of it that could stand where it was scrubbed.
    const content = isItself ? meantBytes(clone, document, read.content) : read.content;
    const written = encode(replaceMentions(decode(content, Number.MAX_SAFE_INTEGER), from, to));
    if (isItself) {
      const { path } = binding.collection;
      const target = path.build({ ...path.parse(entry.path)!, [binding.collection.ids!.key]: to });
      if ((await folder.look(target)).state === "absent")
        await folder.write(target, written, { base: null, intent: null });
      outcomes.push(await settleDocument(clone, { collection, path: target }, { message }));
      await folder.remove(entry.path, { base: read.version, intent: null });
    } else await folder.write(entry.path, written, { base: read.version, intent: null });
    outcomes.push(await settleDocument(clone, name, { message }));
  }
  return outcomes;
}
