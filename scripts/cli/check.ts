/**
 * `frontrow check <dir>`: would every file come back unchanged? With `--merge`: is an edit ever lost when two sides edit
 * it at once? Needs no config and no database.
 */
import { resolve } from "node:path";
import { FrontrowError } from "../../shared/errors.ts";
import type { DirectoryCheck, Refusal } from "../check/check-directory.ts";
import { checkMergesOf, type OnProgress } from "./check-merges.ts";
import { EXIT } from "./frame/exit.ts";
import { createProgress, type Progress } from "./frame/progress.ts";
import { plural } from "./frame/text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

/** People see this many refusals; `--json` has them all. */
const MOST = 20;

export const check: Verb = {
  name: "check",
  summary: "read every markdown file of a folder and see that it comes back unchanged",
  notes:
    "Ends with 0 when every file that can be read comes back byte for byte and every edit of one field changes that field's lines alone. Files that cannot be read are listed, and are no failure of the check. A folder without markdown ends with 1: nothing was checked. With --merge it ends with 0 when no edit was lost.",
  examples: ["frontrow check content", "frontrow check content --merge --seed 7"],
  define(command) {
    command
      .argument("<dir>", "the folder")
      .option(
        "--merge",
        "edit every file on two sides at random, merge, and look for lost edits; writes nothing",
      )
      .option("--seed <number>", "with --merge: the same number makes the same edits", "1");
  },
  async run(call) {
    const { io, out, options } = call;
    const named = call.arguments[0]!;
    const root = resolve(io.folder, named);
    let progress: Progress | null = null;
    const onProgress = (_: number, total: number) => {
      progress ??= createProgress("checking", total, out, io);
      progress.advance();
    };
    try {
      return options.merge
        ? await checkMergesOf(root, call, onProgress, () => progress?.end())
        : await checkFilesOf(root, call, onProgress, () => progress?.end());
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code !== "ENOENT" && code !== "ENOTDIR") throw cause;
      throw new FrontrowError("USAGE", `Cannot check "${named}", as it must be a folder.`, {
        path: named,
        rule: "no-folder",
      });
    }
  },
};

async function checkFilesOf(
  root: string,
  call: Call,
  onProgress: OnProgress,
  onEnd: () => void,
): Promise<Answer> {
  const { checkDirectory } = await import("../check/check-directory.ts");
  const found = await checkDirectory(root, onProgress);
  onEnd();
  say(found, call);
  const { files, identical, refused, edited_one_line, editable, failures } = found;
  return {
    code: failures.length === 0 && files > 0 ? EXIT.ok : EXIT.attention,
    json: { files, identical, refused: refused.map(shaped), edited_one_line, editable },
  };
}

function shaped({ path, code, rule, line, message }: Refusal): object {
  return { path, code, rule: rule ?? null, line: line ?? null, message };
}

function say(
  { files, identical, refused, edited_one_line, editable, failures }: DirectoryCheck,
  { out }: Call,
): void {
  const { paint } = out;
  if (files === 0) {
    out.say(`${paint.yellow("Nothing was checked")}: there is no markdown file.`);
    return;
  }
  const readable = files - refused.length;
  out.say(`${plural(files, "file")}, ${identical} of ${readable} readable come back byte for byte`);
  out.say(`${edited_one_line} of ${editable} with fields change only the edited field's lines`);
  list(refused, `${plural(refused.length, "file")} refused`);
  list(failures, `${plural(failures.length, "failure")} of the check`);
  out.say(failures.length === 0 ? paint.green("All is well.") : paint.red("Some files would be changed."));

  function list(problems: readonly Refusal[], title: string): void {
    if (problems.length === 0) return;
    out.say(`\n${paint.bold(title)}`);
    for (const { path, line, rule, code, message } of problems.slice(0, MOST)) {
      out.say(`  ${path}${line === undefined ? "" : `:${line}`}  ${paint.yellow(rule ?? code)}  ${message}`);
    }
    if (problems.length > MOST) out.say(`  … and ${problems.length - MOST} more (--json lists them)`);
    out.say();
  }
}
