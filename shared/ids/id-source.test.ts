import assert from "node:assert/strict";
import { test } from "node:test";
import { FrontrowError } from "../errors.ts";
import type { IdsRequest } from "../hub/peer-hub.ts";
import { createHubIds } from "./id-source.ts";

function hub(failures: FrontrowError[]) {
  const asked: IdsRequest[] = [];
  const ids = async (request: IdsRequest) => {
    asked.push(request);
    const failure = failures.shift();
    if (failure) throw failure;
    return { format: "ADR-{n:3}", first: 7, last: 7 };
  };
  return { asked, source: createHubIds({ ids }, "ann") };
}

test("an id is asked for one by one, and written as the hub says", async () => {
  const { asked, source } = hub([]);
  assert.equal(await source.next("adrs"), "ADR-007");
  await source.next("adrs");
  assert.deepEqual(
    asked.map(({ reader, collection, count }) => [reader, collection, count]),
    Array(2).fill(["ann", "adrs", 1]),
  );
  assert.notEqual(asked[0]!.request, asked[1]!.request);
});

test("an answer that was lost is asked for again under the same id, once", async () => {
  const lost = () => new FrontrowError("HUB_UNAVAILABLE", "gone");
  const one = hub([lost()]);
  assert.equal(await one.source.next("adrs"), "ADR-007");
  assert.equal(one.asked[0]!.request, one.asked[1]!.request);
  await assert.rejects(hub([lost(), lost()]).source.next("adrs"), { code: "HUB_UNAVAILABLE" });
  const refused = hub([new FrontrowError("NOT_FOUND", "none")]);
  await assert.rejects(refused.source.next("adrs"), { code: "NOT_FOUND" });
  assert.equal(refused.asked.length, 1);
});
