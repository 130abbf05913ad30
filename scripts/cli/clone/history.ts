/** `frontrow log`, `show`, `diff` and `restore` in a clone: its own history, which needs no network. */

import { encode } from "../../../shared/document/mod.ts";
import { displayPath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { absorb } from "../../../shared/replica/absorb.ts";
import type { LocalDocument, LocalHistory } from "../../../shared/replica/local-hub.ts";
import { meantBytes } from "../../../shared/replica/scrubbed-files.ts";
import { settleDocument } from "../../../shared/replica/settle.ts";
import type { OpenClone } from "../../replica/open.ts";
import { sayDiff } from "../frame/diff-text.ts";
import { EXIT } from "../frame/exit.ts";
import { splitRevision } from "../frame/revisions.ts";
import { aligned, minuteOf } from "../frame/text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import type { Ground } from "./ground.ts";
import { documentNamed } from "./named.ts";
import { watching } from "./tell.ts";

const MOST = 20;

export async function logIn(call: Call, ground: Ground): Promise<Answer> {
  const { out, options } = call;
  const clone = await ground.open();
  const most = (options.limit as number | undefined) ?? MOST;
  const [named] = call.arguments;
  if (options.audit === true || named === undefined) {
    const runs = clone.hub.runs(most);
    if (runs.length === 0) out.say("Nothing was done here yet.");
    const rows = runs.map(({ verb, author, counts, error, startedAt }) => [
      out.paint.dim(minuteOf(startedAt)),
      verb,
      author ?? "unknown",
      error ??
        Object.entries(counts)
          .map(([word, count]) => `${count} ${word}`)
          .join(", "),
    ]);
    for (const line of aligned(rows)) out.say(line);
    return { code: EXIT.ok, json: { runs } };
  }
  const document = documentNamed(clone, ground, call, named);
  const revisions = clone.hub.history(document).slice(0, most);
  for (const line of aligned(revisions.map((one) => lineOf(one, document, call)))) out.say(line);
  return { code: EXIT.ok, json: { collection: document.collection, path: document.path, revisions } };
}

function lineOf(one: LocalHistory, document: LocalDocument, { out: { paint } }: Call): string[] {
  const { revision, at, maker, author, message, deleted } = one;
  const number = revision === document.revision ? paint.bold(`@${revision}`) : `@${revision}`;
  const peer = document.peer?.revision === revision ? paint.green("origin") : "";
  const what = message ?? (deleted ? "deleted" : "");
  return [number, paint.dim(minuteOf(at)), maker, author ?? paint.dim("unknown"), peer, what];
}

export async function showIn(call: Call, ground: Ground): Promise<Answer> {
  const clone = await ground.open();
  const { named, revision } = splitRevision(call.arguments[0]!);
  const document = documentNamed(clone, ground, call, named);
  const text = textAt(clone, document, revision ?? document.revision);
  if (!call.out.isJson) call.io.stdout(text);
  const { collection, path } = document;
  return { code: EXIT.ok, json: { collection, path, revision: revision ?? document.revision, text } };
}

/** Without revisions: what is here against what was last agreed on with the origin. */
export async function diffIn(call: Call, ground: Ground): Promise<Answer> {
  const clone = await ground.open();
  const [named, from, to] = call.arguments as unknown as [string, number | undefined, number | undefined];
  const document = documentNamed(clone, ground, call, named);
  const { path, peer } = document;
  const base = from ?? peer?.revision ?? null;
  const shown = displayPath(path);
  const before = base === null ? "" : textAt(clone, document, base);
  const file = await clone.folder.look(path);
  let after: string;
  if (to !== undefined) after = textAt(clone, document, to);
  else if (file.state === "found" && file.version !== document.directory?.version) {
    const read = await clone.folder.read(path, file);
    after =
      read.state === "found"
        ? new TextDecoder().decode(meantBytes(clone, document, read.content))
        : (document.text ?? "");
  } else after = file.state === "absent" ? "" : (document.text ?? "");
  const { collection } = document;
  return sayDiff(
    call,
    { collection, path, from: base, to: to ?? null },
    { before, after },
    {
      before: base === null ? "/dev/null" : `${shown}@${base}`,
      after: to === undefined ? shown : `${shown}@${to}`,
    },
  );
}

/** An old revision's text becomes the file, and so the newest revision. */
export async function restoreIn(call: Call, ground: Ground): Promise<Answer> {
  const clone = await ground.open(watching(call));
  // What is in the folder now is remembered first: nothing is written over that the hub does not know.
  if (call.options.dryRun !== true) await absorb(clone);
  const [named, revision] = call.arguments as unknown as [string, number];
  const document = documentNamed(clone, ground, call, named);
  const { collection, path } = document;
  const text = textAt(clone, document, revision);
  if (call.options.dryRun === true) {
    const shown = displayPath(path);
    return sayDiff(
      call,
      { collection, path, from: document.revision, to: revision },
      { before: document.text ?? "", after: text },
      { before: shown, after: `${shown}@${revision}` },
    );
  }
  const look = await clone.folder.look(path);
  if (look.state === "unknown") throw look.error;
  const message = (call.options.message as string | undefined) ?? `restored @${revision}`;
  await clone.folder.write(path, encode(text), {
    base: look.state === "found" ? look.version : null,
    intent: null,
  });
  const { outcome } = await settleDocument(clone, { collection, path }, { message });
  call.out.say(
    `${displayPath(path)}: as it was at revision ${revision} (${outcome}). It goes out with the next push.`,
  );
  return { code: EXIT.ok, json: { collection, path, revision, outcome } };
}

function textAt({ hub }: OpenClone, document: LocalDocument, revision: number): string {
  const text = hub.textOf(document, revision);
  if (text !== null) return text;
  throw new FrontrowError("NOT_FOUND", `"${document.path}" has no text at revision ${revision}.`, {
    path: document.path,
    hint: "frontrow log <path> shows its revisions; one that is a deletion has no text.",
  });
}
