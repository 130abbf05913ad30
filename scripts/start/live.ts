/** What `npm start` shows while it runs: outcomes as they happen, changed lines, and a place to type SQL. */
import { createInterface } from "node:readline";
import type { Example } from "../../examples/example.ts";
import { displayPath } from "../../shared/document/path-disk.ts";
import type { Result } from "../../shared/sync/pass.ts";
import type { Project } from "./project.ts";

export interface Live {
  onResults(results: readonly Result[]): void;
  /** Shows what to try, then goes on until the terminal says stop. */
  follow(project: Project, example: Pick<Example, "trial">): Promise<void>;
}

interface Change {
  before: string | null;
  after: string | null;
}

export function live(say: (line: string) => void): Live {
  let project: Project | null = null;

  async function show({ collection, path, outcome, code, message }: Result): Promise<void> {
    if (outcome === "unchanged" || outcome === "stale") return;
    const line = `${time()}  ${outcome.padEnd(11)} ${displayPath(path)}${code ? `  ${code}: ${message ?? ""}` : ""}`;
    const change = project === null || code ? [] : changedLines(await lastChange(project, collection, path));
    say([line, ...change.map((changed) => `                       ${changed}`)].join("\n"));
  }

  return {
    onResults(results) {
      if (project === null) return;
      for (const result of results) void show(result).catch(() => undefined);
    },
    async follow(started, example) {
      project = started;
      for (const line of suggestions(example)) say(line);
      await readStatements(started, say);
    },
  };
}

function suggestions({ trial }: Pick<Example, "trial">): string[] {
  if (trial === undefined) return [];
  const { path, statement, commands = [] } = trial;
  return [
    "",
    "Try, in another terminal:",
    `  npm run -s frontrow -- edit ${path}    change a line, save: its row follows`,
    `  npm run -s frontrow -- cat ${path}     the file as it is now`,
    ...[...commands, "status"].map((command) => `  npm run -s frontrow -- ${command}`),
    "",
    "Or type SQL here and see one line of its file follow (Ctrl-C ends):",
    `  ${statement}`,
    "",
  ];
}

/** Runs each line typed as SQL, as the table's owner. Ends with the input or with Ctrl-C. */
async function readStatements({ stack }: Project, say: (line: string) => void): Promise<void> {
  const input = createInterface({ input: process.stdin, terminal: false });
  const stop = new Promise<void>((done) => {
    process.once("SIGINT", done);
    process.once("SIGTERM", done);
  });
  input.on("line", (line) => {
    if (line.trim() === "") return;
    stack.sql.query(line).then(
      (rows) =>
        say(
          rows.length === 0
            ? "ok"
            : rows
                .slice(0, 20)
                .map((row) => JSON.stringify(row))
                .join("\n"),
        ),
      (error: unknown) => say(`error: ${error instanceof Error ? error.message : String(error)}`),
    );
  });
  await stop;
  input.close();
}

async function lastChange({ stack }: Project, collection: string, path: string): Promise<Change> {
  const [found] = await stack.sql.query<Change>(
    `select d.text as after, (select r.text from frontrow.revisions as r where r.collection = d.collection
       and r.path = d.path and r.revision < d.revision and r.text is not null order by r.revision desc limit 1) as before
     from frontrow.documents as d where d.collection = $1 and d.path = $2 and d.deleted_at is null`,
    [collection, path],
  );
  return found ?? { before: null, after: null };
}

/** The lines that differ, a few at most: enough to see that only the changed line changed. */
function changedLines({ before, after }: Change): string[] {
  if (before === null || after === null) return [];
  const old = before.split(/\r?\n/);
  const now = after.split(/\r?\n/);
  const removed = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const added = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...removed, ...added].slice(0, 8);
}

function time(): string {
  return new Date().toTimeString().slice(0, 8);
}
