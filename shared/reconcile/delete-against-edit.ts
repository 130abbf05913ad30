/** One side deleted what the other edited: the policy `deletes` decides, and both versions go on record. */
import { type Draft, note } from "./draft.ts";
import type { ConflictNote } from "./types.ts";

/** Notes the conflict. `restore`: the edit survives; `delete`: the deletion does; `held`: a person decides. */
export function deleteAgainstEdit(
  draft: Draft,
  texts: Pick<ConflictNote, "base" | "file" | "row">,
): "restore" | "delete" | "held" {
  const decidedBy = draft.input.policies.deletes;
  const held = decidedBy === "manual";
  note(draft, { overlaps: [{ column: "(document)" }], held, decidedBy, ...texts });
  if (held) return "held";
  return decidedBy === "edit-wins" ? "restore" : "delete";
}
