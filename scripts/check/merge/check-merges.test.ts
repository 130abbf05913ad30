import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseDocument } from "../../../shared/document/mod.ts";
import { CORPORA, skipWithoutCorpora } from "../../../shared/document/test-documents.ts";
import { reconcile } from "../../../shared/reconcile/reconcile.ts";
import type { Plan, ReconcileInput } from "../../../shared/reconcile/types.ts";
import { checkMerges, type MergeCheckOptions } from "./check-merges.ts";

const SECTIONS = ["Install", "Use", "Options", "Notes", "Licence"].map(
  (title) =>
    `## ${title}\n\nFirst of ${title}.\nSecond of ${title}.\n\n- item of ${title}\n\nLast of ${title}.\n`,
);
const TEXT = `---\ntitle: Parts # kept\ntags: [a, b]\nmeta: {one: "1"}\ncount: 3\n---\n\nBefore it all.\n\n${SECTIONS.join("\n")}`;

async function checked(
  options: Partial<MergeCheckOptions> = {},
  files: Record<string, string> = { "a.md": TEXT },
) {
  const root = await mkdtemp(join(tmpdir(), "frontrow-merges-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
    return await checkMerges(root, { seed: 1, pairs: 200, ...options });
  } finally {
    await rm(root, { recursive: true });
  }
}

describe("two sides' random edits", () => {
  it("are never lost, and merge where they are apart", async () => {
    const { lost_edits, false_conflicts, failures, merges, apart, merged_clean, conflicts } = await checked();
    assert.deepEqual(
      { lost_edits, false_conflicts, failures, merges },
      {
        ...{ lost_edits: 0, false_conflicts: 0, failures: [], merges: 200 },
      },
    );
    assert.ok(apart > 50 && merged_clean > 50 && conflicts > 20, "too little of something was tried");
  });

  it("are the same for the same seed, and others for another", async () => {
    const seen: string[][] = [[], [], []];
    for (const [index, seed] of [7, 7, 8].entries()) {
      const watching = (input: ReconcileInput) => {
        seen[index]!.push(JSON.stringify(input.sides.map(({ reading }) => reading)));
        return reconcile(input);
      };
      await checked({ seed, pairs: 5, reconcile: watching });
    }
    assert.deepEqual(seen[0], seen[1]);
    assert.notDeepEqual(seen[0], seen[2]);
  });

  it("conflict more often when bodies merge by lines", async () => {
    assert.ok((await checked({ bodyMerge: "lines" })).false_conflicts > 0);
  });

  it("are tried on every file that can be read, but for the folder's own README.md", async () => {
    const files = {
      "README.md": TEXT,
      "a.md": TEXT,
      "bad.md": "---\na: 1\na: 2\n---\n",
      "empty.md": "",
      "b.mdx": "x\r\ny",
    };
    const { files: read, merges, lost_edits } = await checked({ pairs: 20 }, files);
    assert.deepEqual({ read, merges, lost_edits }, { read: 3, merges: 60, lost_edits: 0 });
  });
});

/** Ways to merge wrongly; each takes what the real one decided and spoils it. */
const BROKEN: Record<string, (input: ReconcileInput, plan: Plan) => Plan> = {
  "the last writer wins": (input) =>
    reconcile({ ...input, policies: { ...input.policies, direction: "files-to-rows" } }),
  "a conflict is decided without keeping the other side": (input, plan) =>
    plan.conflict?.held
      ? { ...reconcile({ ...input, policies: { ...input.policies, conflict: "row-wins" } }), conflict: null }
      : plan,
  "a conflict keeps one text twice": (_, plan) =>
    plan.conflict ? { ...plan, conflict: { ...plan.conflict, row: plan.conflict.file } } : plan,
  "a line goes missing, on both sides alike": (_, plan) =>
    withText(plan, (text) => text.replace(/\n[^\n]+\n?$/, "\n")),
  "a line is there twice": (_, plan) =>
    withText(plan, (text) => text.replace(/\n([^\n]+)\n*$/, "\n$1\n$1\n")),
  "a held conflict writes all the same": (input, plan) =>
    plan.conflict?.held ? { ...plan, row: { op: "delete", expect: input.sides[1]!.base!.version } } : plan,
  "the row does not get what was merged": (_, plan) => ({ ...plan, row: null }),
  "the file does not get what was merged": (_, plan) => ({ ...plan, object: null }),
  "everything is deleted": (_, plan) => ({ ...plan, tombstone: true }),
};

function withText(plan: Plan, change: (text: string) => string): Plan {
  const last = plan.revisions.at(-1);
  if (last?.store !== "merge") return plan;
  const text = change(last.text);
  const { body } = parseDocument(text);
  const row =
    plan.row?.op === "put" ? plan.row : { op: "put" as const, expect: "row 2", set: {}, clear: [], body };
  return {
    ...plan,
    revisions: [...plan.revisions.slice(0, -1), { ...last, text, body }],
    row: { ...row, body },
    object: { op: "put", text, expect: "file 2" },
  };
}

describe("a merge that is broken is found out", () => {
  for (const [name, broken] of Object.entries(BROKEN)) {
    it(name, async () => {
      const found = await checked({ pairs: 60, reconcile: (input) => broken(input, reconcile(input)) });
      assert.ok(found.lost_edits > 0);
      assert.ok(found.failures.some(({ isFalseConflict }) => !isFalseConflict));
    });
  }
});

it("real files: no edit is lost", { skip: skipWithoutCorpora }, async () => {
  const { lost_edits, failures, merges, false_conflicts, apart } = await checkMerges(join(CORPORA, "11ty"), {
    ...{ seed: 3, pairs: 2 },
  });
  assert.deepEqual(
    { lost_edits, failures: failures.filter((each) => !each.isFalseConflict) },
    { lost_edits: 0, failures: [] },
  );
  assert.ok(merges > 400);
  assert.ok(false_conflicts <= apart / 200, `${false_conflicts} of ${apart}`);
});
