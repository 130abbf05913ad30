import assert from "node:assert/strict";
import { test } from "node:test";
import { runEvery } from "./every.ts";

test("one after the other, with the interval from the end of one to the next; what fails is told and no end", async () => {
  const stop = new AbortController();
  const happened: unknown[] = [];
  let running = 0;
  let count = 0;
  await runEvery({
    interval: 300,
    signal: stop.signal,
    async run() {
      assert.equal(++running, 1);
      await Promise.resolve();
      running--;
      count++;
      if (count === 2 || count === 3) throw new Error(`no network (${count})`);
      return count;
    },
    onResult: (result) => happened.push(result),
    onError: (error, inRow) => happened.push([(error as Error).message, inRow]),
    wait(milliseconds) {
      happened.push(milliseconds);
      if (count === 4) stop.abort();
      return Promise.resolve();
    },
  });
  assert.deepEqual(happened, [
    1,
    300_000,
    ["no network (2)", 1],
    300_000,
    ["no network (3)", 2],
    300_000,
    4,
    300_000,
  ]);
});

test("told to stop while it waits, it stops at once; while it runs, when that has ended", async () => {
  const stop = new AbortController();
  const given = { interval: 3600, signal: stop.signal, onError: assert.fail };
  const waiting = runEvery({
    ...given,
    run: () => Promise.resolve(1),
    onResult: () => queueMicrotask(() => stop.abort()),
  });
  await waiting;
  const results: number[] = [];
  const again = new AbortController();
  await runEvery({
    ...given,
    signal: again.signal,
    run() {
      again.abort();
      return Promise.resolve(2);
    },
    onResult: (result) => results.push(result),
  });
  assert.deepEqual(results, [2]);
});
