/** An export of many documents: page by page, and nothing at all when nothing changed. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { DocumentsRequest, HistoryHub, HubDocument } from "../../shared/hub/history-hub.ts";
import { openDirectoryStore } from "../../shared/stores/directory-store.ts";
import { createTestDisk } from "../../shared/stores/test-disk.ts";
import { disk } from "./disk.ts";
import { type Exporting, exportCollection } from "./export.ts";
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";

const DOCUMENTS = 2500;

/** A hub of generated documents, which remembers what it was asked. */
function createHub(revisionOf: (at: number) => number = () => 1) {
  const asked: { texts: number; documents: number }[] = [];
  const all = Array.from({ length: DOCUMENTS }, (_, at) => `notes/${String(at).padStart(5, "0")}.md`);
  const history: Pick<HistoryHub, "documents"> = {
    documents({ after, limit = 1000, paths, texts = true }: DocumentsRequest) {
      const named = paths === undefined ? null : new Set(paths);
      const found = all
        .map((path, at) => ({ path, at }))
        .filter(({ path }) => (after === undefined || path > after) && (named === null || named.has(path)));
      const items = found.slice(0, limit).map(({ path, at }): HubDocument => {
        const revision = revisionOf(at);
        const text = `---\nname: ${path}\n---\nrevision ${revision}\n`;
        return { path, revision, digest: "", bytes: text.length, text: texts ? text : null };
      });
      asked.push({ documents: items.length, texts: texts ? items.length : 0 });
      return Promise.resolve({ items, next: found.length > limit ? items.at(-1)!.path : null });
    },
  };
  return { history, asked };
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "frontrow-export-"));
});
after(() => rm(folder, { recursive: true }));

async function run(
  { history }: ReturnType<typeof createHub>,
  manifest: Manifest,
  over: Partial<Exporting> = {},
): Promise<{ counts: Record<string, number>; opened: number; whole: boolean }> {
  const counts: Record<string, number> = {};
  let opened = 0;
  const counting = createTestDisk(disk);
  const { open } = counting;
  const store = await openDirectoryStore({
    disk: {
      ...counting,
      async open(...given) {
        opened++;
        return await open(...given);
      },
    },
    folder,
    stamps: manifest.stamps,
    made: manifest.made,
    now: () => Date.now() + 60_000, // as if the files had been written long before
  });
  const whole = await exportCollection(
    {
      history,
      store,
      manifest,
      force: false,
      portable: true,
      dryRun: false,
      signal: new AbortController().signal,
      onOutcome(_, outcome) {
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      },
      onPage: () => Promise.resolve(),
      ...over,
    },
    "notes",
    new Set(),
  );
  return { counts, opened, whole };
}

test("every document is written; few texts are held at a time", async () => {
  const hub = createHub();
  const manifest = await readManifest(folder, "p");
  assert.deepEqual((await run(hub, manifest)).counts, { created: DOCUMENTS });
  assert.ok(hub.asked.every(({ texts }) => texts <= 200));
  assert.equal((await readdir(join(folder, "notes"))).length, DOCUMENTS);
  await writeManifest(folder, "p", manifest);
});

test("again: no text is asked for, no file written; once looked at, none is even read", async () => {
  for (const opened of [DOCUMENTS, 0]) {
    const hub = createHub();
    const manifest = await readManifest(folder, "p");
    const again = await run(hub, manifest);
    assert.deepEqual([again.counts, again.opened], [{ unchanged: DOCUMENTS }, opened]);
    assert.deepEqual(
      hub.asked.map(({ documents, texts }) => [documents, texts]),
      [
        [1000, 0],
        [1000, 0],
        [500, 0],
      ],
    );
    await writeManifest(folder, "p", manifest);
  }
});

test("some changed: their texts alone are asked for", async () => {
  const hub = createHub((at) => (at % 500 === 7 ? 2 : 1));
  const manifest = await readManifest(folder, "p");
  const { counts } = await run(hub, manifest);
  assert.deepEqual(counts, { unchanged: DOCUMENTS - 5, updated: 5 });
  assert.equal(
    hub.asked.reduce((sum, { texts }) => sum + texts, 0),
    5,
  );
  assert.match(await readFile(join(folder, "notes/00007.md"), "utf8"), /revision 2/);
});

test("a hub that fails on the way: what was written is known, and nothing is taken for gone", async () => {
  const hub = createHub((at) => (at < 3 || at > 2400 ? 3 : 1));
  const manifest = await readManifest(folder, "p");
  const { documents } = hub.history;
  let calls = 0;
  hub.history.documents = (request) =>
    ++calls === 4 ? Promise.reject(new Error("no answer")) : documents(request);
  await assert.rejects(run(hub, manifest), /no answer/);
  assert.equal(manifest.files.get("notes/00001.md")?.revision, 3);
});

test("a manifest that is damaged, or of another project or version, does not count", async () => {
  const { problem, files } = await readManifest(folder, "other");
  assert.match(problem!, /of the project "p"/);
  assert.equal(files.size, 0);
  const text = await readFile(join(folder, ".frontrow-export.json"), "utf8");
  for (const [damaged, said] of [
    [text.slice(0, 1000), /damaged/],
    ["null", /damaged/],
    [text.replace('"format":1', '"format":2'), /another version/],
  ] as const) {
    const other = await mkdtemp(join(tmpdir(), "frontrow-export-"));
    await writeFile(join(other, ".frontrow-export.json"), damaged);
    assert.match((await readManifest(other, "p")).problem!, said);
    await rm(other, { recursive: true });
  }
});
