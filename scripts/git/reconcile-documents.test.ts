import assert from "node:assert/strict";
import { test } from "node:test";
import { createReconcile, type Overlapped } from "./reconcile-documents.ts";
import { READER } from "./test-documents.ts";

const BASE = `---
name: The Critic # comment
tags: [a, b]
charge: 0.7
---

# One

First.

# Two

Second.
`;

async function merged(base: string | null, ours: string | null, theirs: string | null) {
  const told: Overlapped[] = [];
  const reconcile = createReconcile({
    readerOf: (path) => (path.startsWith("plain/") ? null : READER),
    onOverlap: (one) => void told.push(one),
  });
  const { text } = await reconcile({ path: "x.md", base, ours, theirs });
  return { text, overlaps: told.flatMap(({ overlaps }) => overlaps.map(({ column }) => column)), told };
}

test("different fields, list members and sections: all of it, and each line as its writer left it", async () => {
  const ours = BASE.replace("0.7", "0.9")
    .replace("First.", "First, by us.")
    .replace("[a, b]", "[a, b, ours]");
  const theirs = BASE.replace("Critic # comment", "Judge # comment")
    .replace("Second.", "Second, by them.")
    .replace("[a, b]", "[a, b, theirs]");
  const { text, overlaps } = await merged(BASE, ours, theirs);
  assert.deepEqual(overlaps, []);
  for (const part of ["0.9", "Judge # comment", "First, by us.", "Second, by them.", "ours", "theirs"]) {
    assert.ok(text!.includes(part), part);
  }
});

test("the same field: the remote's word stays, both versions are remembered", async () => {
  const ours = BASE.replace("0.7", "0.1").replace("First.", "First, by us.");
  const theirs = BASE.replace("0.7", "0.2");
  const { text, overlaps, told } = await merged(BASE, ours, theirs);
  assert.equal(text, theirs.replace("First.", "First, by us."));
  assert.deepEqual(overlaps, ["charge"]);
  assert.deepEqual([told[0]!.ours, told[0]!.theirs, told[0]!.base], [ours, theirs, BASE]);
});

test("deleted against edited: the edit stays, whoever made it; a deletion nobody edited against goes through", async () => {
  const edited = BASE.replace("0.7", "0.1");
  assert.deepEqual((await merged(BASE, null, edited)).text, edited);
  assert.deepEqual((await merged(BASE, edited, null)).text, edited);
  assert.deepEqual((await merged(BASE, edited, null)).overlaps, ["(document)"]);
});

test("made on both sides: one document, and what differs is remembered", async () => {
  const { text, overlaps } = await merged(null, BASE.replace("0.7", "0.1"), BASE);
  assert.deepEqual([text, overlaps], [BASE, ["charge"]]);
});

test("no document on one side: by lines, without a marker", async () => {
  const broken = BASE.replace("tags: [a, b]", "tags: [a");
  const theirs = BASE.replace("Second.", "Second, by them.");
  const { text, overlaps } = await merged(BASE, broken, theirs);
  assert.deepEqual([text, overlaps], [broken.replace("Second.", "Second, by them."), []]);
  const both = await merged(BASE, broken, BASE.replace("tags: [a, b]", "tags: [z]"));
  assert.doesNotMatch(both.text!, /^[<>=]{7}/m);
  assert.deepEqual(both.overlaps, ["(document)"]);
});
