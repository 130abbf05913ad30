/** A person's decision, as they give it on the command line. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { ConflictRecord, Decision } from "../../../shared/hub/hub.ts";
import { overlapNames } from "./conflict.ts";
import type { Engine } from "./engine.ts";
import type { Call } from "./verb.ts";

/**
 * The decision in `--keep`, `--field` or `--text`.
 * @throws {FrontrowError} `USAGE`; any 422 code, with the line, for a text that is no document of the collection.
 */
export async function decisionOf(
  { options, io }: Call,
  engine: Engine,
  record: ConflictRecord,
): Promise<Decision> {
  if (options.keep !== undefined) return { keep: sideIn(String(options.keep)) };
  if (options.field !== undefined) return { fields: fieldsIn(options.field as string[], record) };
  const [{ readBytes }, { readFile }, { decode }] = await Promise.all([
    import("./input.ts"),
    import("../../../shared/sync/binding.ts"),
    import("../../../shared/document/mod.ts"),
  ]);
  const bytes = await readBytes(io, String(options.text));
  const binding = engine.bindings.get(record.collection);
  if (!binding) throw new FrontrowError("NOT_FOUND", `The config has no collection "${record.collection}".`);
  readFile(binding, record.path, bytes);
  return { text: decode(bytes, binding.collection.policies.maxBytes) };
}

function sideIn(text: string): "file" | "row" {
  if (text === "file" || text === "row") return text;
  throw new FrontrowError("USAGE", `Cannot keep "${text}": it must be file or row.`);
}

/** Fields are named as in front matter, or by their column; every one that overlaps must be named. */
function fieldsIn(given: readonly string[], record: ConflictRecord): Record<string, "file" | "row"> {
  const fields: Record<string, "file" | "row"> = {};
  for (const one of given) {
    const at = one.lastIndexOf("=");
    if (at < 1)
      throw new FrontrowError("USAGE", `Cannot read --field "${one}": write name=file or name=row.`);
    const [name, side] = [one.slice(0, at), sideIn(one.slice(at + 1))];
    const meant = record.overlapping.filter(
      (overlap) => overlap.name === name || overlap.label === name || overlap.column === name,
    );
    if (meant.length === 0) {
      throw new FrontrowError("USAGE", `Nothing is to be decided about "${name}".`, {
        path: record.path,
        hint: `What overlaps: ${overlapNames(record)}`,
      });
    }
    for (const { label } of meant) fields[label] = side;
  }
  const left = record.overlapping.filter(({ label }) => !Object.hasOwn(fields, label));
  if (left.length > 0) {
    const names = overlapNames({ overlapping: left });
    throw new FrontrowError("USAGE", `Not decided yet: ${names}. Nothing was changed.`, {
      path: record.path,
      hint: "Give a --field for each of them.",
    });
  }
  return fields;
}
