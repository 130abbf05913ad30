/** The documents, page by page, as whoever takes a copy of them reads them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { DocumentsRequest, HistoryHub, HubDocument } from "../shared/hub/history-hub.ts";
import { connect } from "../shared/sync/connect.ts";

const SLUGS = ["a", "b", "c", "d", "e"];
const pathOf = (slug: string): string => `users/ann/parts/${slug}.md`;
const textOf = (slug: string): string =>
  `---\nname: ${slug} # kept\nstatus: active\n---\n${slug.repeat(1000)}\n`;

let garden: Garden;
let history: HistoryHub;
before(async () => {
  garden = await startGarden();
  history = connect({ url: garden.stack.url, key: garden.stack.secretKey }).history;
  for (const slug of [...SLUGS, "gone"]) await garden.upload(pathOf(slug), textOf(slug));
  await garden.settle();
  await garden.remove(pathOf("gone"));
  await garden.settle();
});
after(() => garden.stop());

async function pages(request: Omit<DocumentsRequest, "collection">): Promise<HubDocument[][]> {
  const read: HubDocument[][] = [];
  let next: string | null = null;
  do {
    const after: { after?: string } = next === null ? {} : { after: next };
    const page: Awaited<ReturnType<HistoryHub["documents"]>> = await history.documents({
      collection: "parts",
      ...request,
      ...after,
    });
    read.push([...page.items]);
    next = page.next;
  } while (next !== null);
  return read;
}

test("every document that is not deleted, byte for byte, once, whatever the size of a page", async () => {
  for (const [request, sizes] of [
    [{}, [5]],
    [{ limit: 2 }, [2, 2, 1]],
    [{ limit: 5 }, [5]],
    [{ maxBytes: 2100 }, [2, 2, 1]],
    [{ maxBytes: 1 }, [1, 1, 1, 1, 1]],
  ] as const) {
    const read = await pages(request);
    assert.deepEqual(
      read.map(({ length }) => length),
      sizes,
    );
    assert.deepEqual(
      read.flat().map(({ path, text, bytes, revision }) => [path, text, bytes, revision]),
      SLUGS.map((slug) => [pathOf(slug), textOf(slug), textOf(slug).length, 1]),
    );
  }
});

test("without texts only the number of documents counts; named paths alone", async () => {
  const [page, ...others] = await pages({ texts: false, maxBytes: 1 });
  assert.equal(others.length, 0);
  assert.deepEqual(
    page!.map(({ text }) => text),
    SLUGS.map(() => null),
  );
  const [named] = await pages({ paths: [pathOf("d"), pathOf("b"), pathOf("gone"), "no/such.md"] });
  assert.deepEqual(
    named!.map(({ path }) => path),
    [pathOf("b"), pathOf("d")],
  );
  assert.deepEqual(await pages({ paths: [] }), [[]]);
});

test("a collection that is not registered is an error, never no documents", async () => {
  await assert.rejects(history.documents({ collection: "prats" }), { code: "NOT_FOUND" });
});
