/** The watcher on a real folder, with a batch that begins when the test says so. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDirectoryStore } from "../../shared/stores/directory-store.ts";
import { createBatcher } from "./batch.ts";
import { disk } from "./disk.ts";
import { watch } from "./watch.ts";

interface Watched {
  folder: string;
  batches: string[][];
  doubts: unknown[];
  /** Resolves when the watcher has told all of these, since the last batch. */
  told(paths: readonly string[]): Promise<void>;
  /** The quiet time is over. */
  quiet(): void;
}

async function watching(use: (watched: Watched) => Promise<void>): Promise<void> {
  const outside = await realpath(await mkdtemp(join(tmpdir(), "frontrow-watch-")));
  const folder = join(outside, "root");
  await mkdir(join(folder, "notes"), { recursive: true });
  const batches: string[][] = [];
  const doubts: unknown[] = [];
  let seen = new Set<string>();
  let begin: (() => void) | null = null;
  let check = (): void => undefined;
  const batcher = createBatcher({
    work(keys) {
      batches.push([...keys].sort());
      seen = new Set();
      return Promise.resolve();
    },
    onError: (error) => doubts.push(error),
    timer(_, call) {
      begin ??= call;
      return () => undefined;
    },
  });
  const watcher = watch({
    folder,
    onChange(path) {
      seen.add(path);
      batcher.add(path);
      check();
    },
    onDoubt(error) {
      doubts.push(error);
      check();
    },
  });
  try {
    await watcher.ready;
    await use({
      folder,
      batches,
      doubts,
      told: (paths) =>
        new Promise((done) => {
          check = () => {
            if (paths.every((path) => seen.has(path)) || doubts.length > 0) done();
          };
          check();
        }),
      quiet() {
        const call = begin;
        begin = null;
        call?.();
      },
    });
  } finally {
    await watcher.close();
    await batcher.close();
    await rm(outside, { recursive: true });
  }
}

/** A second change within 50 ms of the first is not told, as nobody looks that soon: it is made again. */
async function repeated(act: () => Promise<void>, told: Promise<void>): Promise<void> {
  let isTold = false;
  const over = told.then(() => {
    isTold = true;
  });
  while (!isTold) {
    await act();
    await Promise.race([over, new Promise((done) => setTimeout(done, 100))]);
  }
}

test("a burst of files is one batch; what is nobody's document is not told", () =>
  watching(async ({ folder, batches, told, quiet }) => {
    const paths = Array.from({ length: 40 }, (_, at) => `notes/n${at}.md`);
    await writeFile(join(folder, "notes/.hidden.md"), "x");
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules/a.md"), "x");
    await symlink("..", join(folder, "loop"));
    for (const path of paths) await writeFile(join(folder, path), "one");
    for (const path of paths) await writeFile(join(folder, path), "two");
    await mkdir(join(folder, "later"));
    await writeFile(join(folder, "later/rêveuse.md"), "x");
    const all = [...paths, "later/r=C3=AAveuse.md"].sort();
    await told(all);
    assert.equal(batches.length, 0);
    quiet();
    assert.deepEqual(
      batches.map((batch) => batch.filter((path) => path !== "loop")),
      [all],
    );
  }));

test("edits by a new file in place, renames and removals are told by both names", () =>
  watching(async ({ folder, batches, doubts, told, quiet }) => {
    await writeFile(join(folder, "notes/a.md"), "one");
    await told(["notes/a.md"]);
    quiet();
    const replace = async () => {
      await writeFile(join(folder, "notes/a.md~"), "two");
      await rename(join(folder, "notes/a.md~"), join(folder, "notes/a.md"));
    };
    await repeated(replace, told(["notes/a.md"]));
    quiet();
    await rename(join(folder, "notes/a.md"), join(folder, "notes/b.md"));
    await told(["notes/a.md", "notes/b.md"]);
    quiet();
    await rm(join(folder, "notes/b.md"));
    await told(["notes/b.md"]);
    quiet();
    assert.deepEqual(batches.slice(0, 2), [["notes/a.md"], ["notes/a.md"]]);
    assert.deepEqual(doubts, []);
    assert.ok(batches.at(-1)!.includes("notes/b.md"));
  }));

test("a store's own write is told by its name alone: its temporary files are not", () =>
  watching(async ({ folder, batches, told, quiet }) => {
    const store = await openDirectoryStore({ disk, folder });
    const content = new TextEncoder().encode("one");
    await store.write("notes/own.md", content, { base: null, intent: null });
    await told(["notes/own.md"]);
    quiet();
    assert.deepEqual(batches, [["notes/own.md"]]);
  }));
