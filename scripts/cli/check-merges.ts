/** `frontrow check <dir> --merge`. */
import { FrontrowError } from "../../shared/errors.ts";
import type { MergeCheck } from "../check/merge/check-merges.ts";
import { EXIT } from "./frame/exit.ts";
import { plural } from "./frame/text.ts";
import type { Answer, Call } from "./frame/verb.ts";

export type OnProgress = (done: number, total: number) => void;

/** So many failures are shown. */
const MOST = 20;

/** Edits every file below `root` on two sides, merges, and tells what became of the edits. */
export async function checkMergesOf(
  root: string,
  call: Call,
  onProgress: OnProgress,
  onEnd: () => void,
): Promise<Answer> {
  const seed = seedOf(call.options.seed);
  const { checkMerges } = await import("../check/merge/check-merges.ts");
  const started = performance.now();
  const { failures, ...found } = await checkMerges(root, { seed, onProgress });
  onEnd();
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  sayMerges({ failures, ...found }, call);
  return {
    code: found.lost_edits === 0 && found.merges > 0 ? EXIT.ok : EXIT.attention,
    json: { ...found, failures: failures.slice(0, MOST), seconds, seed },
  };
}

function seedOf(given: unknown): number {
  if (/^\d{1,9}$/.test(String(given))) return Number(given);
  throw new FrontrowError(
    "USAGE",
    `Cannot use the seed "${given}", as it must be a whole number below 10⁹.`,
    {
      rule: "seed",
    },
  );
}

function sayMerges(
  { files, merges, merged_clean, conflicts, apart, false_conflicts, lost_edits, failures }: MergeCheck,
  { out }: Call,
): void {
  const { paint } = out;
  out.say(
    `${plural(files, "file")}, ${plural(merges, "merge")}: ${merged_clean} clean, ${plural(conflicts, "conflict")}`,
  );
  out.say(`${false_conflicts} of ${apart} merges of edits that were apart conflicted`);
  for (const { path, kind, what } of failures.slice(0, MOST))
    out.say(`  ${path}  ${paint.yellow(kind)}  ${what.join(", ")}`);
  if (failures.length > MOST) out.say(`  … and ${failures.length - MOST} more`);
  if (merges === 0)
    out.say(`${paint.yellow("Nothing was checked")}: there is no markdown file that can be read.`);
  else
    out.say(
      lost_edits === 0 ? paint.green("No edit was lost.") : paint.red(`${plural(lost_edits, "lost edit")}.`),
    );
}
