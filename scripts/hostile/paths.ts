/** H25–H34: paths and names. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileTemplate } from "../../shared/document/path.ts";
import { decodeFilePath, encodeFilePath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { openDirectoryStore } from "../../shared/stores/directory-store.ts";
import { createFoldingDisk } from "../../shared/stores/test-disk.ts";
import { walk } from "../cli/frame/walk.ts";
import { disk } from "../directory/disk.ts";
import type { Line } from "./line.ts";
import type { World } from "./world.ts";

const notes = compileTemplate("notes/:path*");
const things = compileTemplate("things/:slug.md");

const refusedBy = (rule: string) => (error: unknown) =>
  error instanceof FrontrowError && error.code === "PATH_INVALID" && error.rule === rule;

/** Names that reach the bucket past Storage's own API: by SQL, or by S3. */
async function plantObject({ sql }: World, name: string): Promise<void> {
  await sql.query(
    `insert into storage.objects (bucket_id, name, version, metadata)
     values ('content', $1, gen_random_uuid()::text, '{"size": 4, "eTag": "x"}')`,
    [name],
  );
}

async function codeOf({ sql }: World, path: string): Promise<string | undefined> {
  const [entry] = await sql.query<{ code: string; rule: string }>(
    "select code, rule from frontrow.quarantine where path = $1",
    [path],
  );
  return entry && `${entry.code} ${entry.rule}`;
}

async function inFolder(names: readonly string[], use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-hostile-"));
  try {
    for (const name of names) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), "x");
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What becomes of documents written into one folder, one after the other: `written`, or the rule they are refused by. */
async function writtenInFolder(paths: readonly string[], { folds = false } = {}): Promise<string[]> {
  const outcomes: string[] = [];
  await inFolder([], async (folder) => {
    const store = await openDirectoryStore({ disk: folds ? createFoldingDisk(disk) : disk, folder });
    for (const path of paths) {
      const outcome = await store
        .write(path, new TextEncoder().encode(path), { base: null, intent: null })
        .then(
          () => "written",
          (error: { rule: string }) => error.rule,
        );
      outcomes.push(outcome);
    }
    const left = await readdir(folder, { recursive: true });
    assert.ok(!left.some((name) => name.includes(".frontrow-")), "nothing temporary is left");
  });
  return outcomes;
}

export const PATHS: readonly Line[] = [
  {
    id: "H25",
    title: "../, absolute, //, ., %2e%2e, backslash, drive letters, UNC",
    outcome: "refused, or one segment",
    codec() {
      for (const path of [
        "../x",
        "a/../x",
        "./x",
        "a/./x",
        "a//x",
        "/x",
        "x/",
        "..",
        "a/..",
        "%2e%2e/x",
        "a\\x",
        "\\\\srv\\x",
      ]) {
        assert.throws(() => notes.parse(`notes/${path}`) ?? refuse(), FrontrowError, path);
        if (!path.startsWith("%")) assert.throws(() => encodeFilePath(path), FrontrowError, path);
      }
      for (const slug of ["../../etc/passwd", "..", ".", "/etc", "C:\\x", "\\\\srv\\share", "a//b"]) {
        const path = things.build({ slug });
        assert.match(path, /^things\/[^/\\]+\.md$/);
        assert.deepEqual({ ...things.parse(path) }, { slug });
        assert.doesNotMatch(decodeFilePath(path), /(?:^|\/)\.\.?(?:\/|$)|\\|\/\//);
      }
    },
    async http(world) {
      const keys = ["../x.md", "things/../x.md", "/things/x.md"].map((path) => ({
        collection: "things",
        path,
      }));
      const answer = await world.post("frontrow-ingest/events", { keys });
      assert.deepEqual(await answer.json(), { marked: 0, ignored: 3 });
    },
    async db(world) {
      const names = [
        "notes/../../h25",
        "notes/./h25",
        "notes//h25",
        "notes/h25/..",
        "notes/%2e%2e/h25",
        "notes/h25\\x",
      ];
      for (const name of names) await plantObject(world, name);
      await world.upload("notes/h25/good", "Good.\n");
      await world.settle();
      for (const name of names) {
        const code = await codeOf(world, name);
        // What is of no template is nobody's document; what is of one is refused before it is fetched.
        assert.ok(
          notes.matches(name) ? code?.startsWith("PATH_INVALID ") : code === undefined,
          `${name}: ${code}`,
        );
        const rows = await world.sql.query("select from public.notes where 'notes/' || path = $1", [name]);
        assert.equal(rows.length, 0, name);
      }
      assert.equal((await world.sql.query("select from public.notes where path = 'h25/good'")).length, 1);
      await world.sql.query("insert into public.things (slug, title) values ('../../h25', 'One')");
      await world.settle();
      assert.match((await world.read("things/..=2F..=2Fh25.md"))!, /title: One/);
    },
  },
  {
    id: "H26",
    title: "the same name in two Unicode forms",
    outcome: "quarantined not-nfc, both kept",
    async codec() {
      assert.throws(() => things.build({ slug: "cafe\u0301" }), refusedBy("not-nfc"));
      assert.throws(() => things.parse("things/cafe=CC=81.md"), refusedBy("not-nfc"));
      await inFolder(["caf\u00e9.md", "cafe\u0301.md"], async (folder) => {
        const { files, refused } = await walk(folder);
        assert.equal(files.length + refused.length, 2);
        assert.equal(refused[0]?.rule, "same-name");
      });
    },
    async db(world) {
      await world.sql.query("insert into public.things (slug, title) values ($1, 'NFC'), ($2, 'NFD')", [
        "h26-\u00e9",
        "h26-e\u0301",
      ]);
      await world.settle();
      assert.match((await world.read("things/h26-=C3=A9.md"))!, /title: NFC/);
      assert.equal(await codeOf(world, "things/h26-e=CC=81.md"), "PATH_INVALID not-nfc");
      assert.equal(await world.read("things/h26-e=CC=81.md"), null);
      const [{ message, hint }] = (await world.sql.query(
        "select message, hint from frontrow.quarantine where path = 'things/h26-e=CC=81.md'",
      )) as [{ message: string; hint: string }];
      assert.match(message, /e=CC=81/);
      assert.match(hint, /=C3=A9/, "both spellings are named");
      await world.upload("things/h26f-e=CC=81.md", "---\ntitle: File\n---\n");
      await world.settle();
      assert.equal(await codeOf(world, "things/h26f-e=CC=81.md"), "PATH_INVALID not-nfc");
      assert.equal((await world.sql.query("select from public.things where slug like 'h26-%'")).length, 2);
    },
  },
  {
    id: "H27",
    title: "case twins",
    outcome: "two documents; in a folder that does not tell them apart the second refused case-twin",
    async codec() {
      assert.notEqual(things.build({ slug: "A" }), things.build({ slug: "a" }));
      const twins = ["A.md", "a.md", "Sub/x.md", "sub/x.md", "=C3=89.md", "=C3=A9.md"];
      assert.deepEqual(
        await writtenInFolder(twins),
        twins.map(() => "written"),
      );
      assert.deepEqual(
        await writtenInFolder(twins, { folds: true }),
        twins.map((_, at) => (at % 2 === 0 ? "written" : "case-twin")),
      );
    },
    async db(world) {
      await world.upload("things/H27.md", "---\ntitle: Upper\n---\n");
      await world.upload("things/h27.md", "---\ntitle: Lower\n---\n");
      await world.settle();
      assert.equal((await world.thing("H27"))!.title, "Upper");
      assert.equal((await world.thing("h27"))!.title, "Lower");
    },
  },
  {
    id: "H28",
    title: "characters Storage refuses",
    outcome: "encoded, both ways",
    codec() {
      for (const slug of [...'%#[]{}~^"\\|<>é日🌱=\u0001'].map((char) => `a${char}b`)) {
        const path = things.build({ slug });
        assert.match(path, /^[A-Za-z0-9_!.*'() &$@;:+,?=/-]+$/);
        assert.deepEqual({ ...things.parse(path) }, { slug });
        assert.equal(encodeFilePath(decodeFilePath(path)), path, "as on disk");
      }
    },
    async db(world) {
      const slug = '100% #1 [x]{y}~^"\\|<>é=41';
      const path = things.build({ slug });
      await world.sql.query("insert into public.things (slug, title) values ($1, 'One')", [slug]);
      await world.settle();
      await world.upload(path, (await world.read(path))!.replace("One", "Two"));
      await world.settle();
      assert.equal((await world.thing(slug))!.title, "Two");
    },
  },
  {
    id: "H29",
    title: "Windows' reserved names, streams, trailing dots and blanks",
    outcome: "documents in Storage; not written into a folder, with another name proposed",
    async codec() {
      for (const slug of RESERVED) assert.deepEqual({ ...things.parse(things.build({ slug })) }, { slug });
      const refusals = await writtenInFolder(RESERVED.map((slug) => `things/${slug}`));
      for (const [at, slug] of RESERVED.entries()) {
        const expected = slug === " h29" ? ["written"] : ["reserved-name", "not-portable"];
        assert.ok(expected.includes(refusals[at]!), `${slug}: ${refusals[at]}`);
      }
    },
    async db(world) {
      for (const slug of RESERVED)
        await world.upload(things.build({ slug }), `---\ntitle: ${slug.length}\n---\n`);
      await world.settle();
      for (const slug of RESERVED) assert.equal((await world.thing(slug))?.title, String(slug.length), slug);
    },
  },
  {
    id: "H30",
    title: ".git in any spelling",
    outcome: "never read from a folder, never written into one",
    async codec() {
      await inFolder([".git/config", ".GIT/config", "a/.git/hooks/x", "good.md"], async (folder) => {
        const { files } = await walk(folder);
        assert.deepEqual(
          files.map(({ path }) => path),
          ["good.md"],
        );
      });
      for (const slug of [".git::$INDEX_ALLOCATION", ".g\u200cit", ".git/config"]) {
        assert.doesNotMatch(things.build({ slug }), /\/\.g[^/]*\//, "a key never makes such a folder");
      }
      const spellings = [
        ".git",
        ".GIT",
        ".git::$INDEX_ALLOCATION",
        ".g=E2=80=8Cit",
        ".git.",
        ".git ",
        "git=7E1",
      ];
      const paths = spellings.flatMap((name) => [name, `${name}/config`, `notes/${name}/hooks/x`]);
      assert.deepEqual(
        await writtenInFolder(paths),
        paths.map(() => "git-folder"),
      );
    },
  },
  {
    id: "H31",
    title: "a segment over 255 bytes, a path over 1024",
    outcome: "refused too-long",
    codec() {
      assert.throws(() => things.build({ slug: "x".repeat(253) }), refusedBy("too-long"));
      assert.throws(() => things.build({ slug: "é".repeat(50) }), refusedBy("too-long"), "as it is encoded");
      assert.throws(
        () => notes.build({ path: "abcdefghi/".repeat(103).slice(0, -1) }),
        refusedBy("too-long"),
      );
      assert.throws(() => things.parse(`things/${"x".repeat(253)}.md`), refusedBy("too-long"));
    },
    async http(world) {
      const answer = await world.post("frontrow-ingest/events", {
        keys: [{ collection: "things", path: `things/${"x".repeat(2000)}.md` }],
      });
      assert.equal(answer.status, 400);
    },
    async db(world) {
      const before = (await world.hub.report("things")).collections[0]!.unnamed!;
      await world.sql.query("insert into public.things (slug, title) values (repeat('x', 300), 'Long')");
      assert.deepEqual(await world.settle(), []);
      assert.equal(
        (await world.hub.report("things")).collections[0]!.unnamed,
        before + 1,
        "and it is told of",
      );
      assert.equal((await world.thing("x".repeat(300)))!.title, "Long");
    },
  },
  {
    id: "H32",
    title: "a path that is both file and folder",
    outcome: "two documents; in a folder the second refused file-and-folder",
    async codec() {
      assert.deepEqual(await writtenInFolder(["a", "a/b.md"]), ["written", "file-and-folder"]);
      assert.deepEqual(await writtenInFolder(["a/b.md", "a"]), ["written", "file-and-folder"]);
    },
    async db(world) {
      await world.upload("notes/h32", "File.\n");
      await world.upload("notes/h32/b", "Below.\n");
      await world.settle();
      const bodies = await world.sql.query(
        "select path, body from public.notes where path like 'h32%' order by 1",
      );
      assert.deepEqual(bodies, [
        { path: "h32", body: "File.\n" },
        { path: "h32/b", body: "Below.\n" },
      ]);
    },
  },
  {
    id: "H33",
    title: "two documents for one row, two rows for one document",
    outcome: "the first stays, the second quarantined not-canonical; a table without a key refused",
    codec() {
      assert.throws(() => things.parse("things/=61.md"), refusedBy("not-canonical"));
      assert.notEqual(notes.build({ path: "a/b" }), notes.build({ path: "a/b.md" }));
    },
    async db(world) {
      await world.upload("things/h33.md", "---\ntitle: First\n---\n");
      await world.settle();
      await world.upload("things/=6833.md", "---\ntitle: Second\n---\n");
      await world.upload("things/h33b.md", "---\ntitle: Second\nslug: h33\n---\n");
      for (let round = 0; round < 3; round++) {
        await world.hub.signal(
          ["h33", "=6833"].map((name) => ({ collection: "things", path: `things/${name}.md` })),
        );
        await world.settle();
        assert.equal((await world.thing("h33"))!.title, "First", "and they never alternate");
      }
      assert.equal(await codeOf(world, "things/=6833.md"), "PATH_INVALID not-canonical");
      assert.equal(
        (await world.thing("h33b"))!.title,
        "Second",
        "a field that is no key column decides nothing",
      );
      await world.sql.exec("create table public.keyless (slug text, title text, body text)");
      await assert.rejects(
        world.tryCollection({ name: "keyless", table: "keyless" }),
        /unique constraint on \(slug\)/,
      );
    },
  },
  {
    id: "H34",
    title: "rename, swap and chain in one transaction",
    outcome: "followed",
    async db(world) {
      const titles = ["a", "b", "c", "d"];
      for (const key of titles)
        await world.upload(`things/h34-${key}.md`, `---\ntitle: ${key}\n---\n${key}\n`);
      await world.settle();
      await world.sql.transaction(async (tx) => {
        const rename = (from: string, to: string) =>
          tx.query("update public.things set slug = $2 where slug = $1", [`h34-${from}`, `h34-${to}`]);
        for (const [from, to] of ["ax", "ba", "xb", "ce", "dc"]) await rename(from!, to!);
      });
      await world.settle();
      const expected = { a: "b", b: "a", c: "d", e: "c" };
      for (const [key, title] of Object.entries(expected)) {
        assert.match(
          (await world.read(`things/h34-${key}.md`))!,
          new RegExp(`title: ${title}\n[^]*\n${title}\n$`),
        );
      }
      assert.equal(await world.read("things/h34-d.md"), null);
      const files = world.client.storage.from("content");
      for (const [from, to] of ["ax", "ba", "xb"])
        await files.move(`things/h34-${from}.md`, `things/h34-${to}.md`);
      await world.settle();
      assert.equal((await world.thing("h34-a"))!.title, "a");
      assert.equal((await world.thing("h34-b"))!.title, "b");
    },
  },
];

const RESERVED = [
  "CON",
  "NUL",
  "aux",
  "COM1.txt",
  "h29.",
  "h29 ",
  "h29:stream",
  "h29::$DATA",
  " h29",
  "PRN:",
];

function refuse(): never {
  throw new FrontrowError("PATH_INVALID", "it is of another template", { rule: "other" });
}

/** H35–H39: archives and repositories. Nothing here unpacks or clones; what could be taken for it is shown not to be. */
export const ARCHIVES: readonly Line[] = [
  {
    id: "H35",
    title: "tar and zip entries that leave their folder",
    notYet: "archives are not imported; one that is called .md is a file like any other",
    files: [
      {
        name: "a zip",
        content: new Uint8Array([0x50, 0x4b, 3, 4, 10, 0, 0, 0, 0, 0, 0x2e, 0x2e, 0x2f, 0x78]),
        expect: { code: "NUL_BYTE", rule: "nul-byte", line: 2 },
      },
    ],
  },
  {
    id: "H36",
    title: "zip bombs, nested archives, lying sizes",
    notYet: "archives are not imported; nothing is ever decompressed",
    files: [
      {
        name: "gzip",
        content: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
        expect: { code: "NOT_UTF8", rule: "not-utf8", line: 1 },
      },
    ],
    async http(world) {
      const answer = await world.post("frontrow-ingest/events", new Uint8Array([0x1f, 0x8b, 8, 0]), {
        apikey: world.stack.secretKey,
        "content-encoding": "gzip",
      });
      assert.equal(answer.status, 400);
    },
  },
  {
    id: "H37",
    title: "links that loop or leave a folder",
    outcome: "ignored",
    async codec() {
      await inFolder(["in/good.md", "out/secret.md"], async (folder) => {
        await symlink("..", join(folder, "in/loop"));
        await symlink(join(folder, "out"), join(folder, "in/outside"));
        await symlink(join(folder, "out/secret.md"), join(folder, "in/secret.md"));
        const { files, ignored } = await walk(join(folder, "in"));
        assert.deepEqual(
          files.map(({ path }) => path),
          ["good.md"],
        );
        assert.equal(ignored, 3, "and counted");
        const store = await openDirectoryStore({ disk, folder: join(folder, "in") });
        for (const path of ["loop/in/good.md", "outside/secret.md", "secret.md"]) {
          const seen = await store.look(path);
          assert.ok(seen.state === "unknown" && seen.error.rule === "symlink", path);
        }
      });
    },
  },
  {
    id: "H38",
    title: "submodules, force-push, rewritten history",
    notYet: "git is no store; an imported folder's absent files are never deletions, which is tried",
    async db(world) {
      await world.upload("things/h38.md", "---\ntitle: Kept\n---\n");
      await world.settle();
      const { importFiles } = await import("../../shared/sync/import.ts");
      const { hub, bindings, bucket, config } = world;
      const summary = await importFiles({ hub, bindings, bucket, config, cause: "test", files: [] });
      assert.deepEqual(summary.counts, {});
      assert.equal((await world.thing("h38"))!.title, "Kept");
    },
  },
  {
    id: "H39",
    title: "--upload-pack=…, ext::sh, file://",
    outcome: "refused unknown option",
    notYet: "git is no store; a configuration has no place for a source's address",
    async codec() {
      const { resolveConfig } = await import("../../shared/collections/mod.ts");
      const { config } = await import("./world.ts");
      for (const source of ["--upload-pack=touch x", "ext::sh -c x", "file:///etc/passwd"]) {
        const collections = [{ ...config.collections[0]!, source }] as never;
        assert.throws(() => resolveConfig({ collections }), { code: "CONFIG_INVALID", rule: "shape" });
      }
    },
  },
];
