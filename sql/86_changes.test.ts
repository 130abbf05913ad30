/** The change feed: each document once, at its newest revision, page by page. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { Changes, ChangesRequest } from "../shared/hub/peer-hub.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const path = (user: string, slug: string) => `users/${user}/parts/${slug}.md`;
const text = (name: string) => `---\nname: ${name}\nstatus: active\n---\nHello.\n`;
const changes = (request: ChangesRequest = {}): Promise<Changes> => garden.peer.changes(request);
const shown = ({ items }: Changes) =>
  items.map((item) => `${item.path} ${item.deleted ? "-" : item.revision}`);

async function all(request: ChangesRequest): Promise<string[]> {
  const found: string[] = [];
  let page = await changes(request);
  found.push(...shown(page));
  while (page.more) {
    page = await changes({ ...request, since: page.next });
    found.push(...shown(page));
  }
  return found;
}

test("a document is listed once, at its newest revision, with its text, author and digest", async () => {
  const { next } = await changes();
  await garden.upload(path("one", "a"), text("First"));
  await garden.settle();
  await garden.upload(path("one", "a"), text("Second"));
  await garden.settle();
  const page = await changes({ since: next });
  assert.deepEqual(shown(page), [`${path("one", "a")} 2`]);
  const [item] = page.items;
  assert.equal(item!.text, text("Second"));
  assert.match(item!.digest!, /^[0-9a-f]{64}$/);
  assert.ok("author" in item! && item.at.endsWith("Z"));
  assert.equal(page.reset, false);
  assert.deepEqual(shown(await changes({ since: page.next })), [], "and not again");
});

test("a deletion is listed, without a text, and what comes back as well", async () => {
  await garden.upload(path("two", "a"), text("Here"));
  await garden.settle();
  const { next } = await changes();
  await garden.sql.query("update public.parts set deleted_at = now() where user_id = 'two'");
  await garden.settle();
  const gone = await changes({ since: next });
  assert.deepEqual(shown(gone), [`${path("two", "a")} -`]);
  assert.ok(!("text" in gone.items[0]!));
  await garden.sql.query("update public.parts set deleted_at = null where user_id = 'two'");
  await garden.settle();
  assert.deepEqual(shown(await changes({ since: gone.next })), [`${path("two", "a")} 3`]);
});

test("pages cut inside one transaction leave nothing out and repeat nothing", async () => {
  const { next } = await changes();
  for (const slug of ["a", "b", "c", "d", "e"]) await garden.upload(path("three", slug), text(slug));
  await garden.settle();
  // As one bulk load would leave them.
  await garden.sql.query(
    "update frontrow.documents set revision = revision + 1 where path like 'users/three/%'",
  );
  const wanted = ["a", "b", "c", "d", "e"].map((slug) => `${path("three", slug)} 2`);
  for (const limit of [1, 2, 5, 1000])
    assert.deepEqual(await all({ since: next, limit }), wanted, `${limit}`);
  assert.deepEqual(await all({ since: next, maxBytes: 1 }), wanted, "a page has at least one document");
  assert.equal((await changes({ since: next, maxBytes: 1 })).items.length, 1);
  assert.ok((await changes({ since: next, texts: false })).items.every((item) => !("text" in item)));
});

test("a cursor of another feed starts from the beginning and says so", async () => {
  await garden.upload(path("four", "a"), text("Four"));
  await garden.settle();
  const { next, reset } = await changes();
  assert.equal(reset, true);
  assert.equal((await changes({ since: next })).reset, false);
  assert.equal((await changes({ since: next, collection: "parts" })).reset, false, "the same collections");
  const other = await changes({ since: next, reader: "somebody else" });
  assert.equal(other.reset, true);
  assert.ok(shown(other).some((line) => line.startsWith(path("four", "a"))));
  const ahead = next.replace(/:\d+:/, ":9000000000:");
  assert.equal((await changes({ since: ahead })).reset, true, "of a future that was taken back");
});

test("what another server had numbered is shown", async () => {
  await garden.upload(path("five", "a"), text("Five"));
  await garden.settle();
  const { next } = await changes();
  await garden.sql.query(
    "update frontrow.documents set changed = '8000000000' where path like 'users/five/%'",
  );
  assert.deepEqual(shown(await changes({ since: next })), [], "numbered ahead of this server");
  await garden.sql.query(`update frontrow.settings set value = '"another/1"' where name = 'changes'`);
  await changes();
  assert.deepEqual(shown(await changes({ since: next })), [`${path("five", "a")} 1`]);
});

test("what is no cursor, and what is no collection, is refused", async () => {
  await assert.rejects(changes({ since: "1" }), { code: "REQUEST_INVALID" });
  await assert.rejects(changes({ since: "0123456789abcdef:x::" }), { code: "REQUEST_INVALID" });
  await assert.rejects(changes({ collection: "nothing" }), { code: "NOT_FOUND" });
});
