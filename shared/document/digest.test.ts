import assert from "node:assert/strict";
import { test } from "node:test";
import { digest, digestText } from "./digest.ts";

test("the digest of a text is SHA-256 of its UTF-8", () => {
  assert.equal(digestText("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.notEqual(digestText("\uFEFFa"), digestText("a"));
});

test("null is absent, order does not count, everything else does", () => {
  const base = digest({ a: "1", b: ["x", null] }, "body");
  assert.equal(digest({ b: ["x", null], a: "1", c: null }, "body"), base);
  const others = [
    digest({ a: "1", b: ["x", null] }, "body\n"),
    digest({ a: "1", b: ["x"] }, "body"),
    digest({ a: "1", b: ["x", "null"] }, "body"),
    digest({ a: "1", b: [] }, "body"),
    digest({ a: "1", b: '["x",null]' }, "body"),
    digest({ a: ["1"], b: ["x", null] }, "body"),
    digest({ a: "", b: ["x", null] }, "body"),
    digest({ b: ["x", null] }, "body"),
  ];
  assert.equal(new Set([base, ...others]).size, others.length + 1);
});

test("bodies with halves of surrogate pairs, and those that spell them, are told apart", () => {
  const bodies = ["\ud800", "\udfff", "\ufffd", '"\\ud800"', '\n"\\ud800"', "\n\ud800"];
  assert.equal(new Set(bodies.map((body) => digest({}, body))).size, bodies.length);
});
