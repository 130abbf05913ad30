/** Pushes that are cut: whatever was lost on the way, what was accepted is done once and answered as such. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endWaits, type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { FrontrowError } from "../errors.ts";
import type { PeerHub } from "../hub/peer-hub.ts";
import { type PushItem, type PushOptions, pushDocuments } from "./push.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const path = (slug: string) => `users/cut/parts/${slug}.md`;
const text = (name: string) => `---\nname: ${name}\nstatus: active\n---\nHello.\n`;
const item = (slug: string, expected: number | null, said: string | null): PushItem => ({
  collection: "parts",
  path: path(slug),
  expected,
  text: said,
});

const push = (items: PushItem[], options: Partial<PushOptions> = {}) =>
  pushDocuments({ ...garden, request: crypto.randomUUID(), reader: "", items, ...options });

const LOST = new FrontrowError("HUB_UNAVAILABLE", "lost");

/** A peer's hub whose answer to a push is lost, before or after it was carried out. */
function losing(when: "before" | "after"): PeerHub {
  return {
    ...garden.peer,
    async push(...given) {
      if (when === "after") await garden.peer.push(...given);
      throw LOST;
    },
  };
}

test("the answer is lost after the deed: the same request is answered, though the document moved on", async () => {
  const request = crypto.randomUUID();
  await push([item("a", null, text("A"))]);
  await assert.rejects(push([item("a", 1, text("B"))], { request, peer: losing("after") }), LOST);
  await endWaits(garden.sql);
  await garden.settle();
  assert.equal(await garden.read(path("a")), text("B"), "the file follows by itself");
  await push([item("a", 2, text("A"))]);
  const [answer] = await push([item("a", 1, text("B"))], { request });
  assert.deepEqual([answer!.outcome, answer!.revision], ["accepted", 2]);
  assert.equal(await garden.read(path("a")), text("A"));
});

test("the request is lost before the deed: nothing is remembered, and it is done when it comes again", async () => {
  const request = crypto.randomUUID();
  await assert.rejects(push([item("b", null, text("A"))], { request, peer: losing("before") }), LOST);
  assert.deepEqual(await garden.peer.pushed({ push: request, reader: "" }), []);
  assert.equal(
    (await push([item("b", null, text("A"))], { request }))[0]!.outcome,
    "busy",
    "its lease still runs",
  );
  await endWaits(garden.sql);
  assert.equal((await push([item("b", null, text("A"))], { request }))[0]!.outcome, "accepted");
});

test("Storage does not answer: the row has it, it counts as accepted, and the file follows", async () => {
  const broken = {
    ...garden.bucket("content"),
    write: () => Promise.reject(new FrontrowError("STORE_UNAVAILABLE", "down")),
  };
  const [answer] = await push([item("c", null, text("A"))], { bucket: () => broken });
  assert.deepEqual([answer!.outcome, answer!.revision], ["accepted", 1]);
  assert.equal((await garden.row(path("c")))!.name, "A");
  await garden.settle();
  assert.equal(await garden.read(path("c")), text("A"));
});

test("what was accepted is forgotten after three days, and no answer is given from it", async () => {
  const request = crypto.randomUUID();
  await push([item("d", null, text("A"))], { request });
  assert.equal((await garden.peer.pushed({ push: request, reader: "" })).length, 1);
  assert.equal((await garden.peer.pushed({ push: request, reader: "somebody" })).length, 0);
  await garden.sql.query("update frontrow.pushes set at = now() - interval '4 days'");
  await push([item("e", null, text("A"))]);
  assert.deepEqual(await garden.peer.pushed({ push: request, reader: "" }), []);
});

test("rows that lead are not pushed to", async () => {
  const binding = garden.bindings.get("parts")!;
  const bindings = new Map([
    ["parts", { ...binding, policies: { ...binding.policies, direction: "rows-to-files" as const } }],
  ]);
  const [answer] = await push([item("f", null, text("A"))], { bindings });
  assert.deepEqual([answer!.outcome, answer!.code], ["refused", "IN_THE_WAY"]);
});

test("deletions by push are held by the valve like any others", async () => {
  const slugs = Array.from({ length: 12 }, (_, n) => `v${n}`);
  await push(slugs.map((slug) => item(slug, null, text(slug))));
  const answers = await push(slugs.map((slug) => item(slug, 1, null)));
  const held = answers.filter(({ outcome }) => outcome === "held");
  assert.ok(held.length > 0 && held.every(({ code }) => code === "HALTED"));
  for (const { path: at } of held) assert.ok(await garden.row(at), "it is there");
});
