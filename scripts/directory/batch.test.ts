import assert from "node:assert/strict";
import { test } from "node:test";
import { createBatcher } from "./batch.ts";

/** A batcher on a clock that stands still until it is moved. */
function start(work: (keys: readonly string[]) => Promise<void> = () => Promise.resolve()) {
  let now = 0;
  const timers: { at: number; call: () => void }[] = [];
  const batches: string[][] = [];
  const errors: unknown[] = [];
  const batcher = createBatcher({
    quiet: 1000,
    cap: 5000,
    work(keys) {
      batches.push([...keys]);
      return work([...keys]);
    },
    onError: (error) => errors.push(error),
    timer(milliseconds, call) {
      const one = { at: now + milliseconds, call };
      timers.push(one);
      return () => void timers.splice(timers.indexOf(one), timers.includes(one) ? 1 : 0);
    },
  });
  return {
    ...batcher,
    batches,
    errors,
    timers,
    async advance(milliseconds: number) {
      const end = now + milliseconds;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = next.at;
        timers.splice(timers.indexOf(next), 1);
        next.call();
        await settled();
      }
      now = end;
    },
  };
}

/** Work that ends when it is told to. */
function held() {
  const ends: (() => void)[] = [];
  return {
    work: () => new Promise<void>((done) => void ends.push(done)),
    finish() {
      for (const end of ends) end();
    },
  };
}

/** Every promise that can go on has gone on. */
const settled = () => new Promise<void>((done) => setImmediate(done));

test("a burst is one batch, and each key is in it once", async () => {
  const { add, advance, batches } = start();
  for (let at = 0; at < 100; at++) {
    add(`k${at % 10}`);
    await advance(10);
  }
  assert.equal(batches.length, 0);
  await advance(1000);
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [10],
  );
});

test("signals without end: a batch begins at the cap all the same, and none is lost", async () => {
  const { add, advance, batches } = start();
  for (let at = 0; at < 20; at++) {
    add(`k${at}`);
    await advance(500);
  }
  await advance(1000);
  assert.equal(batches.length, 2);
  assert.deepEqual(
    batches.flat(),
    Array.from({ length: 20 }, (_, at) => `k${at}`),
  );
});

test("what comes while a batch runs waits for its end, then is the next batch", async () => {
  const { finish, work } = held();
  const { add, advance, batches, timers } = start(work);
  add("a");
  await advance(1000);
  add("b");
  add("a");
  await advance(60_000);
  assert.deepEqual([batches, timers.length], [[["a"]], 0], "one at a time");
  finish();
  await settled();
  await advance(1000);
  assert.deepEqual(batches, [["a"], ["b", "a"]]);
});

test("a batch that fails is told, and its keys come again", async () => {
  let fails = true;
  const { add, advance, batches, errors } = start(() =>
    fails ? Promise.reject(new Error("no")) : Promise.resolve(),
  );
  add("a");
  await advance(1000);
  add("b");
  fails = false;
  await advance(1000);
  assert.deepEqual([batches, errors.length], [[["a"], ["a", "b"]], 1]);
});

test("closed: the running batch ends, nothing begins", async () => {
  const { finish, work } = held();
  const { add, advance, batches, close, timers } = start(work);
  add("a");
  await advance(1000);
  add("b");
  const closing = close();
  add("c");
  finish();
  await closing;
  await advance(60_000);
  assert.deepEqual([batches, timers.length], [[["a"]], 0]);
});
