/**
 * `frontrow check <dir> --merge`: is an edit ever lost? For every readable file two sides make random edits, the real
 * reconcile merges them, and an oracle that shares no code with it looks for each of them.
 */
import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { resolvePolicies } from "../../../shared/collections/policies.ts";
import * as codec from "../../../shared/document/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { reconcile } from "../../../shared/reconcile/reconcile.ts";
import type { Base, Plan, Policies, ReconcileInput } from "../../../shared/reconcile/types.ts";
import { markdownFiles } from "../check-directory.ts";
import { inferMapping } from "../infer-mapping.ts";
import { judge } from "./oracle.ts";
import { type Random, randomFrom } from "./random.ts";
import { rowOf, type TwoEdits, textOf, twoEdits } from "./two-edits.ts";

export interface MergeCheckOptions {
  /** The same seed makes the same edits. */
  seed: number;
  /** Pairs of edits a file. @default 3 */
  pairs?: number;
  /** How bodies merge. @default what a collection has that says nothing */
  bodyMerge?: Policies["bodyMerge"];
  /** What is checked. @default the real one */
  reconcile?: (input: ReconcileInput) => Plan;
  onProgress?: (done: number, total: number) => void;
}

export interface MergeCheck {
  files: number;
  merges: number;
  merged_clean: number;
  conflicts: number;
  /** Merges of edits that were apart by construction, and those of them that conflicted all the same. */
  apart: number;
  false_conflicts: number;
  lost_edits: number;
  /** Edits that could not be written into the file's front matter; nothing was written anywhere. */
  refused: number;
  failures: MergeFailure[];
}

export interface MergeFailure {
  path: string;
  kind: string;
  /** What was lost; "a conflict" for edits that were apart. */
  what: string[];
  isFalseConflict: boolean;
}

/** Checks every markdown file below `root` that can be read, but for the `README.md` of `root` itself. */
export async function checkMerges(root: string, options: MergeCheckOptions): Promise<MergeCheck> {
  const { seed, pairs = 3, onProgress } = options;
  const counts = {
    merges: 0,
    merged_clean: 0,
    conflicts: 0,
    apart: 0,
    false_conflicts: 0,
    lost_edits: 0,
    refused: 0,
  };
  const check: MergeCheck = { files: 0, ...counts, failures: [] };
  const paths = (await markdownFiles(root)).filter((path) => relative(root, path) !== "README.md");
  for (const [index, path] of paths.entries()) {
    const name = relative(root, path).split(sep).join("/");
    const bytes = await readFile(path);
    checkFile(check, name, bytes, randomFrom(seed + Math.imul(index, 0x9e3779b1)), pairs, options);
    onProgress?.(index + 1, paths.length);
  }
  return check;
}

function checkFile(
  check: MergeCheck,
  path: string,
  bytes: Uint8Array,
  random: Random,
  pairs: number,
  options: MergeCheckOptions,
): void {
  const read = unlessRefused(() => {
    const document = codec.parseDocument(codec.decode(bytes));
    const mapping = inferMapping(document);
    return { mapping, base: textOf(document.text, mapping) };
  });
  if (!read) return;
  check.files++;
  const { mapping, base } = read;
  const fields = mapping.fields.map(({ column }) => column);
  for (let pair = 0; pair < pairs; pair++) {
    const edits = unlessRefused(() => twoEdits(base, mapping, random));
    if (!edits) {
      check.refused++;
      continue;
    }
    const policies = policiesOf(fields, random, options);
    const plan = (options.reconcile ?? reconcile)(inputOf(edits, mapping, policies));
    count(check, path, edits, judge(edits, mapping, plan), policies.conflict !== "manual");
  }
}

function count(
  check: MergeCheck,
  path: string,
  { kind, isApart }: TwoEdits,
  { outcome, lost }: ReturnType<typeof judge>,
  merges: boolean,
): void {
  if (lost.length > 0) {
    check.lost_edits += lost.length;
    check.failures.push({ path, kind, what: lost, isFalseConflict: false });
  }
  if (outcome === "refused") {
    check.refused++;
    return;
  }
  check.merges++;
  if (outcome === "merged") check.merged_clean++;
  else check.conflicts++;
  if (!isApart || !merges) return;
  check.apart++;
  if (outcome === "merged") return;
  check.false_conflicts++;
  check.failures.push({ path, kind, what: ["a conflict"], isFalseConflict: true });
}

/** Mostly what a collection has that says nothing; now and then another rule for what overlaps. */
function policiesOf(fields: readonly string[], random: Random, { bodyMerge }: MergeCheckOptions): Policies {
  const conflict = random.chance(0.7)
    ? "merge"
    : random.pick(["file-wins", "row-wins", "newest", "manual"] as const);
  const resolved = resolvePolicies({ conflict }, fields);
  return { ...resolved, bodyMerge: bodyMerge ?? resolved.bodyMerge };
}

/** Both stores had agreed on the base; each has moved since. */
function inputOf(
  { base: text, file, row }: TwoEdits,
  mapping: codec.Mapping,
  policies: Policies,
): ReconcileInput {
  const agreed = (version: string, row: Base["row"]): Base => ({ version, revision: 1, text, row });
  const then = { kind: "row" as const, fields: rowOf(text, mapping), body: text.body };
  return {
    hub: { revision: 1, text },
    sides: [
      {
        store: "bucket",
        base: agreed("file 1", null),
        reading: { state: "found", version: "file 2", content: file },
        dirtyAt: "2024-01-01T00:00:00Z",
      },
      {
        store: "table",
        base: agreed("row 1", then),
        reading: { state: "found", version: "row 2", content: { kind: "row", ...row } },
        dirtyAt: "2024-01-01T00:00:01Z",
      },
    ],
    mapping,
    policies,
    codec,
    hasBody: true,
  };
}

/** What Frontrow refuses is no matter of merging. */
function unlessRefused<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}
