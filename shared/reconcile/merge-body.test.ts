import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeBody } from "./merge-body.ts";

const RULES = { prefer: "ours", strict: false } as const;
const sections = (base: string, ours: string, theirs: string) =>
  mergeBody(base, ours, theirs, "sections", RULES);

/** Both ways round; which side is called ours makes no difference. */
function clean(base: string, ours: string, theirs: string, expected: string): void {
  for (const merged of [sections(base, ours, theirs), sections(base, theirs, ours)])
    assert.deepEqual(merged, { value: expected, overlap: false, overlaps: [] });
}

function overlapping(base: string, ours: string, theirs: string, ...titles: (string | undefined)[]): void {
  const expected = titles.map((section) => ({ column: "(body)", ...(section !== undefined && { section }) }));
  for (const merged of [sections(base, ours, theirs), sections(base, theirs, ours)])
    assert.deepEqual([merged.overlap, merged.overlaps], [true, expected]);
}

const BASE = "intro\n\n# A\n\na1\na2\n\n# B\n\nb1\nb2\n\n# C\n\nc1\nc2\n";
const without = (title: string) => BASE.replace(new RegExp(`\n# ${title}\n\n.*\n.*\n`), "");

test("edits under different headings never overlap, however near", () => {
  clean("# A\na\n# B\nb\n", "# A\nA!\n# B\nb\n", "# A\na\n# B!\nb\n", "# A\nA!\n# B!\nb\n");
  clean(
    BASE,
    BASE.replace("intro", "start"),
    BASE.replace("# A", "# A2"),
    BASE.replace("intro", "start").replace("# A", "# A2"),
  );
  const [one, other] = [BASE.replace("a2\n", "a2\nmore\n"), BASE.replace("# B\n", "# B\nnow\n")];
  clean(BASE, one, other, one.replace("# B\n", "# B\nnow\n"));
});

test("edits of the same lines overlap, under their heading", () => {
  overlapping(BASE, BASE.replace("b1", "x"), BASE.replace("b1", "y"), "B");
  overlapping(BASE, BASE.replace("intro", "x"), BASE.replace("intro", "y"), "");
  const [one, other] = ["x", "y"].map((to) => BASE.replace("a1", to).replace("c2", to));
  overlapping(BASE, one!, other!, "A", "C");
  const { value } = sections(BASE, one!, other!.replace("b1", "B!"));
  assert.equal(value, one!.replace("b1", "B!"), "what overlaps is the preferred side's; the rest is merged");
});

test("sections added by both in one place are both there, with a blank line between them", () => {
  const merged = BASE.replace("# B", "# X\nx\n\n# Y\ny\n\n# B");
  clean(BASE, BASE.replace("# B", "# Y\ny\n\n# B"), BASE.replace("# B", "# X\nx\n\n# B"), merged);
  clean("# A\na\n", "# A\na\n\n# Y\ny\n", "# A\na\n# X\nx\n", "# A\na\n# X\nx\n\n# Y\ny\n");
  clean("# A\na\n", "Y\n===\n# A\na\n", "X\n===\n# A\na\n", "X\n===\n\nY\n===\n# A\na\n");
});

test("the same section added by both is there once; with another text it overlaps", () => {
  const added = (text: string) => `${BASE}\n# X\n${text}\n`;
  clean(
    BASE,
    `${added("x")}\n# Y\ny\n`,
    added("x").replace("a1", "a!"),
    `${added("x")}\n# Y\ny\n`.replace("a1", "a!"),
  );
  overlapping(BASE, added("x"), added("y"), "X");
});

test("a section that is gone on one side goes, unless the other edited it", () => {
  clean(BASE, without("B"), BASE.replace("c1", "c!"), without("B").replace("c1", "c!"));
  clean(BASE, without("B"), without("B").replace("a1", "a!"), without("B").replace("a1", "a!"));
  overlapping(BASE, without("B"), BASE.replace("b2", "b!"), "B");
  overlapping(BASE, without("B"), BASE.replace("b2\n", "b2\nb3\n"), "B");
});

test("a section that one side moved keeps the other's edits", () => {
  const moved = `${without("A")}\n# A\n\na1\na2\n`;
  clean(BASE, moved, BASE.replace("a1", "a!"), moved.replace("a1", "a!"));
  clean(BASE, moved, BASE.replace("b1", "b!"), moved.replace("b1", "b!"));
  clean(BASE, moved, moved.replace("c1", "c!"), moved.replace("c1", "c!"));
});

test("sections that both moved somewhere else overlap, and no section is there twice", () => {
  const four = `${BASE}\n# D\n\nd1\nd2\n`;
  const last = `${four.replace("\n# A\n\na1\na2\n", "")}\n# A\n\na1\na2\n`;
  const middle = four.replace("\n# A\n\na1\na2\n", "").replace("\n# C", "\n# A\n\na1\na2\n\n# C");
  overlapping(four, last, middle, undefined);
  assert.equal(sections(four, last, middle).value.split("# A").length, 2);
});

test("a renamed section keeps the other side's edits; one renamed by both overlaps", () => {
  const renamed = BASE.replace("# B", "# New");
  clean(BASE, renamed, BASE.replace("b2", "b!"), renamed.replace("b2", "b!"));
  clean(BASE, renamed, renamed.replace("a1", "a!"), renamed.replace("a1", "a!"));
  overlapping(BASE, renamed, BASE.replace("# B", "# Other"), "B");
});

test("sections with the same heading are told apart by their place and their text", () => {
  const twins = "# F\n\n## Notes\n\nTBD\n\n# G\n\n## Notes\n\nTBD\n";
  const [first, second] = [twins.replace("TBD", "one"), twins.replace(/TBD\n$/, "two\n")];
  clean(twins, first, second, first.replace(/TBD\n$/, "two\n"));
  const flat = "## N\n\nold\nlines\n\n## N\n\nsame\ntext\n";
  clean(
    flat,
    `## N\n\nnew\n\n${flat}`,
    flat.replace("text", "text!"),
    `## N\n\nnew\n\n${flat.replace("text", "text!")}`,
  );
});

test("a heading put in between is no obstacle, and what goes below it is seen to have moved", () => {
  const long = "# A\n\na\nb\nc\nd\ne\nf\n";
  const split = long.replace("c\n", "# Here\nc\n");
  clean(long, split, long.replace("f", "f!"), split.replace("f", "f!"));
  clean(long, split, long.replace("e\nf\n", ""), split.replace("e\nf\n", ""));
  overlapping(long, split, long.replace("c\n", ""), "A");
  clean(long, split, long.replace("f\n", "f\n\n# End\nend\n"), split.replace("f\n", "f\n\n# End\nend\n"));
});

test("a line that one side took out does not come back because the other moved it", () => {
  for (const mode of ["sections", "lines"] as const) {
    const moved = BASE.replace("a1\n", "").replace("c1\n", "c1\na1\n");
    assert.equal(mergeBody(BASE, moved, BASE.replace("a1\n", ""), mode, RULES).overlap, true);
    assert.equal(mergeBody(BASE, BASE.replace("a1\n", ""), moved, mode, RULES).overlap, true);
  }
});

test("fences hold together: a heading inside of one is text", () => {
  const base = "# A\n\n```sh\n# no heading\nrun\n```\n\n# B\nb\n";
  clean(
    base,
    base.replace("run", "run!"),
    base.replace("\nb\n", "\nb!\n"),
    base.replace("run", "run!").replace("\nb\n", "\nb!\n"),
  );
  overlapping(base, base.replace("# no heading\n", ""), base.replace("run", "run!"), "A");
});

test("line endings and the end of the last line merge by themselves", () => {
  for (const mode of ["sections", "lines"] as const) {
    const merge = (ours: string, theirs: string) => mergeBody(BASE, ours, theirs, mode, RULES);
    const edited = BASE.replace("b1", "b!");
    const crlf = (text: string) => text.replaceAll("\n", "\r\n");
    assert.deepEqual(merge(crlf(BASE), edited), { value: crlf(edited), overlap: false, overlaps: [] });
    assert.deepEqual(merge(edited, crlf(BASE)), { value: crlf(edited), overlap: false, overlaps: [] });
    const last = BASE.replace("c2", "c!");
    assert.equal(merge(BASE.slice(0, -1), last).value, last.slice(0, -1));
    const moved = mergeBody("# A\na\n# B\nb", "# B\nb\n# A\na", "# A\na!\n# B\nb", mode, RULES);
    if (mode === "sections") assert.equal(moved.value, "# B\nb\n# A\na!");
  }
});

test("line by line, edits that touch overlap, headings or not", () => {
  const tight = "# A\na\n# B\nb\n";
  const merged = mergeBody(
    tight,
    tight.replace("\na\n", "\nx\n"),
    tight.replace("# B", "# C"),
    "lines",
    RULES,
  );
  assert.deepEqual([merged.overlap, merged.overlaps], [true, [{ column: "(body)" }]]);
});

test("bodies that came out of nothing, and atomic ones, overlap as a whole", () => {
  const whole = { value: "# A\n", overlap: true, overlaps: [{ column: "(body)" }] };
  for (const mode of ["sections", "lines"] as const)
    assert.deepEqual(mergeBody("", "# A\n", "# B\n", mode, RULES), whole);
  assert.deepEqual(mergeBody("a\n\n\nb\n", "# A\n", "a\n\n\nb!\n", "atomic", RULES), whole);
  assert.deepEqual(mergeBody(BASE, "# A\n", `${BASE}x\n`, "sections", { ...RULES, strict: true }), whole);
});

test("100,000 lines that are all alike, or headings in another order, come to an end", () => {
  const alike = "x\n".repeat(100_000);
  assert.equal(sections(alike, `a\n${alike}`, `${alike}b\n`).value, `a\n${alike}b\n`);
  const headings = (order: (at: number) => number) =>
    Array.from({ length: 5_000 }, (_, at) => `# ${order(at)}\n`).join("");
  const base = headings((at) => at);
  const { overlap } = sections(
    base,
    headings((at) => 4_999 - at),
    headings((at) => (at * 7919) % 5_000),
  );
  assert.equal(overlap, true);
  const same = "# S\ntext\n".repeat(5_000);
  assert.equal(sections(same, `${same}# New\n`, `first\n${same}`).value, `first\n${same}# New\n`);
});
