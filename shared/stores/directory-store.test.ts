/** The directory store: the contract, and what only a folder can do to a document. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { disk } from "../../scripts/directory/disk.ts";
import type { Disk } from "./directory-disk.ts";
import { isTemporary } from "./directory-names.ts";
import type { Stamps } from "./directory-stamps.ts";
import { type DirectoryOptions, type DirectoryStore, openDirectoryStore } from "./directory-store.ts";
import { createFoldingDisk, createTestDisk, failure } from "./test-disk.ts";
import { hostileBytes, sameBytes, testStore } from "./test-store.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const none = { base: null, intent: null };

/** Tests of one folder each, which is removed afterwards. */
async function inFolder(
  use: (world: {
    folder: string;
    store: DirectoryStore;
    open(options?: Partial<DirectoryOptions>): Promise<DirectoryStore>;
    put(path: string, text: string): Promise<void>;
    read(path: string): Promise<string | null>;
    names(below?: string): Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  const outside = await mkdtemp(join(tmpdir(), "frontrow-directory-"));
  const folder = join(outside, "root");
  await mkdir(folder);
  const open = (options: Partial<DirectoryOptions> = {}) => openDirectoryStore({ disk, folder, ...options });
  try {
    await use({
      folder,
      open,
      store: await open(),
      async put(path, text) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      },
      read: (path) => readFile(join(folder, path), "utf8").catch(() => null),
      names: async (below = "") => (await readdir(join(folder, below))).sort(),
    });
  } finally {
    await rm(outside, { recursive: true });
  }
}

async function everything<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function versionAt(store: DirectoryStore, path: string): Promise<string> {
  const seen = await store.look(path);
  assert.equal(seen.state, "found", JSON.stringify(seen));
  return seen.state === "found" ? seen.version : "";
}

async function assertUnknown(store: DirectoryStore, path: string, rule: string, label = path): Promise<void> {
  for (const answer of [await store.look(path), await store.read(path, { version: "x" })]) {
    assert.ok(answer.state === "unknown", `${label}: ${answer.state}`);
    assert.equal(answer.error.rule, rule, label);
  }
}

const DISKS: [name: string, make: () => Disk, options?: Partial<DirectoryOptions>][] = [
  ["directory", () => disk, { durable: true }],
  ["directory that folds cases", () => createFoldingDisk(disk)],
  [
    "directory without links",
    () => {
      const plain = createTestDisk(disk);
      plain.fail("link", /./, "EPERM");
      return plain;
    },
  ],
];

for (const [name, make, options] of DISKS) {
  testStore(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), "frontrow-directory-"));
    const store = await openDirectoryStore({ disk: make(), folder, ...options });
    return {
      store,
      contents: hostileBytes(),
      path: (title) => `notes/${title.replaceAll(" ", "-")}.md`,
      async expected(path) {
        const seen = await store.look(path);
        assert.notEqual(seen.state, "unknown");
        return seen.state === "found" ? { version: seen.version, size: seen.size } : null;
      },
      permit: async (_path, _operation, base) => ({ base, intent: null }),
      async put(path, content) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      },
      drop: (path) => rm(join(folder, path)),
      same: sameBytes,
      async stop() {
        const left = (await readdir(folder, { recursive: true })).filter((entry) =>
          isTemporary(entry.split("/").at(-1)!),
        );
        assert.deepEqual(left, [], "no temporary file is left");
        await rm(folder, { recursive: true });
      },
    };
  });
}

test("a file keeps its mode; folders that were made and become empty go again, others stay", () =>
  inFolder(async ({ folder, store, put, names }) => {
    await put("theirs/a.md", "one");
    await chmod(join(folder, "theirs/a.md"), 0o640);
    await store.write("theirs/a.md", bytes("two"), {
      base: await versionAt(store, "theirs/a.md"),
      intent: null,
    });
    assert.equal((await stat(join(folder, "theirs/a.md"))).mode & 0o777, 0o640);
    await store.remove("theirs/a.md", { base: await versionAt(store, "theirs/a.md"), intent: null });
    await store.write("ours/deep/b.md", bytes("b"), none);
    await store.remove("ours/deep/b.md", { base: await versionAt(store, "ours/deep/b.md"), intent: null });
    assert.deepEqual(await names(), ["theirs"]);
    assert.deepEqual(await names("theirs"), []);
  }));

test("a root that is missing, replaced or not mounted knows nothing, and scans nothing", () =>
  inFolder(async ({ folder, store, put }) => {
    await put("a.md", "a");
    await rename(folder, `${folder}-away`);
    await assertUnknown(store, "a.md", "root-missing");
    await assert.rejects(store.write("b.md", bytes("b"), none), {
      code: "STORE_UNAVAILABLE",
      rule: "root-missing",
    });
    await assert.rejects(everything(store.scan()), { rule: "root-missing" });
    await mkdir(folder);
    await assertUnknown(store, "a.md", "root-replaced");
    await assert.rejects(store.write("b.md", bytes("b"), none), { rule: "root-replaced" });
    await assert.rejects(store.remove("a.md", none), { rule: "root-replaced" });
    await assert.rejects(everything(store.scan()), { rule: "root-replaced" });
    assert.deepEqual(await readdir(folder), []);
  }));

test("a root that is replaced during a scan: the scan does not end well", () =>
  inFolder(async ({ folder, open, put }) => {
    await put("a.md", "a");
    await put("b.md", "b");
    const store = await open();
    const seen: string[] = [];
    await assert.rejects(
      async () => {
        for await (const one of store.scan()) {
          seen.push(one.state);
          await rename(folder, `${folder}-away`).catch(() => undefined);
        }
      },
      { rule: "root-missing" },
    );
    assert.equal(seen[0], "found");
  }));

test("what the system refuses is unknown, never absent", () =>
  inFolder(async ({ open, put }) => {
    await put("a/b.md", "b");
    for (const [call, name, code] of [
      ["open", /\.(?:md|tmp)/, "EACCES"],
      ["open", /\.(?:md|tmp)/, "EMFILE"],
      ["lstat", /\/a/, "EACCES"],
      ["lstat", /b\.md/, "EIO"],
      ["lstat", /b\.md/, "ESTALE"],
    ] as const) {
      const broken = createTestDisk(disk);
      const store = await open({ disk: broken });
      broken.fail(call, name, code);
      await assertUnknown(store, "a/b.md", code, `${call} ${code}`);
      const answer = await store.look("a/b.md");
      assert.ok(answer.state === "unknown" && answer.error.retryable);
      await assert.rejects(store.write("a/b.md", bytes("x"), { base: "x", intent: null }), {
        code: "STORE_UNAVAILABLE",
      });
    }
    const broken = createTestDisk(disk);
    broken.fail("readdir", /\/a /, "EACCES");
    const seen = await everything((await open({ disk: broken })).scan());
    assert.deepEqual(
      seen.map((one) => [one.state, "shown" in one && one.shown]),
      [["unread", "a"]],
    );
  }));

test("a full disk, at any call: what was there stays, and no half file", () =>
  inFolder(async ({ open, put, read, names }) => {
    await put("a.md", "one");
    for (const call of ["open", "chmod", "link", "rename", "realpath"] as const) {
      const full = createTestDisk(disk);
      const store = await open({ disk: full });
      const base = await versionAt(store, "a.md");
      full.fail(call, call === "open" ? /tmp wx/ : /./, "ENOSPC");
      await assert.rejects(
        store.write("a.md", bytes("two"), { base, intent: null }),
        { rule: "ENOSPC" },
        call,
      );
      assert.equal(await read("a.md"), "one");
      assert.deepEqual(await names(), ["a.md"]);
    }
  }));

test("a crash between the temporary file and its place: the old file is whole, the leftover is nobody's document", () =>
  inFolder(async ({ open, put, read, names, store }) => {
    await put("a.md", "one");
    const dying = createTestDisk(disk);
    const dead = await open({ disk: dying });
    const base = await versionAt(dead, "a.md");
    for (const call of ["rename", "unlink"] as const) dying.fail(call, /./, "EKILLED");
    await assert.rejects(dead.write("a.md", bytes("two"), { base, intent: null }));
    await assert.rejects(async () => {
      dying.fail("link", /./, "EKILLED");
      await dead.write("b.md", bytes("new"), none);
    });
    assert.equal(await read("a.md"), "one");
    assert.equal((await names()).filter(isTemporary).length, 3);
    const seen = await everything(store.scan());
    assert.deepEqual(
      seen.map((one) => [one.state, "path" in one ? one.path : isTemporary(one.shown)]),
      [
        ["ignored", true],
        ["ignored", true],
        ["ignored", true],
        ["found", "a.md"],
      ],
    );
    assert.deepEqual(await store.look("b.md"), { state: "absent" });
  }));

test("a file that grows, shrinks or is edited while it is read is unknown", () =>
  inFolder(async ({ open, put }) => {
    for (const text of ["longer than before", "s", "xyz"]) {
      await put("a.md", "abc");
      const busy = createTestDisk(disk);
      const open1 = busy.open;
      const store = await open({
        disk: {
          ...busy,
          async open(path, flags, mode) {
            const file = await open1(path, flags, mode);
            return {
              ...file,
              stat: (given) => file.stat(given),
              close: () => file.close(),
              sync: () => file.sync(),
              writeFile: (content) => file.writeFile(content),
              async read(into, offset, length, position) {
                await put("a.md", text);
                await utimes(join(busyFolder(path), "a.md"), 5, 5);
                return file.read(into, offset, length, position);
              },
            };
          },
        },
      });
      const answer = await store.look("a.md");
      assert.ok(answer.state === "unknown" && answer.error.code === "REPLICA_MOVED", text);
    }
  }));

const busyFolder = (path: string): string => dirname(path);

test("somebody else's edit between the check and the write is not overwritten", () =>
  inFolder(async ({ folder, open, put, read, names }) => {
    const file = join(folder, "a.md");
    const edits: [name: string, edit: () => Promise<void>][] = [
      ["in place", () => writeFile(file, "theirs!")],
      [
        "by a new file",
        async () => {
          await writeFile(`${file}~`, "theirs!");
          await rename(`${file}~`, file);
        },
      ],
    ];
    for (const [name, edit] of edits) {
      for (const [moment, whose] of [
        ["chmod", /./],
        ["link", /./],
        ["open", /tmp \d/], // the second name, which is verified
      ] as const) {
        await put("a.md", "base");
        const raced = createTestDisk(disk);
        const store = await open({ disk: raced });
        const base = await versionAt(store, "a.md");
        raced.meanwhile(moment, whose, edit);
        await assert.rejects(store.write("a.md", bytes("ours"), { base, intent: null }), {
          code: "REPLICA_MOVED",
        });
        assert.equal(await read("a.md"), "theirs!", `${name} before ${moment}`);
      }
    }
    // In the last moment, in place: noticed afterwards, and put back.
    for (const call of ["rename", "unlink"] as const) {
      await put("a.md", "base");
      const raced = createTestDisk(disk);
      const store = await open({ disk: raced });
      const base = await versionAt(store, "a.md");
      raced.meanwhile(call, call === "unlink" ? /a\.md/ : /./, edits[0]![1]);
      const act =
        call === "rename"
          ? store.write("a.md", bytes("ours"), { base, intent: null })
          : store.remove("a.md", { base, intent: null });
      await assert.rejects(act, { code: "REPLICA_MOVED" });
      assert.equal(await read("a.md"), "theirs!", call);
    }
    // A new file where there was none.
    const raced = createTestDisk(disk);
    const store = await open({ disk: raced });
    raced.meanwhile("link", /new\.md/, () => put("new.md", "theirs!"));
    await assert.rejects(store.write("new.md", bytes("ours"), none), { code: "REPLICA_MOVED" });
    assert.equal(await read("new.md"), "theirs!");
    assert.deepEqual(await names(), ["a.md", "new.md"]);
  }));

test("no write, remove or read goes through a symbolic link, or outside", () =>
  inFolder(async ({ folder, store, open, put, read }) => {
    const outside = dirname(folder);
    await writeFile(join(outside, "secret.md"), "secret");
    await mkdir(join(outside, "elsewhere"));
    await symlink("../elsewhere", join(folder, "linked"));
    await symlink("../secret.md", join(folder, "secret.md"));
    await symlink("nowhere", join(folder, "dangling.md"));
    for (const path of ["linked/a.md", "secret.md", "dangling.md"]) {
      await assertUnknown(store, path, "symlink");
      await assert.rejects(store.write(path, bytes("x"), none), { code: "PATH_INVALID", rule: "symlink" });
      await assert.rejects(store.remove(path, none), { rule: "symlink" });
    }
    for (const path of ["../secret.md", "a/../../secret.md", "/etc/passwd", "a//b.md"]) {
      await assert.rejects(store.write(path, bytes("x"), none), { code: "PATH_INVALID" }, path);
      assert.equal((await store.look(path)).state, "unknown");
    }
    // A folder that becomes a link after it was looked at.
    await put("folder/old.md", "old");
    const raced = createTestDisk(disk);
    raced.meanwhile("open", /tmp wx/, async () => {
      await rename(join(folder, "folder"), join(folder, "moved"));
      await symlink("../elsewhere", join(folder, "folder"));
    });
    await assert.rejects((await open({ disk: raced })).write("folder/new.md", bytes("x"), none), {
      rule: "symlink",
    });
    assert.deepEqual(await readdir(join(outside, "elsewhere")), []);
    assert.equal(await read("../secret.md"), "secret");
    const states = (await everything(store.scan())).map((one) => [
      one.state,
      "path" in one ? one.path : one.shown,
    ]);
    assert.deepEqual(states, [
      ["ignored", "dangling.md"],
      ["ignored", "folder"],
      ["ignored", "linked"],
      ["found", "moved/old.md"],
      ["ignored", "secret.md"],
    ]);
  }));

test("file and folder of one name, case twins, Unicode twins: the first stays, the second is refused", () =>
  inFolder(async ({ store, open, put, read, names }) => {
    await store.write("a.md", bytes("file"), none);
    await assert.rejects(store.write("a.md/b.md", bytes("x"), none), { rule: "file-and-folder" });
    await store.write("b/c.md", bytes("below"), none);
    await assert.rejects(store.write("b", bytes("x"), none), { rule: "file-and-folder" });
    const folding = await open({ disk: createFoldingDisk(disk) });
    for (const path of ["A.md", "B/c.md", "b/C.md"]) {
      await assert.rejects(
        folding.write(path, bytes("x"), none),
        { code: "PATH_INVALID", rule: "case-twin" },
        path,
      );
      await assertUnknown(folding, path, "case-twin");
    }
    await store.write("A.md", bytes("another"), none); // where cases are told apart
    assert.equal(await read("a.md"), "file");
    await put("cafe\u0301.md", "NFD");
    const version = await versionAt(store, "caf=C3=A9.md");
    await assert.rejects(store.write("caf=C3=A9.md", bytes("x"), none), { code: "REPLICA_MOVED" });
    await store.write("caf=C3=A9.md", bytes("edited"), { base: version, intent: null });
    assert.deepEqual([await read("cafe\u0301.md"), await read("caf\u00e9.md")], ["edited", null]);
    await put("caf\u00e9.md", "NFC");
    await assertUnknown(store, "caf=C3=A9.md", "unicode-twin");
    const twins = (await everything(store.scan())).filter(({ state }) => state === "unknown");
    assert.equal(twins.length, 2, "neither is taken for the document");
    assert.equal((await names()).length, 5);
  }));

test("names that no folder should hold are refused, and told what to be instead", () =>
  inFolder(async ({ store, open, names }) => {
    const cases: [path: string, rule: string, hint?: RegExp][] = [
      ["CON", "reserved-name", /"_CON"/],
      ["nul.md", "reserved-name", /"_nul\.md"/],
      ["a/COM1.txt", "reserved-name"],
      ["x.", "not-portable", /"x"/],
      ["x ", "not-portable"],
      ["x:stream.md", "not-portable", /"x-stream\.md"/],
      ["a=3Cb=3E.md", "not-portable", /"a-b-\.md"/],
      [".git/config", "git-folder"],
      [".GIT/config", "git-folder"],
      [".git::$INDEX_ALLOCATION/x", "git-folder"],
      [".g=E2=80=8Cit/config", "git-folder"],
      ["git=7E1/config", "git-folder"],
      [".git./config", "git-folder"],
      [".hidden.md", "ignored-name"],
      ["node_modules/a.md", "ignored-name"],
      ["a.md=7E", "ignored-name"],
    ];
    for (const [path, rule, hint = /./] of cases) {
      await assert.rejects(
        store.write(path, bytes("x"), none),
        (error: { code: string; rule: string; hint: string }) => {
          assert.deepEqual([error.code, error.rule], ["PATH_INVALID", rule], path);
          assert.match(error.hint, hint, path);
          return true;
        },
      );
    }
    assert.deepEqual(await names(), []);
    const loose = await open({ portable: false });
    await loose.write("x:y.md", bytes("x"), none);
    await assert.rejects(loose.write(".git/config", bytes("x"), none), { rule: "git-folder" });
    assert.deepEqual(await names(), ["x:y.md"]);
    await store.write("x:y.md", bytes("edited"), { base: await versionAt(store, "x:y.md"), intent: null });
  }));

test("a file is not read again while it looks the same; one that had just changed when it was read is", () =>
  inFolder(async ({ open, put }) => {
    await put("a.md", "one");
    const counted = createTestDisk(disk);
    const stamps: Stamps = new Map();
    let now = Date.now();
    const store = await open({ disk: counted, stamps, now: () => now });
    const first = await versionAt(store, "a.md");
    // Read in the very moment of its edit: an edit in the same tick leaves size and times as they are.
    stamps.set("a.md", { ...stamps.get("a.md")!, version: "stale" });
    assert.equal(await versionAt(store, "a.md"), first);
    now += 60_000;
    await versionAt(store, "a.md");
    counted.fail("open", /a\.md/, "EACCES");
    assert.equal(await versionAt(store, "a.md"), first, "it is not opened");
    const again = await open({ disk: counted, stamps: new Map(JSON.parse(JSON.stringify([...stamps]))) });
    assert.equal(await versionAt(again, "a.md"), first, "nor by the next process");
  }));

test("a large file is not read, and nothing is written over it unseen", () =>
  inFolder(async ({ open, put }) => {
    await put("a.md", "12345");
    const small = await open({ maxBytes: 4 });
    const answer = await small.look("a.md");
    assert.ok(answer.state === "unknown" && answer.error.code === "DOCUMENT_TOO_LARGE");
    await assert.rejects(small.write("a.md", bytes("x"), none), { code: "REPLICA_MOVED" });
  }));

test("a defect is thrown, not answered", () =>
  inFolder(async ({ open, put }) => {
    await put("a.md", "a");
    const broken = createTestDisk(disk);
    broken.meanwhile("open", /a\.md/, () => {
      throw new TypeError("a defect");
    });
    await assert.rejects((await open({ disk: broken })).look("a.md"), TypeError);
    broken.meanwhile("open", /a\.md/, () => {
      throw failure("EIO");
    });
    assert.equal((await (await open({ disk: broken })).look("a.md")).state, "unknown");
  }));

test("what a killed run left is removed when it is old and known; else it stays", () =>
  inFolder(async ({ folder, open, names }) => {
    const [known, unknown, users] = [".frontrow-a.tmp", ".frontrow-b.tmp", "mine.tmp"];
    for (const name of [known, unknown, users]) await writeFile(join(folder, name), name);
    const version = createHash("sha256").update(known).digest("hex");
    const sweep = async (now: number) => {
      const store = await open({ now: () => now });
      const swept = [];
      for (const name of [known, unknown, users])
        swept.push(await store.sweep(name, (one) => one === version));
      return swept;
    };
    assert.deepEqual(await sweep(Date.now()), ["young", "young", "kept"]);
    assert.deepEqual(await sweep(Date.now() + 3_600_000), ["removed", "kept", "kept"]);
    assert.deepEqual((await names()).filter((name) => name.endsWith(".tmp")).sort(), [unknown, users]);
  }));
