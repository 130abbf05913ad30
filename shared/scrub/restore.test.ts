import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDocument } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { restoreDocument } from "./restore.ts";
import { scrubbingOf } from "./rules.ts";
import { scrubDocument } from "./scrub.ts";

const written = {
  rules: [
    { field: "owner", action: "hash" as const },
    { field: "salary", action: "drop" as const },
    { field: "boss", action: "replace" as const, with: "somebody" },
    { pattern: "email" as const },
    { pattern: "phone" as const },
  ],
};
const rules = scrubbingOf(written, "a salt of 26 characters ok");

const MASTER = `---
title:   'Plan'
owner: "Ann"
salary: 100
boss: Bob   # the boss
contact: ann@example.org
also: [ann@example.org, bob@example.org]
---
Ann: ann@example.org
Bob: bob@example.org

A paragraph of Ann's: ann@example.org, that is all.
`;
const LEFT = scrubDocument(MASTER, rules).text;

/** What an edit of the scrubbed text means; "refused" when nobody can tell. */
function meant(edit: (text: string) => string, master = MASTER): string {
  const left = scrubDocument(master, rules).text;
  const edited = edit(left);
  assert.notEqual(edited, left, "no edit");
  try {
    return restoreDocument(master, edited, rules);
  } catch (error) {
    if (!(error instanceof FrontrowError) || error.rule !== "scrubbed") throw error;
    assert.ok(!`${error.message}${error.hint}`.includes("example.org"));
    return "refused";
  }
}
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);

test("scrubbed and brought back unchanged: the master, to the byte", () => {
  assert.notEqual(LEFT, MASTER);
  assert.ok(!/example\.org|Ann"|100|Bob /.test(LEFT), LEFT);
  assert.equal(restoreDocument(MASTER, LEFT, rules), MASTER);
});

test("an edit beside what was scrubbed is that edit alone", () => {
  assert.equal(meant(replace("'Plan'", "'Plan B'")), MASTER.replace("'Plan'", "'Plan B'"));
  assert.equal(meant(replace("that is all", "that was all")), MASTER.replace("that is all", "that was all"));
  assert.equal(
    meant((text) => `${text}More.\n`),
    `${MASTER}More.\n`,
  );
  assert.equal(
    meant(replace("Ann: [email]\n", "")),
    MASTER.replace("Ann: ann@example.org\n", ""),
    "a line is gone",
  );
  assert.equal(
    meant(replace("---\nAnn", "new: 1\n---\nAnn")),
    MASTER.replace("---\nAnn", "new: 1\n---\nAnn"),
  );
  // Comments and order are theirs, too; the values are the master's.
  const commented = meant(replace("title:", "# mine\ntitle:"));
  assert.match(commented, /^---\n# mine\ntitle: {3}'Plan'\nowner: "?Ann"?\nboss: Bob {3}# the boss\n/);
  assert.match(commented, /\nsalary: 100\n/);
  assert.match(commented, /also: \["ann@example\.org", "bob@example\.org"\]/);
});

test("a value written over what was scrubbed is an edit; so is taking a key away", () => {
  assert.match(
    meant((text) => text.replace(/owner: .*/, "owner: Cleo")),
    /^owner: "?Cleo"?$/m,
  );
  assert.match(meant(replace("boss: somebody", "boss: Dora")), /^boss: Dora {3}# the boss$/m);
  assert.equal(meant(replace('contact: "[email]"\n', "")), MASTER.replace("contact: ann@example.org\n", ""));
  const list = meant(replace("also: [", "also: [new, "));
  assert.match(list, /^also: \[new, ann@example\.org, bob@example\.org\]$/m);
});

test("another salt's hash has no opinion either", () => {
  const other = scrubbingOf(written, "quite another salt, as long");
  const returned = scrubDocument(MASTER, other).text;
  assert.notEqual(returned, LEFT);
  assert.equal(restoreDocument(MASTER, returned, rules), MASTER);
});

test("what nobody can tell is refused, never guessed", () => {
  assert.equal(meant(replace("Ann: [email]\nBob: [email]\n", "Bob: [email]\nAnn: [email]\n")), "refused");
  assert.equal(meant(replace("Ann: [email]\nBob: [email]\n", "Ann and Bob: [email] [email]\n")), "refused");
  assert.equal(
    meant((text) => `${text}Copied: [email]\n`),
    "refused",
  );
  assert.equal(
    meant((text) => text.replace(/owner: (.*)/, "owner: $1\nfriend: $1")),
    "refused",
  );
  const twins = "Ann\nann@example.org\nBob\nbob@example.org\n";
  assert.equal(
    meant(() => "Bob\n[email]\nAnn\n[email]\n", twins),
    "refused",
    "which is whose?",
  );
  assert.equal(
    meant(() => "Bob C\n[email]\nAnn D\n[email]\n", twins),
    "refused",
    "names changed places",
  );
  assert.equal(
    meant(() => "[email]\n", "ann@example.org\nbob@example.org\n"),
    "refused",
    "who is gone?",
  );
});

test("a text that looks like a placeholder and was there before stays what it is", () => {
  const master = "Write [email] for an address, as in a@b.example.\n\nEnd\n";
  assert.equal(meant(replace("End", "The end"), master), master.replace("End", "The end"));
  assert.equal(meant(replace("Write", "Put"), master), "refused", "one line, two meanings");
});

const word = fc.constantFrom(
  "Ann",
  "Bob",
  "ann@x.example",
  "bob@x.example",
  "+49 170 1234567",
  "[email]",
  "and",
  "é",
);
const line = fc.array(word, { maxLength: 4 }).map((words) => words.join(" "));
const body = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((one) => `${one}\n`).join(""));
const scalar = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => JSON.stringify(words.join(" ")));
const header = fc.record({ owner: scalar, contact: scalar, also: fc.array(scalar, { maxLength: 3 }) });
const document = fc
  .tuple(header, body)
  .map(
    ([{ owner, contact, also }, text]) =>
      `---\nowner: ${owner}\ncontact: ${contact}\nalso: [${also.join(", ")}]\n---\n${text}`,
  );

test("whatever the document: nothing leaves, unchanged is unchanged, and no placeholder comes in", () => {
  fc.assert(
    fc.property(document, line, fc.nat(8), (master, added, at) => {
      const left = scrubDocument(master, rules).text;
      assert.ok(!/@x\.example|1234567/.test(left), left);
      assert.equal(restoreDocument(master, left, rules), master);
      const { body: before, bodyStart } = parseDocument(left);
      const lines = before.split(/(?<=\n)/);
      lines.splice(at, 0, `${added} X\n`);
      try {
        const text = restoreDocument(master, left.slice(0, bodyStart) + lines.join(""), rules);
        // Without the line that was added, and what it holds, all is as it was.
        const wanted = parseDocument(master).body.split(/(?<=\n)/);
        wanted.splice(at, 0, `${added} X\n`);
        assert.equal(parseDocument(text).body, wanted.join(""));
      } catch (error) {
        if (!(error instanceof FrontrowError)) throw error;
        assert.equal(error.rule, "scrubbed");
      }
    }),
    { numRuns: 500 },
  );
});
