import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDocument } from "../document/mod.ts";
import { realTexts, skipWithoutCorpora } from "../document/test-documents.ts";
import { FrontrowError } from "../errors.ts";
import { HASHED, scrubbingFor, scrubbingOf, scrubSchema, type WrittenScrub } from "./rules.ts";
import { safePattern } from "./safe-pattern.ts";
import { scrubDocument } from "./scrub.ts";

const SALT = "a salt of 26 characters ok";
const by = (...rules: WrittenScrub["rules"]) => scrubbingOf({ rules }, SALT);

/** In two parts, so that nobody takes it for a leak. */
const TOKEN = ["ghp", "0123456789abcdef0123456789abcdef0123"].join("_");

const DOCUMENT = `---
title: "Call Ann"   # ask ann@example.org first
owner: ann@example.org
'phone': +49 170 1234567
version: 1.10
tags: [a, 'b@example.org', 012]
people:
  - name: Ann   # +49 170 1234567
    mail: ann@example.org
    since: 2024-01-01
---

Write to <ann@example.org> or call +49 170 1234567.
The token is ${TOKEN}.
`;

test("without a rule that finds something, the very same text", () => {
  const { text, counts } = scrubDocument(
    DOCUMENT,
    by({ field: "nothing", action: "drop" }, { regex: "zzz" }),
  );
  assert.equal(text, DOCUMENT);
  assert.deepEqual(counts, {});
});

test("fields are dropped, replaced or hashed; the other lines stay as they are", () => {
  const rules = by(
    { field: "phone", action: "drop" },
    { field: "owner", action: "hash" },
    { field: "title", action: "replace", with: "Untitled" },
  );
  const { text, counts } = scrubDocument(DOCUMENT, rules);
  const hash = rules.hash("ann@example.org");
  assert.match(hash, HASHED);
  const wanted = DOCUMENT.replace("'phone': +49 170 1234567\n", "")
    .replace('title: "Call Ann"', 'title: "Untitled"')
    .replace("owner: ann@example.org", `owner: ${hash}`);
  assert.equal(text, wanted);
  assert.deepEqual(counts, { "field phone": 1, "field owner": 1, "field title": 1 });
  assert.notEqual(scrubbingOf(rules.written, `${SALT}!`).hash("ann@example.org"), hash);
});

test("patterns: body, values at any depth and the header's comments, each in place", () => {
  const { text, counts } = scrubDocument(
    DOCUMENT,
    by({ pattern: "email" }, { pattern: "phone" }, { pattern: "secret", with: "***" }),
  );
  assert.equal(
    text,
    `---
title: "Call Ann"   # ask [email] first
owner: "[email]"
'phone': "[phone]"
version: 1.10
tags: [a, '[email]', 012]
people:
  - name: Ann   # [phone]
    mail: "[email]"
    since: 2024-01-01
---

Write to <[email]> or call [phone].
The token is ***.
`,
  );
  assert.deepEqual(counts, { "pattern email": 5, "pattern phone": 3, "pattern secret": 1 });
});

test("in: only there; collections: only those", () => {
  const { text } = scrubDocument(DOCUMENT, by({ pattern: "email", in: ["body", "owner"] }));
  assert.match(text, /owner: "\[email\]"[\s\S]*mail: ann@example\.org[\s\S]*<\[email\]>/);
  assert.match(text, /# ask ann@example\.org/);
  const rules = by({ pattern: "email", collections: ["people"] });
  assert.equal(scrubbingFor(rules, "plans"), null);
  assert.equal(scrubbingFor(rules, "people")?.patterns.length, 1);
});

test("TOML and JSON headers", () => {
  const rules = by({ pattern: "email" }, { field: "age", action: "hash" });
  const toml = scrubDocument('+++\nmail = "a@b.example" # a@b.example\nage = 42\nn = 1\n+++\nx\n', rules);
  assert.equal(toml.text, `+++\nmail = "[email]" # [email]\nage = "${rules.hash("42")}"\nn = 1\n+++\nx\n`);
  const json = scrubDocument('---json\n{"mail": "a@b.example", "n": 1}\n---\na@b.example', rules);
  assert.equal(json.text, '---json\n{"mail": "[email]", "n": 1}\n---\n[email]');
});

test("what cannot be taken out in place refuses the document: nothing leaves", () => {
  const refused: [text: string, rule: string][] = [
    ["---\nann@example.org: 1\n---\n", "scrub-key"],
    ["---\na: &x ann@example.org\nb: *x\n---\n", "anchor"],
  ];
  for (const [text, rule] of refused) {
    assert.throws(
      () => scrubDocument(text, by({ pattern: "email" })),
      (error: FrontrowError) => error.code === "CANNOT_SPLICE" && error.rule === rule,
      text,
    );
  }
});

test("an address, a number or a token is found as people write them; dates, versions and ids are left alone", () => {
  const rules = by({ pattern: "secret" }, { pattern: "email" }, { pattern: "phone" });
  const found = (line: string) => scrubDocument(line, rules).text;
  for (const [line, wanted] of [
    ["ann@example.org", "[email]"],
    ["mailto:jörg.o'neil@müller-bau.example.", "mailto:jörg.o'[email]."],
    ["(a.b+c@x.co.uk)", "([email])"],
    ["+1 (415) 555-2671", "[phone]"],
    ["0049 30 901820", "[phone]"],
    ["Tel. 030/9018-2000,", "Tel. [phone],"],
    ["(030) 901820", "[phone]"],
    ["06 12 34 56 78", "[phone]"],
    ["415-555-2671", "[phone]"],
    ["sb_secret_abc123def456", "[secret]"],
    ["Authorization: Bearer abcdefghijklmnop.qrst", "Authorization: Bearer [secret]"],
    ["postgres://ann:hunter2@db.example/x", "postgres://[secret]@db.example/x"],
    ["https://x.example/?a=1&token=abcdef123&b=2", "https://x.example/?a=1&token=[secret]&b=2"],
  ] as const) {
    assert.equal(found(line), wanted);
  }
  for (const line of [
    "2026-11-21T10:00:00.123Z and 21-11-2026, 01-02-2024, 01/02/2024, 10:30",
    "1.10.2 INFRA-105 v0.12.345 192.168.100.200 #000000 1,000,000 12345678",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301 978-3-16-148410-0",
    "@user a@b @scope/pkg@1.2.3 x @ y.z",
    "the bearer of a token=, key: value, secret_santa",
  ]) {
    assert.equal(found(line), line);
  }
});

test("a person's regular expression cannot hang: it is counted before it is used", () => {
  for (const good of [
    "INFRA-\\d{1,6}",
    "(?:Mr|Mrs)\\. \\p{Lu}\\w{1,30}",
    "[A-Z]{2}\\d{2}[A-Z0-9]{11,30}",
    "a|bc?",
    "\\bIBAN\\b",
  ]) {
    assert.ok(safePattern(good) instanceof RegExp, good);
  }
  const bad: [source: string, why: RegExp][] = [
    ["(a+)+b", /must say how many/],
    ["a*", /must say how many/],
    ["a{2,}", /must say how many/],
    ["(a{1,30}){1,30}b", /could take too long/],
    ["a{1,100}a{1,100}b", /could take too long/],
    ["(?:a|a){1,20}b", /could take too long/],
    ["(?:a?){0,9}", /nothing at all/],
    ["(a)\\1", /refer back/],
    ["(?<=a)b", /look ahead or back/],
    ["(?!a)b", /look ahead or back/],
    ["a{2000}", /could take too long/],
    ["[", /must be a regular expression/],
  ];
  for (const [source, why] of bad) assert.match(String(safePattern(source)), why, source);
  // The worst that is let through, on the worst text for it; a pattern that hangs takes years.
  const started = performance.now();
  const worst = safePattern("a{1,31}a{1,31}b") as RegExp;
  assert.equal("a".repeat(20_000).search(worst), -1);
  assert.ok(performance.now() - started < 5000);
});

test("no text makes the known patterns slow", () => {
  const rules = by({ pattern: "email" }, { pattern: "phone" }, { pattern: "secret" });
  for (const part of ["a", "1", "a.", "0 ", "+49", "a@", "eyJaaaaaaaa.", "https://a", "?key=", "-", "@a."]) {
    const started = performance.now();
    scrubDocument(`x\n${part.repeat(100_000 / part.length)}`, rules);
    assert.ok(performance.now() - started < 2000, `${part}: ${performance.now() - started} ms`);
  }
});

test("rules as they are written: what does not fit together is said", () => {
  const said = (rule: object) =>
    scrubSchema.safeParse({ rules: [rule] }).error?.issues.map((one) => one.message);
  assert.equal(said({ pattern: "email" }), undefined);
  assert.match(said({})![0]!, /one of field, pattern and regex/);
  assert.match(said({ field: "a", pattern: "email" })![0]!, /one of/);
  assert.match(said({ field: "a" })![0]!, /drop, replace or hash/);
  assert.match(said({ field: "a", action: "replace" })![0]!, /what stands there instead/);
  assert.match(said({ field: "a", action: "drop", in: ["x"] })![0]!, /as a whole/);
  assert.match(said({ regex: "(a+)+" })![0]!, /must say how many/);
  assert.match(said({ pattern: "email", with: "a\nb" })![0]!, /one line/);
  for (const salt of [undefined, "short"]) {
    assert.throws(
      () => scrubbingOf({ salt: "S", rules: [{ field: "a", action: "hash" }] }, salt),
      (error: FrontrowError) => error.rule === "no-salt" && !error.message.includes("short"),
    );
  }
});

test("in real documents: what is left reads, and holds nothing of it", { skip: skipWithoutCorpora }, () => {
  const rules = by({ pattern: "email" }, { pattern: "phone" }, { pattern: "secret" });
  let [seen, changed, refused] = [0, 0, 0];
  for (const { text } of realTexts(20)) {
    try {
      parseDocument(text);
    } catch {
      continue;
    }
    seen++;
    try {
      const once = scrubDocument(text, rules);
      if (once.text !== text) changed++;
      assert.deepEqual(scrubDocument(once.text, rules).counts, {}, "something was left");
    } catch (error) {
      if (!(error instanceof FrontrowError)) throw error;
      refused++;
    }
  }
  assert.ok(
    seen > 100 && changed > 0 && refused < seen / 20,
    `${seen} seen, ${changed} changed, ${refused} refused`,
  );
});
