import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { checkDirectory, type DirectoryCheck } from "./check-directory.ts";

/** What a check of a folder with these files finds; the folder is gone again afterwards. */
async function checked(
  files: Readonly<Record<string, string | Uint8Array>>,
  onProgress?: (done: number, total: number) => void,
): Promise<DirectoryCheck> {
  const root = await mkdtemp(join(tmpdir(), "frontrow-check-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), content);
    }
    return await checkDirectory(root, onProgress);
  } finally {
    await rm(root, { recursive: true });
  }
}

describe("a folder is checked", () => {
  it("without its own README.md, which is about the files; one further down counts", async () => {
    const found = await checked({
      "README.md": "---\nnot: [closed\n---\n",
      "a.md": "---\ntitle: A\n---\n",
      "posts/README.md": "---\ntitle: B\n---\n",
    });
    assert.deepEqual([found.files, found.ignored, found.identical], [2, 1, 2]);
    assert.deepEqual(found.refused, []);
  });

  it("and nothing is ignored where it has none; readme.md is a file like any other", async () => {
    const found = await checked({ "a.md": "A\n", "readme.md": "B\n" });
    assert.deepEqual([found.files, found.ignored, found.identical], [2, 0, 2]);
  });

  it("file by file, in .md, .mdx and .markdown, below dots but not in .git or node_modules", async () => {
    const text = "---\ntitle: A\n---\n";
    const seen: [number, number][] = [];
    const found = await checked(
      {
        "a.md": text,
        "b.MDX": text,
        ".hidden/c.markdown": text,
        "d.txt": text,
        ".git/e.md": text,
        "x/node_modules/f.md": text,
      },
      (done, total) => seen.push([done, total]),
    );
    assert.equal(found.files, 3);
    assert.deepEqual(seen, [
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it("by editing each scalar field in turn", async () => {
    const found = await checked({
      "a.md": "---\ntitle: A # why\ncount: 1\nbody: |\n  x\n  y\ntags: [a]\n---\nBody",
      "b.md": "no header\n",
      "c.md": "+++\ntitle = 'A'\n+++\n",
      "d.md": '{"title": "A"}\n',
    });
    assert.deepEqual(found, {
      files: 4,
      ignored: 0,
      identical: 4,
      refused: [],
      editable: 3,
      edited_one_line: 3,
      edits: 5,
      failures: [],
    });
  });

  it("naming what is refused, with path, code, rule and line", async () => {
    const found = await checked({
      "posts/bad.md": "---\ntitle: A\ntitle: B\n---\n",
      "code.md": "---js\n{}\n---\n",
      "latin.md": Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a),
    });
    assert.equal(found.identical, 0);
    assert.deepEqual(
      found.refused.map(({ path, code, rule, line }) => [path, code, rule, line]),
      [
        ["code.md", "FRONT_MATTER_REFUSED", "code-front-matter", 1],
        ["latin.md", "NOT_UTF8", "not-utf8", 2],
        ["posts/bad.md", "FRONT_MATTER_INVALID", "duplicate-key", 3],
      ],
    );
  });

  it("and a field that cannot be edited in place is a failure, not a success", async () => {
    const found = await checked({ "a.md": "---\na: &x 1\nb: [*x]\n---\n" });
    assert.deepEqual([found.editable, found.edited_one_line], [1, 0]);
    assert.deepEqual(
      found.failures.map(({ path, code, rule, line }) => [path, code, rule, line]),
      [["a.md", "EDIT", "a", 2]],
    );
  });
});
