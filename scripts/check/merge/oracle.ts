/** Judges what became of two sides' edits. Knows the plan and the edits, and nothing of how merging works. */
import { type Fields, type Mapping, sameValue, type Value } from "../../../shared/document/mod.ts";
import type { Plan } from "../../../shared/reconcile/types.ts";
import { rowOf, type TwoEdits, textOf } from "./two-edits.ts";

export interface Verdict {
  outcome: "merged" | "conflict" | "refused";
  /** Every edit that is nowhere any more, and every other way in which the result is not what both wrote. */
  lost: string[];
}

export function judge(edits: TwoEdits, mapping: Mapping, plan: Plan): Verdict {
  if (plan.quarantine || plan.deferred) return { outcome: "refused", lost: written(plan) };
  if (plan.conflict?.held)
    return { outcome: "conflict", lost: [...written(plan), ...lostInConflict(edits, plan)] };
  const text = plan.revisions.at(-1)?.text ?? edits.base.text;
  const merged = textOf(text, mapping);
  const lost = plan.tombstone ? ["the document"] : [];
  lost.push(...unequalStores(edits, mapping, plan, merged));
  const kept = [text, plan.conflict?.file ?? "", plan.conflict?.row ?? ""].join("\n");
  lost.push(...missing([...edits.tokens.file, ...edits.tokens.row], kept));
  if (plan.conflict) return { outcome: "conflict", lost };
  for (const [column, value] of edits.fields) {
    if (!isEqual(merged.fields[column], value)) lost.push(`the value of "${column}"`);
  }
  if (edits.body.expected !== null && !isBody(merged.body, edits.body))
    lost.push("the body is not what both wrote");
  const untouched = edits.body.untouched.filter((line) => !edits.body.isBlankFree || line.trim() !== "");
  if (!isSubsequence(untouched, merged.body)) lost.push("a line that nobody touched");
  return { outcome: "merged", lost };
}

/** What a plan that decides nothing must not have. */
function written({ revisions, row, object, tombstone }: Plan): string[] {
  return revisions.length > 0 || row || object || tombstone ? ["something was written all the same"] : [];
}

/** Both texts are kept, the file's byte for byte. */
function lostInConflict({ base, file, tokens }: TwoEdits, { conflict }: Plan): string[] {
  const lost = [...missing(tokens.file, conflict?.file ?? ""), ...missing(tokens.row, conflict?.row ?? "")];
  if (conflict?.file !== file.text) lost.push("the file's text in the conflict");
  if (conflict?.base !== base.text) lost.push("the base in the conflict");
  if (conflict?.overlaps.length === 0) lost.push("what overlaps");
  return lost;
}

function missing(tokens: readonly string[], text: string): string[] {
  return tokens.filter((token) => !text.includes(token));
}

/** After the plan is carried out, both stores must say what the merged text says. */
function unequalStores(
  edits: TwoEdits,
  mapping: Mapping,
  plan: Plan,
  merged: { text: string; fields: Fields; body: string },
) {
  const lost: string[] = [];
  const file = plan.object?.op === "put" ? plan.object.text : edits.file.text;
  if (file !== merged.text || plan.object?.op === "delete") lost.push("the file is not the merged text");
  let { fields, body } = edits.row;
  if (plan.row?.op === "put") {
    const cleared = Object.fromEntries(plan.row.clear.map((column) => [column, null]));
    fields = { ...fields, ...cleared, ...plan.row.set };
    body = plan.row.body ?? body;
  }
  if (body !== merged.body) lost.push("the row's body is not the merged one");
  for (const [column, value] of Object.entries(rowOf(textOf(merged.text, mapping), mapping))) {
    if (!sameValue(fields[column], value)) lost.push(`"${column}" of the row is not the merged one`);
  }
  return lost;
}

function isBody(body: string, { expected, isBlankFree }: TwoEdits["body"]): boolean {
  return isBlankFree ? filled(body).join("\n") === filled(expected ?? "").join("\n") : body === expected;
}

function filled(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Lists count as sets. */
function isEqual(one: Value | undefined, other: Value): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return sameValue(one ?? null, other);
  return sameValue([...one].sort(), [...other].sort());
}

function isSubsequence(lines: readonly string[], body: string): boolean {
  const all = body.split("\n");
  let at = 0;
  for (const line of lines) {
    // The last line may have got, or lost, its end.
    const wanted = line.replace(/\n$/, "");
    while (at < all.length && all[at] !== wanted) at++;
    if (at++ >= all.length) return false;
  }
  return true;
}
