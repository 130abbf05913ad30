/** One side deleted what the other edited: the policy `deletes` decides, and both versions go on record. */
import { type Draft, note } from "./draft.ts";
import { choiceOf } from "./resolution.ts";
import type { ConflictNote } from "./types.ts";

/** Notes the conflict. `restore`: the edit survives; `delete`: the deletion does; `held`: a person decides. */
export function deleteAgainstEdit(
  draft: Draft,
  texts: Pick<ConflictNote, "base" | "file" | "row">,
): "restore" | "delete" | "held" {
  const decidedBy = draft.input.policies.deletes;
  const overlaps = [{ column: "(document)" }];
  const merged = texts.file ?? texts.row;
  const { held } = note(draft, { overlaps, held: decidedBy === "manual", decidedBy, ...texts, merged });
  if (held) return "held";
  const choice = choiceOf(draft.input.resolution, overlaps[0]!);
  if (choice !== null) return texts[choice] === null ? "delete" : "restore";
  return decidedBy === "edit-wins" ? "restore" : "delete";
}
