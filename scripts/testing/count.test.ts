import assert from "node:assert/strict";
import { test } from "node:test";
import { countJunit } from "./count.ts";

const passed = (name: string) =>
  `<testcase name="${name}" classname="./a.test.ts" time="0.1" line="2" col="1">\n</testcase>`;
const failed = (name: string) =>
  `<testcase name="${name}" time="0.1"><failure message="a > b">1 !== 2</failure></testcase>`;
const skipped = (name: string) => `<testcase name="${name}" time="0.1"><skipped/></testcase>`;

test("a suite is not a test, its tests are", () => {
  const xml = [
    passed("suite"),
    passed("suite &gt; one"),
    passed("suite &gt; inner"),
    passed("suite &gt; inner &gt; two"),
  ].join("\n");
  assert.deepEqual(countJunit(xml), { passed: 2, failed: 0, skipped: 0 });
});

test("a suite that failed because of a test is not counted twice", () => {
  const xml = [failed("suite"), failed("suite &gt; one"), passed("suite &gt; two")].join("\n");
  assert.deepEqual(countJunit(xml), { passed: 1, failed: 1, skipped: 0 });
});

test("a suite that failed by itself counts", () => {
  assert.deepEqual(countJunit([failed("suite"), passed("suite &gt; one")].join("")), {
    passed: 1,
    failed: 1,
    skipped: 0,
  });
  assert.deepEqual(countJunit(failed("hook")), { passed: 0, failed: 1, skipped: 0 });
});

test("node's shape: closed tags, nested suites", () => {
  const xml = `<testsuite name="s"><testcase name="one" time="0.1" classname="test"/>${skipped("two")}
    <testcase name="x" file="/a.ts"><error message="cancelled"/></testcase></testsuite>`;
  assert.deepEqual(countJunit(xml), { passed: 1, failed: 1, skipped: 1 });
});

test("nothing ran", () => assert.deepEqual(countJunit(""), { passed: 0, failed: 0, skipped: 0 }));
