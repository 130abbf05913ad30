/** `frontrow new` in a clone: the id first, from the origin or from what was set aside, then a file. */
import { encode } from "../../../shared/document/mod.ts";
import { displayPath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { bindingOf } from "../../../shared/replica/clone.ts";
import { createCloneIds } from "../../../shared/replica/ids.ts";
import { settleDocument } from "../../../shared/replica/settle.ts";
import { syncClone } from "../../../shared/replica/sync.ts";
import { loadConfig } from "../frame/config.ts";
import { EXIT } from "../frame/exit.ts";
import { readTemplate, wantedBy } from "../frame/template.ts";
import type { Answer, Call } from "../frame/verb.ts";
import { composer } from "../new.ts";
import { type Ground, originOf } from "./ground.ts";

/** Ids that somebody took by hand meanwhile are passed. */
const TRIES = 5;

export async function newIn(call: Call, ground: Ground): Promise<Answer> {
  const { out, io, options } = call;
  const [named, title] = call.arguments as [string, string | undefined];
  const wanted = wantedBy(await loadConfig(call), named, options.template as string | undefined);
  const clone = await ground.open();
  const { name: collection } = wanted.collection;
  const binding = bindingOf(clone, collection);
  const template =
    wanted.template === null ? undefined : await readTemplate(call, wanted.collection, wanted.template);
  const { document, sample } = await composer(call, binding, title, template);
  if (options.dryRun === true) {
    const { path, text } = document(sample);
    if (!out.isJson) io.stdout(text);
    out.note(`would be ${displayPath(path)}; nothing was written`);
    return {
      code: EXIT.ok,
      json: { dry_run: true, collection, id: null, path, template: wanted.template, text },
    };
  }
  const origin = await originOf(ground.project, call, clone.author).catch(() => null);
  const ids = createCloneIds(clone, origin);
  for (let round = 0; round < TRIES; round++) {
    const id = sample === null ? null : await ids.next(collection);
    const { path, text } = document(id);
    const isTaken = hasDocument(path) || (await clone.folder.look(path)).state !== "absent";
    if (isTaken && id !== null) {
      out.note(`${id} is there already: taking the next`);
      continue;
    }
    if (isTaken)
      throw new FrontrowError("IN_THE_WAY", `"${displayPath(path)}" is there already: nothing was written.`, {
        path,
        hint: "Name it otherwise with --set.",
      });
    await clone.folder.write(path, encode(text), { base: null, intent: null });
    await settleDocument(clone, { collection, path }, { message: options.message as string | undefined });
    const isProvisional = id !== null && binding.collection.ids!.format.read(id) === null;
    out.say(id === null ? displayPath(path) : `${out.paint.bold(id)}  ${displayPath(path)}`);
    if (isProvisional) out.note("Offline, and no id was left: it gets its number with the next push.");
    // It is pushed at once where that is possible, so that the others see it; else it waits in the outbox.
    const started = new Date();
    const pushed =
      origin !== null && (await syncClone({ ...clone, origin }, { pull: false })).offline === null;
    clone.hub.log({
      verb: "new",
      author: clone.author,
      counts: { created: 1 },
      error: null,
      startedAt: started.toISOString(),
      milliseconds: Date.now() - started.getTime(),
    });
    return {
      code: EXIT.ok,
      json: { collection, id, path, template: wanted.template, provisional: isProvisional, pushed },
    };
  }
  throw new FrontrowError("IN_THE_WAY", `The next ${TRIES} ids of "${collection}" are all taken.`, {
    hint: "Sync, and try again.",
  });

  function hasDocument(path: string): boolean {
    const known = clone.hub.document({ collection, path });
    return known !== null && !known.deleted;
  }
}
