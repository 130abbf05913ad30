import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPaths, globOf } from "./chosen-paths.ts";
import type { Call } from "./verb.ts";

const FITS: [pattern: string, path: string, fits: boolean][] = [
  ["plans/*.md", "plans/a.md", true],
  ["plans/*.md", "plans/old/a.md", false],
  ["plans/**", "plans/old/a.md", true],
  ["**/draft-?.md", "a/b/draft-1.md", true],
  ["**/draft-?.md", "draft-1.md", true],
  ["draft-*", "a/b/draft-1.md", true],
  ["draft-*", "a/b/my-draft-1.md", false],
  ["/a.md", "b/a.md", false],
  ["a+(b).md", "a+(b).md", true],
  ["a.md", "axmd", false],
];

test("a filter is a glob", () => {
  for (const [pattern, path, fits] of FITS) assert.equal(globOf(pattern)(path), fits, `${pattern} ${path}`);
});

const choose = (named: string[], filter?: string, stdin = "") =>
  chosenPaths(
    {
      io: { folder: "/srv/notes/content/plans", stdin: async () => new TextEncoder().encode(stdin) },
      shared: { filter },
    } as unknown as Call,
    "/srv/notes/content",
    named,
  );

test("names: where one stands or below the folder, in comma lists and from stdin; folders mean what is in them", async () => {
  assert.equal(await choose([]), null);
  const some = (await choose(["a.md,../stories", "-"], undefined, "b.md\nplans/x.md\0"))!;
  const fits = ["plans/a.md", "plans/b.md", "stories/1.md", "plans/c.md", "stories-old/1.md"].filter(some);
  assert.deepEqual(fits, ["plans/a.md", "plans/b.md", "stories/1.md"]);
  const both = (await choose(["."], "*-1.md"))!;
  assert.deepEqual(["plans/x-1.md", "plans/x-2.md", "a-1.md"].filter(both), ["plans/x-1.md"]);
  await assert.rejects(choose(["/etc/passwd"]), { code: "USAGE" });
});
