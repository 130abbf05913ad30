/** The loop: how long it works, lingers and holds in memory, and how it ends. A hub and a clock of paper. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FrontrowError } from "../errors.ts";
import type { ApplyItem, ClaimedDocument, ClaimRequest, Hub } from "../hub/hub.ts";
import { createMemoryStore } from "../stores/memory-store.ts";
import type { Clock, Limits } from "./budget.ts";
import { drain } from "./worker.ts";

/** A document that is nowhere: looked at, and nothing is to be done. */
function document(name: string, size: number | null = null): ClaimedDocument {
  return {
    collection: "things",
    path: `things/${name}.md`,
    token: "1",
    attempts: 1,
    hub: null,
    bases: { bucket: null, table: null },
    bucket: size === null ? null : ({ version: "v", size } as ClaimedDocument["bucket"]),
    table: null,
    isKey: true,
    resolution: null,
    dirtyAt: null,
  };
}

interface Paper {
  hub: Hub;
  clock: Clock;
  /** What the hub was asked, in order. */
  asked: string[];
  /** Milliseconds slept, one by one. */
  slept: number[];
  finished: { ring: boolean; error?: string }[];
}

/** A hub that hands out these claims at these times, and then nothing. One that can wait does so as long as it may. */
function paper(claims: { at: number; items: ClaimedDocument[] }[], tick = 0, canWait = false): Paper {
  let now = 0;
  const waiting = [...claims];
  const [asked, slept, finished]: [string[], number[], Paper["finished"]] = [[], [], []];
  const hub = {
    async claim({ wait = 0 }: ClaimRequest) {
      asked.push("claim");
      if (canWait) now = Math.max(now, Math.min(now + wait, waiting[0]?.at ?? Number.POSITIVE_INFINITY));
      return waiting.length > 0 && waiting[0]!.at <= now ? waiting.shift()!.items : [];
    },
    async apply(_run: string, items: readonly ApplyItem[]) {
      asked.push(`apply ${items.length}`);
      return items.map(({ collection, path, outcome }) => ({ collection, path, outcome, intent: null }));
    },
    async fail(_run: string, items: readonly unknown[]) {
      asked.push(`fail ${items.length}`);
    },
    async finish(_run: string, { ring, error }: Paper["finished"][number]) {
      finished.push(error === undefined ? { ring } : { ring, error });
      return { more: waiting.length > 0 };
    },
  } as unknown as Hub;
  const clock: Clock = {
    now: () => {
      now += tick;
      return now;
    },
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  return { hub, clock, asked, slept, finished };
}

const bindings = new Map([
  [
    "things",
    {
      collection: {
        name: "things",
        bucket: "content",
        body: null,
        path: { matches: () => true },
        policies: { maxBytes: 1e9 },
      },
      columns: { mapping: { fields: [] }, keys: [] },
      digest: "d",
      policies: {
        conflict: "merge",
        deletes: "edit-wins",
        direction: "two-way",
        lists: {},
        bodyMerge: "sections",
        authority: {},
      },
    },
  ],
]) as never;

function run({ hub, clock }: Paper, limits: Partial<Limits>, signal?: AbortSignal) {
  const bucket = () => createMemoryStore<Uint8Array>();
  return drain({ hub, bindings, bucket, cause: "test", clock, limits, ...(signal ? { signal } : {}) });
}

test("it works until nothing is due, and counts what became of each", async () => {
  const hub = paper([
    { at: 0, items: [document("a"), document("b")] },
    { at: 0, items: [document("c")] },
  ]);
  const { counts, more } = await run(hub, { linger: 0 });
  assert.deepEqual({ counts, more }, { counts: { unchanged: 3 }, more: false });
  assert.deepEqual(hub.asked, ["claim", "apply 2", "claim", "apply 1", "claim"]);
  assert.deepEqual(hub.finished, [{ ring: true }], "something may have come after the last claim");
});

test("it lingers: what comes soon after needs no doorbell, and the waits grow", async () => {
  const hub = paper([
    { at: 0, items: [document("a")] },
    { at: 300, items: [document("b")] },
  ]);
  const { counts } = await run(hub, { linger: 2000 });
  assert.deepEqual(counts, { unchanged: 2 });
  assert.ok(hub.slept[0]! <= 20, "at first it looks again at once");
  assert.ok(Math.max(...hub.slept) <= 500);
  assert.ok(hub.slept.length < 200, `${hub.slept.length} polls of an idle queue`);
});

test("a hub that can wait for work is asked a few times only", async () => {
  const claims = [
    { at: 0, items: [document("a")] },
    { at: 300, items: [document("b")] },
  ];
  const hub = paper(claims, 0, true);
  const { counts } = await run(hub, { linger: 2000 });
  assert.deepEqual(counts, { unchanged: 2 });
  assert.equal(hub.clock.now(), 2300, "it lingered as long as it should after the last work");
  assert.deepEqual(hub.slept, []);
  assert.ok(hub.asked.length < 20, `${hub.asked.length} requests`);
});

test("when the time is spent it ends, and another is woken for the rest", async () => {
  const items = () => [document("a")];
  const hub = paper(
    Array.from({ length: 10 }, () => ({ at: 0, items: items() })),
    40,
  );
  const { more } = await run(hub, { linger: 0, wall: 300, cpu: Number.POSITIVE_INFINITY });
  assert.equal(more, true);
  assert.deepEqual(hub.finished, [{ ring: true }]);
});

test("when the computing is spent it ends too", async () => {
  const hub = paper(
    Array.from({ length: 10 }, () => ({ at: 0, items: [document("a")] })),
    40,
  );
  await run(hub, { linger: 0, cpu: 100, wall: Number.POSITIVE_INFINITY });
  assert.ok(hub.asked.filter((call) => call === "claim").length < 6, String(hub.asked));
  assert.deepEqual(hub.finished, [{ ring: true }]);
});

test("a claim asks for no more documents and bytes than may be held at once", async () => {
  const hub = paper([]);
  const { claim } = hub.hub;
  hub.hub.claim = (request) => {
    assert.deepEqual([request.limit, request.maxBytes], [7, 1000]);
    return claim(request);
  };
  await run(hub, { linger: 0, documents: 7, bytes: 1000 });
  assert.deepEqual(hub.asked, ["claim"]);
});

test("of a large claim, a part is read while the part before is applied", async () => {
  const looked = new Set<number>();
  const items = Array.from({ length: 60 }, (_, nth) =>
    Object.defineProperty(document(`n${nth}`), "path", {
      get() {
        looked.add(nth);
        return `things/n${nth}.md`;
      },
    }),
  );
  const hub = paper([{ at: 0, items }]);
  const { apply } = hub.hub;
  const ahead: number[] = [];
  let applied = 0;
  hub.hub.apply = (run, part) => {
    applied += part.length;
    ahead.push(looked.size - applied);
    return apply(run, part);
  };
  const { counts } = await run(hub, { linger: 0 });
  assert.deepEqual(counts, { unchanged: 60 });
  assert.deepEqual(hub.asked.slice(0, 4), ["claim", "apply 25", "apply 25", "apply 10"]);
  assert.ok(ahead[0]! > 0 && ahead[1]! > 0, `${ahead} documents were being read when a part was applied`);
});

test("it can be told to stop, and does so between claims", async () => {
  const stop = new AbortController();
  const hub = paper(Array.from({ length: 10 }, () => ({ at: 0, items: [document("a")] })));
  const apply = hub.hub.apply;
  hub.hub.apply = (...args) => {
    stop.abort();
    return apply(...args);
  };
  const { counts } = await run(hub, { linger: 0 }, stop.signal);
  assert.deepEqual(counts, { unchanged: 1 });
  assert.deepEqual(hub.finished, [{ ring: false }]);
});

test("a hub that does not answer ends the run with its code; so does a defect", async () => {
  const silent = paper([]);
  silent.hub.claim = () => Promise.reject(new FrontrowError("HUB_UNAVAILABLE", "no answer"));
  await assert.rejects(run(silent, {}), { code: "HUB_UNAVAILABLE" });
  assert.deepEqual(silent.finished, [{ ring: false, error: "HUB_UNAVAILABLE" }]);

  const broken = paper([{ at: 0, items: [document("a")] }]);
  broken.hub.apply = () => Promise.reject(new TypeError("x is not a function"));
  await assert.rejects(run(broken, {}), TypeError);
  assert.deepEqual(broken.finished, [{ ring: false, error: "defect" }]);
});

test("a document that makes the engine stumble is given back as failed, and the others go on", async () => {
  const odd = {
    ...document("odd"),
    bases: { bucket: { version: "v", revision: 1, text: null }, table: null },
    hub: { revision: 1, text: null, deleted: false },
    bucket: { version: "v", size: 1 },
  };
  const hub = paper([{ at: 0, items: [odd as unknown as ClaimedDocument, document("a")] }]);
  const { counts } = await run(hub, { linger: 0 });
  assert.deepEqual(counts, { failed: 1, unchanged: 1 });
  assert.ok(hub.asked.includes("fail 1"));
});
