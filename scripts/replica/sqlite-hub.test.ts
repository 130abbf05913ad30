/** The local hub by itself: several processes at once, versions, and what is none of ours. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { LocalApply } from "../../shared/replica/local-hub.ts";
import { openSqliteHub } from "./sqlite-hub.ts";

const NAME = { collection: "notes", path: "a.md" };
const PROCESSES = 4;
const EACH = 40;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "frontrow-hub-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const edit = (expect: number | null, text: string): LocalApply => ({
  ...NAME,
  expect,
  revisions: [{ text, digest: text, maker: "directory", author: null }],
  tombstone: false,
  author: null,
  message: null,
});

test("processes that write at once: each edit is a revision, on what its maker had seen", async () => {
  const file = join(folder, "many.db");
  openSqliteHub(file).close();
  const children = Array.from({ length: PROCESSES }, (_, index) => {
    const args = ["run", "-A", "--no-check", fileURLToPath(import.meta.url), file, String(index)];
    return spawn(process.execPath, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, HUB_CHILD: "1" },
    });
  });
  const codes = await Promise.all(children.map((child) => new Promise((done) => child.once("close", done))));
  assert.deepEqual(
    codes,
    codes.map(() => 0),
  );
  const hub = openSqliteHub(file);
  const revisions = hub.history(NAME).map(({ revision }) => revision);
  assert.equal(revisions.length, PROCESSES * EACH);
  const texts = new Set(revisions.map((revision) => hub.textOf(NAME, revision)));
  assert.equal(texts.size, PROCESSES * EACH, "no text was written over");
  hub.close();
});

test("a hub of a newer Frontrow, or another program's database, is left alone", () => {
  const file = join(folder, "newer.db");
  openSqliteHub(file).close();
  const db = new DatabaseSync(file);
  db.exec("pragma user_version = 99");
  db.close();
  assert.throws(() => openSqliteHub(file), { code: "PROTOCOL_MISMATCH" });
  const other = join(folder, "other.db");
  const theirs = new DatabaseSync(other);
  theirs.exec("create table t (x); pragma user_version = 7");
  theirs.close();
  assert.throws(() => openSqliteHub(other), { code: "PROTOCOL_MISMATCH" });
});

test("a request that was not answered goes out again as it was, and is answered once", () => {
  const hub = openSqliteHub(join(folder, "outbox.db"));
  const most = { documents: 10, bytes: 1000 };
  assert.equal(hub.apply(edit(null, "one")), "applied");
  assert.equal(hub.apply(edit(null, "too late")), "stale");
  const first = hub.nextRequest(most, new Set())!;
  assert.equal(hub.apply(edit(1, "two")), "applied");
  const again = hub.nextRequest(most, new Set())!;
  assert.deepEqual(again, first, "with the text it had");
  hub.accepted(first.request, NAME, 5);
  hub.accepted(first.request, NAME, 6);
  assert.deepEqual(hub.document(NAME)?.peer, { version: "5", revision: 1 });
  const next = hub.nextRequest(most, new Set())!;
  assert.deepEqual([next.items[0]?.expected, next.items[0]?.text], [5, "two"]);
  hub.accepted(next.request, NAME, 6);
  assert.equal(hub.nextRequest(most, new Set()), null);
  hub.close();
});

test("news waits in the outbox' way, and older news is none", () => {
  const hub = openSqliteHub(join(folder, "news.db"));
  const news = (revision: number, text: string) => ({ ...NAME, revision, text, author: null, at: "" });
  hub.apply({ ...edit(null, "one"), peer: { version: "3", revision: 1 } });
  hub.apply(edit(1, "two"));
  hub.receive([news(3, "echo")], null);
  assert.deepEqual(hub.incoming(), []);
  hub.receive([news(5, "five"), news(4, "four")], { key: "c", value: "there" });
  assert.deepEqual([hub.incoming()[0]?.text, hub.get("c")], ["five", "there"]);
  assert.equal(hub.nextRequest({ documents: 1, bytes: 1 }, new Set()), null);
  hub.close();
});

if (process.env.HUB_CHILD) {
  const [file, index] = process.argv.slice(2) as [string, string];
  const hub = openSqliteHub(file);
  for (let done = 0; done < EACH; ) {
    const now = hub.document(NAME);
    if (hub.apply(edit(now?.revision ?? null, `${index}-${done}`)) === "applied") done++;
  }
  hub.close();
  process.exit(0);
}
