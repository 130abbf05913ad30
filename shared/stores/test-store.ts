/** The store contract's one test suite. Every store passes it: `testStore("bucket", subject)`. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Expected, Permit, Store, Version } from "./store.ts";

/** A store under test, and the world around it. */
export interface Subject<Content> {
  store: Store<Content>;
  /** Contents that differ from each other, by what is special about them; at least two. */
  contents: Readonly<Record<string, Content>>;
  /** A path nobody has used, of this name. */
  path(name: string): string;
  /** What the authority over versions says is there. */
  expected(path: string): Promise<Expected | null>;
  /** Leave to write or remove on that base. */
  permit(path: string, operation: "put" | "delete", base: Version | null): Promise<Permit>;
  /** Somebody else's write. */
  put(path: string, content: Content): Promise<void>;
  /** Somebody else's removal. */
  drop(path: string): Promise<void>;
  /** Whether two contents are the same, to the last byte. */
  same(a: Content, b: Content): boolean;
  stop?(): Promise<void>;
}

export function testStore<Content>(name: string, make: () => Promise<Subject<Content>>): void {
  describe(`the store contract: ${name}`, () => {
    let subject: Subject<Content>;
    let one: Content;
    let two: Content;
    before(async () => {
      subject = await make();
      [one, two] = Object.values(subject.contents) as [Content, Content];
    });
    after(() => subject?.stop?.());

    async function assertHolds(path: string, content: Content): Promise<void> {
      const expected = await subject.expected(path);
      assert.ok(expected, "nothing is there");
      const answer = await subject.store.read(path, expected);
      assert.equal(answer.state, "found");
      if (answer.state !== "found") return;
      assert.equal(answer.version, expected.version);
      assert.ok(subject.same(answer.content, content), "the content is another");
    }

    async function write(path: string, content: Content, base: Version | null): Promise<void> {
      await subject.store.write(path, content, await subject.permit(path, "put", base));
    }

    const versionOf = async (path: string) => (await subject.expected(path))?.version ?? null;

    test("what is not there is absent, not unknown", async () => {
      const path = subject.path("absent");
      assert.equal(await subject.expected(path), null);
      assert.deepEqual(await subject.store.read(path, null), { state: "absent" });
    });

    test("what is written is read, whatever it holds", async () => {
      for (const [special, content] of Object.entries(subject.contents)) {
        const path = subject.path(`holds ${special}`);
        await write(path, content, null);
        await assertHolds(path, content);
      }
    });

    test("a write on its base replaces, and the version is another", async () => {
      const path = subject.path("replace");
      await write(path, one, null);
      const first = await versionOf(path);
      await write(path, two, first);
      await assertHolds(path, two);
      assert.notEqual(await versionOf(path), first);
    });

    test("content of another version than expected is never returned", async () => {
      const path = subject.path("moved on");
      await subject.put(path, one);
      const old = await subject.expected(path);
      await subject.put(path, two);
      const answer = await subject.store.read(path, old);
      assert.equal(answer.state, "unknown");
      assert.ok(answer.state === "unknown" && answer.error.retryable);
    });

    test("what went away since it was expected is unknown, not absent", async () => {
      const path = subject.path("went away");
      await subject.put(path, one);
      const old = await subject.expected(path);
      await subject.drop(path);
      const answer = await subject.store.read(path, old);
      assert.equal(answer.state, "unknown");
    });

    test("a write on a stale base is refused, and what is there stays", async () => {
      const path = subject.path("stale write");
      await subject.put(path, one);
      const base = await versionOf(path);
      await subject.put(path, two);
      await assert.rejects(write(path, one, base), { code: "REPLICA_MOVED" });
      await assertHolds(path, two);
    });

    test("a write where nothing should be is refused when something is", async () => {
      const path = subject.path("not empty");
      await subject.put(path, one);
      await assert.rejects(write(path, two, null), { code: "REPLICA_MOVED" });
      await assertHolds(path, one);
    });

    test("a write over what has gone is refused, and brings nothing back", async () => {
      const path = subject.path("gone");
      await subject.put(path, one);
      const base = await versionOf(path);
      await subject.drop(path);
      await assert.rejects(write(path, two, base), { code: "REPLICA_MOVED" });
      assert.equal(await subject.expected(path), null);
    });

    test("a remove on its base removes", async () => {
      const path = subject.path("remove");
      await subject.put(path, one);
      await subject.store.remove(path, await subject.permit(path, "delete", await versionOf(path)));
      assert.equal(await subject.expected(path), null);
    });

    test("a remove on a stale base leaves what is there", async () => {
      const path = subject.path("stale remove");
      await subject.put(path, one);
      const permit = await subject.permit(path, "delete", await versionOf(path));
      await subject.put(path, two);
      // Refused aloud, or silently where the store cannot tell.
      await subject.store.remove(path, permit).catch((error) => assert.equal(error.code, "REPLICA_MOVED"));
      await assertHolds(path, two);
    });

    test("a remove of what is not there is no error", async () => {
      const path = subject.path("nothing to remove");
      await subject.put(path, one);
      const permit = await subject.permit(path, "delete", await versionOf(path));
      await subject.drop(path);
      await subject.store.remove(path, permit);
      assert.equal(await subject.expected(path), null);
    });
  });
}

/** Bytes that have gone wrong somewhere before. */
export function hostileBytes(): Record<string, Uint8Array> {
  const utf8 = new TextEncoder();
  return {
    plain: utf8.encode("---\nname: One\n---\nBody.\n"),
    unicode: utf8.encode("---\nname: Rêveuse 🌱 \u202e نص\n---\ne\u0301 \u00e9\n"),
    "CRLF and no last newline": utf8.encode("---\r\nname: One\r\n---\r\nBody."),
    "a byte order mark": new Uint8Array([0xef, 0xbb, 0xbf, ...utf8.encode("---\nname: One\n---\n")]),
    nothing: new Uint8Array(0),
    "no text at all": new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte)),
    "a megabyte": new Uint8Array(1024 * 1024).map((_, at) => 97 + (at % 26)),
  };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
