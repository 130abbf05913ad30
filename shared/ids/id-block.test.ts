import assert from "node:assert/strict";
import { test } from "node:test";
import { type IdBlock, leftIn, takeNext } from "./id-block.ts";

test("a block gives each of its numbers once, in order, and then none", () => {
  let block: IdBlock = { first: 5, last: 8, next: 6 };
  assert.equal(leftIn(block), 3);
  const got: number[] = [];
  for (let taken = takeNext(block); taken !== null; taken = takeNext(block)) {
    got.push(taken.number);
    block = taken.rest;
  }
  assert.deepEqual(got, [6, 7, 8]);
  assert.equal(leftIn(block), 0);
});

test("a block that was written down wrongly gives nothing that is not its own", () => {
  assert.equal(takeNext({ first: 5, last: 8, next: 1 })?.number, 5);
  assert.equal(takeNext({ first: 5, last: 8, next: 9 }), null);
  assert.equal(takeNext({ first: 5, last: 4, next: 5 }), null);
  assert.equal(leftIn({ first: 5, last: 4, next: 9 }), 0);
});
