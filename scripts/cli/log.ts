/** `frontrow log [path]`: the history of documents, or who decided what. */
import { displayPath } from "../../shared/document/path-disk.ts";
import type { AuditEntry, HistoryHub, Page, Revision } from "../../shared/hub/history-hub.ts";
import { EXIT } from "./frame/exit.ts";
import { documentNamed, limit, moment, upTo, whatHappened } from "./frame/revisions.ts";
import { aligned, minuteOf } from "./frame/text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

const MOST = 20;

export const log: Verb = {
  name: "log",
  summary: "the history of a document or of all, newest first; with --audit who decided what",
  examples: [
    "frontrow log users/ann/parts/critic.md --json",
    "frontrow log --author ann@example.org --since 7d",
  ],
  define(command) {
    command
      .argument("[path]", "only this document")
      .option("--author <who>", "only what this person did")
      .option("--since <when>", "not before: 2026-11-21, or 12h, 7d, 4w ago", moment)
      .option("--limit <n>", `at most so many (default: ${MOST})`, limit)
      .option("--audit", "decisions and runs instead of revisions");
  },
  inClone: async (call, ground) => (await import("./clone/history.ts")).logIn(call, ground),
  async run(call) {
    const { options, shared } = call;
    const { openProject } = await import("./frame/engine.ts");
    const { history } = await openProject(call);
    const named = call.arguments[0];
    const document = named === undefined ? null : await documentNamed(history, named, shared.collection);
    const scope = {
      ...(shared.collection === undefined ? {} : { collection: shared.collection }),
      ...(document === null ? {} : { collection: document.collection, path: document.path }),
      ...(options.since === undefined ? {} : { since: options.since as string }),
    };
    const most = (options.limit as number | undefined) ?? MOST;
    return options.audit === true
      ? await showAudit(history, scope, most, call)
      : await showHistory(history, scope, most, call);
  },
};

type Scope = { collection?: string; path?: string; since?: string };

async function showHistory(history: HistoryHub, scope: Scope, most: number, call: Call): Promise<Answer> {
  const { options, out } = call;
  const by = options.author === undefined ? {} : { author: options.author as string };
  const { items, next } = await upTo(most, (page) => history.history({ ...scope, ...by, ...page }));
  if (items.length === 0) out.say("There is no history yet.");
  const rows = items.map((item) => lineOf(item, scope.path === undefined, call));
  for (const line of aligned(rows)) out.say(line);
  sayMore({ items, next }, call);
  return { code: EXIT.ok, json: { revisions: items, next } };
}

function lineOf(item: Revision, withPath: boolean, { out: { paint } }: Call): string[] {
  const { path, revision, at, store, author, current } = item;
  const number = current ? paint.bold(`@${revision}`) : `@${revision}`;
  const place = withPath ? [`${displayPath(path)}${number}`] : [number];
  return [...place, paint.dim(minuteOf(at)), store, author ?? paint.dim("unknown"), whatHappened(item)];
}

async function showAudit(history: HistoryHub, scope: Scope, most: number, call: Call): Promise<Answer> {
  const { options, out } = call;
  const by = options.author === undefined ? {} : { who: options.author as string };
  const { items, next } = await upTo(most, (page) => history.audit({ ...scope, ...by, ...page }));
  if (items.length === 0) out.say("Nobody has decided anything yet.");
  for (const line of aligned(items.map((entry) => auditLine(entry, call)))) out.say(line);
  sayMore({ items, next }, call);
  return { code: EXIT.ok, json: { entries: items, next } };
}

function auditLine(
  { at, action, who, role, collection, path, outcome, details }: AuditEntry,
  call: Call,
): string[] {
  const { paint } = call.out;
  const subject = path === null ? (collection ?? "") : displayPath(path);
  const said = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [
    paint.dim(minuteOf(at)),
    action,
    who ?? paint.dim(role),
    subject,
    outcome,
    paint.dim(said.join(", ")),
  ];
}

function sayMore({ items, next }: Page<unknown>, { out }: Call): void {
  if (next !== null) out.note(`The newest ${items.length}; --limit shows more.`);
}
