/** H13–H24: bytes and text. */
import assert from "node:assert/strict";
import { parseDocument } from "../../shared/document/mod.ts";
import { compileTemplate } from "../../shared/document/path.ts";
import { visible } from "../../shared/document/path-codec.ts";
import { bytes, type FileCase, type Line, type Quarantined, times, withHeader } from "./line.ts";

const nul = (line: number): Quarantined => ({ code: "NUL_BYTE", rule: "nul-byte", line });
const half = (line: number): Quarantined => ({ code: "NOT_WELL_FORMED", rule: "lone-surrogate", line });
const notUtf8 = (line: number): Quarantined => ({ code: "NOT_UTF8", rule: "not-utf8", line });
const conflict = (line: number): Quarantined => ({
  code: "FRONT_MATTER_INVALID",
  rule: "conflict-marker",
  line,
});
const lfs: Quarantined = { code: "LFS_POINTER", rule: "lfs-pointer", line: 1 };
const kept = (name: string, content: string, row: FileCase["row"] = {}): FileCase => ({
  name,
  content,
  expect: "preserved",
  row,
});
const MARKED = (a: string, b: string) => `<<<<<<< HEAD\n${a}\n=======\n${b}\n>>>>>>> theirs\n`;

export const CONTENTS: readonly Line[] = [
  {
    id: "H13",
    title: "NUL in body, values and keys",
    files: [
      { name: "in the body", content: withHeader("title: One", "a\0b"), expect: nul(4) },
      { name: "in a value", content: withHeader("title: One\0"), expect: nul(2) },
      { name: "in a key", content: withHeader("ti\0tle: One"), expect: nul(2) },
      {
        name: "escaped, in a value",
        content: withHeader('title: "\\0"'),
        expect: nul(2),
        codec: "preserved",
      },
      { name: "escaped, in a key", content: withHeader('"\\0": One'), expect: nul(2), codec: "preserved" },
      {
        name: "escaped, nested",
        content: withHeader('data: {a: ["\\0"]}'),
        expect: nul(2),
        codec: "preserved",
      },
      {
        name: "escaped, in JSON",
        content: '---json\n{"title": "\\u0000"}\n---\n',
        expect: nul(2),
        codec: "preserved",
      },
      {
        name: "escaped, in TOML",
        content: '+++\ntitle = "\\u0000"\n+++\n',
        expect: nul(2),
        codec: "preserved",
      },
    ],
  },
  {
    id: "H14",
    title: "lone surrogates",
    files: [
      { name: "in YAML", content: withHeader('title: "\\ud800"'), expect: half(2), codec: "preserved" },
      {
        name: "in a catch-all",
        content: withHeader('x: {a: "\\udc00"}'),
        expect: half(2),
        codec: "preserved",
      },
      { name: "in a key", content: withHeader('"\\ud800": 1'), expect: half(2), codec: "preserved" },
      {
        name: "in JSON",
        content: '---json\n{"title": "\\ud800"}\n---\n',
        expect: half(2),
        codec: "preserved",
      },
      {
        name: "in TOML",
        content: '+++\ntitle = "\\ud800"\n+++\n',
        expect: { code: "FRONT_MATTER_INVALID", rule: "toml-syntax", line: 2 },
      },
      { name: "as bytes", content: bytes("---\ntitle: ", [0xed, 0xa0, 0x80], "\n---\n"), expect: notUtf8(2) },
      kept("a pair is one character", withHeader('title: "\\ud83c\\udf31"'), { title: "🌱" }),
    ],
  },
  {
    id: "H15",
    title: "invalid UTF-8, UTF-16, Latin-1, binary",
    files: [
      { name: "Latin-1", content: bytes("---\ntitle: caf", [0xe9], "\n---\n"), expect: notUtf8(2) },
      { name: "UTF-16 with a BOM", content: bytes([0xff, 0xfe, 0x2d, 0, 0x2d, 0]), expect: notUtf8(1) },
      { name: "UTF-16 without one", content: bytes([0x2d, 0, 0x2d, 0, 0x2d, 0, 0x0a, 0]), expect: nul(1) },
      {
        name: "a picture",
        content: bytes([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]),
        expect: notUtf8(1),
      },
      { name: "overlong", content: bytes([0xc0, 0xaf]), expect: notUtf8(1) },
      { name: "cut off", content: bytes("---\ntitle: One\n---\nBody ", [0xf0, 0x9f]), expect: notUtf8(4) },
      { name: "above U+10FFFF", content: bytes([0xf4, 0x90, 0x80, 0x80]), expect: notUtf8(1) },
    ],
  },
  {
    id: "H16",
    title: "a byte order mark (BOM)",
    files: [
      kept("before the header", `\uFEFF${withHeader("title: One")}`, { title: "One" }),
      kept("in the body", withHeader("title: One", "\uFEFFBody.\n"), { body: "\uFEFFBody.\n" }),
      kept("in a value", withHeader("title: \uFEFFOne"), { title: "\uFEFFOne" }),
    ],
  },
  {
    id: "H17",
    title: "CRLF, lone CR, mixed, no final newline, U+2028, U+0085",
    files: [
      kept("CRLF", "---\r\ntitle: One\r\n---\r\nBody.\r\n", { title: "One", body: "Body.\r\n" }),
      kept("mixed", "---\r\ntitle: One\n---\r\nA\rB\nC\r\n", { title: "One", body: "A\rB\nC\r\n" }),
      kept("no final newline", "---\ntitle: One\n---\nBody", { body: "Body" }),
      kept("U+2028, U+2029, U+0085", withHeader("title: a\u2028b\u2029c\u0085d", "\u2028\u0085"), {
        title: "a\u2028b\u2029c\u0085d",
      }),
      {
        name: "lone CR in a header",
        content: withHeader("title: One\rflag: true"),
        expect: { code: "FRONT_MATTER_INVALID", rule: "carriage-return", line: 2 },
      },
      {
        name: "lone CR throughout",
        content: "---\rtitle: One\r---\rBody.\r",
        expect: { code: "FRONT_MATTER_INVALID", rule: "carriage-return", line: 1 },
      },
    ],
  },
  {
    id: "H18",
    title: "size above 1 MiB, above 5 MiB",
    files: [
      {
        name: "1.1 MB",
        content: withHeader("title: One", times(1_100_000, "x")),
        expect: "preserved",
        warns: ["large"],
        row: { title: "One" },
      },
      {
        name: "one byte above the limit",
        content: withHeader("title: One", times(5 * 1024 * 1024, "x")),
        expect: { code: "DOCUMENT_TOO_LARGE", rule: "too-large" },
      },
    ],
  },
  {
    id: "H19",
    title: "a line of 5 MB, 200,000 links, brackets without end",
    files: [
      { ...kept("one line", withHeader("title: One", times(1_100_000, "a"))), warns: ["large"] },
      { ...kept("200,000 links", withHeader("title: One", times(200_000, "[a](b)"))), warns: ["large"] },
      kept("open brackets", withHeader("title: One", times(100_000, "["))),
      kept("emphasis", withHeader("title: One", times(100_000, "*a_ "))),
      kept("almost fences", withHeader("title: One", times(50_000, "--- x\n"))),
      kept("almost conflicts", withHeader("title: One", times(20_000, "<<<<<<< a\n"))),
    ],
    codec() {
      const document = parseDocument(withHeader("title: One", times(5_000_000, "a")));
      assert.equal(document.body.length, 5_000_000);
    },
  },
  {
    id: "H20",
    title: "bidi controls, zero-width, homoglyphs",
    outcome: "shown escaped",
    files: [
      kept("in body and value", withHeader("title: a\u202Eb\u200Bc", "x\u202Ey\u2066z\n"), {
        title: "a\u202Eb\u200Bc",
      }),
      {
        name: "in keys, told escaped",
        content: withHeader("ti\u202Etle: 1\nti\u202Etle: 2"),
        expect: { code: "FRONT_MATTER_INVALID", rule: "duplicate-key", line: 3 },
      },
    ],
    codec() {
      const { build, parse } = compileTemplate("things/:slug.md");
      for (const slug of ["pay\u202Epal", "a\u200Bb", "раypal" /* Cyrillic */, "\uFEFFa"]) {
        const path = build({ slug });
        assert.match(path, /^[\x20-\x7e]+$/, "the object's name is plain letters");
        assert.deepEqual({ ...parse(path) }, { slug });
      }
      assert.equal(visible("pay\u202Epal"), '"pay\\u{202E}pal"');
    },
    async db(world) {
      await world.sql.query("insert into public.things (slug, title) values ($1, 'One')", ["h20-\u202Epay"]);
      await world.settle();
      assert.ok(await world.read("things/h20-=E2=80=AEpay.md"));
    },
  },
  {
    id: "H21",
    title: "git conflict markers",
    files: [
      {
        name: "in the header",
        content: withHeader(`title: One\n${MARKED("flag: true", "flag: false").trim()}`),
        expect: conflict(3),
      },
      {
        name: "around the header",
        content: MARKED(withHeader("title: One"), withHeader("title: Two")),
        expect: conflict(1),
      },
      {
        name: "in TOML",
        content: `+++\n${MARKED("a = 1", "a = 2")}+++\n`,
        expect: conflict(2),
      },
      {
        name: "in JSON",
        content: `---json\n{"a": 1,\n${MARKED('"b": 1', '"b": 2')}}\n---\n`,
        expect: conflict(3),
      },
      {
        name: "in the body",
        content: withHeader("title: One", `Text.\n${MARKED("a", "b")}`),
        expect: "preserved",
        warns: ["conflict-marker"],
        row: { body: `Text.\n${MARKED("a", "b")}` },
      },
      kept("an underlined heading is none", withHeader("title: One", "Heading\n=======\n")),
    ],
  },
  {
    id: "H22",
    title: "a git LFS pointer",
    outcome: "never overwritten",
    files: [
      {
        name: "today's",
        content: `version https://git-lfs.github.com/spec/v1\noid sha256:${times(64, "4")}\nsize 12345\n`,
        expect: lfs,
      },
      {
        name: "with CRLF",
        content: `version https://git-lfs.github.com/spec/v1\r\noid sha256:${times(64, "4")}\r\nsize 1\r\n`,
        expect: lfs,
      },
      {
        name: "from before the first release",
        content: `version https://hawser.github.com/spec/v1\noid sha256:${times(64, "4")}\nsize 1\n`,
        expect: lfs,
      },
    ],
  },
  {
    id: "H23",
    title: "zero bytes, only whitespace",
    outcome: "never deleted",
    files: [
      kept("zero bytes", "", { title: null, body: "" }),
      kept("whitespace", " \n\t\n", { title: null, body: " \n\t\n" }),
      kept("only a BOM", "\uFEFF", { title: null }),
      kept("an empty header", "---\n---\n", { title: null, body: "" }),
    ],
  },
  {
    id: "H24",
    title: "files that programs leave behind",
    outcome: "ignored",
    codec() {
      const { matches, build } = compileTemplate("notes/:path*");
      for (const name of LEFT_BEHIND) assert.ok(!matches(`notes/a/${name}`), name);
      assert.ok(matches("notes/a/.config") && matches("notes/swp"));
      assert.throws(() => build({ path: "a/.DS_Store" }), { code: "PATH_INVALID", rule: "ignored-name" });
    },
    async http(world) {
      const answer = await world.post("frontrow-ingest/events", {
        keys: LEFT_BEHIND.map((name) => ({ bucket: "content", path: `notes/h24/${name}` })),
      });
      assert.deepEqual(await answer.json(), { marked: 0, ignored: LEFT_BEHIND.length });
    },
    async db(world) {
      const { hub } = world;
      const counted = async () => (await hub.report("notes")).collections[0]!;
      const before = await counted();
      for (const name of LEFT_BEHIND) await world.upload(`notes/h24/${name}`, "left behind");
      assert.deepEqual(await world.settle(), []);
      assert.equal((await hub.backfill({ collection: "notes" })).marked, 0);
      assert.equal((await counted()).ignored, before.ignored + LEFT_BEHIND.length);
      // A row that only such a file could hold is told of, not passed over.
      await world.sql.query("insert into public.notes (path, body) values ('h24/._x', 'x'), ('h24/x~', 'x')");
      assert.deepEqual(await world.sql.query("select path from frontrow.dirty"), [], "it has no path");
      assert.deepEqual(await world.settle(), []);
      assert.equal((await counted()).unnamed, before.unnamed! + 2);
    },
  },
];

const LEFT_BEHIND = [
  ".emptyFolderPlaceholder",
  ".DS_Store",
  "Thumbs.db",
  "desktop.ini",
  "._note.md",
  ".note.md.swp",
  "note.tmp",
  ".=23note.md",
  "note.md=7E",
];
