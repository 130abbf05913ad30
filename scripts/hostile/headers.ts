/** H1–H12: front matter and YAML. */
import assert from "node:assert/strict";
import { parseDocument } from "../../shared/document/mod.ts";
import { type FileCase, type Line, type Quarantined, times, withHeader } from "./line.ts";

const invalid = (rule: string, line?: number): Quarantined => ({
  code: "FRONT_MATTER_INVALID",
  rule,
  ...(line === undefined ? {} : { line }),
});
const program: Quarantined = { code: "FRONT_MATTER_REFUSED", rule: "code-front-matter", line: 1 };
const RUN = "globalThis.canary = 1; Object.prototype.polluted = 1; ({ title: 'Run' })";
const code = (word: string, fence = `---${word}\n`): FileCase => ({
  name: fence.trim(),
  content: `${fence}${RUN}\n---\nBody.\n`,
  expect: program,
});
const nested = (open: string, close: string, levels: number) =>
  withHeader(`title: One\ndata: ${times(levels, open)}${times(levels, close)}`);

export const HEADERS: readonly Line[] = [
  {
    id: "H1",
    title: "---js, ---coffee and other code as a fence",
    files: [
      ...["js", "javascript", "JS", "coffee", "ts", "cson", "php", "python", "lua"].map((word) => code(word)),
      code("js, after a blank", "--- js\n"),
      code("js, with CRLF", "---js\r\n"),
      code("js, after a BOM", "\uFEFF---js\n"),
      {
        name: "json",
        content: '---json\n{"title": "One"}\n---\nBody.\n',
        expect: "preserved",
        row: { title: "One" },
      },
      {
        name: "toml",
        content: '---toml\ntitle = "One"\n---\nBody.\n',
        expect: "preserved",
        row: { title: "One" },
      },
      {
        name: "a second fence, in the body",
        content: withHeader("title: One", `---js\n${RUN}\n---\n`),
        expect: "preserved",
        row: { title: "One", body: `---js\n${RUN}\n---\n` },
      },
      {
        name: "another word",
        content: "---haml\ntitle: One\n---\nBody.\n",
        expect: "preserved",
        warns: ["unknown-fence"],
        row: { title: null },
      },
    ],
  },
  {
    id: "H2",
    title: "YAML alias bomb, nested anchors",
    files: [
      {
        name: "a bomb",
        content: withHeader(
          ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcde".split("")]
            .map((line, at, all) =>
              at === 0 ? line : `${line}: &${line} [${times(8, `*${all[at - 1]![0]},`)}*${all[at - 1]![0]}]`,
            )
            .join("\n"),
        ),
        expect: invalid("too-many-nodes", 6),
      },
      {
        name: "long texts, often",
        content: withHeader(`a: &a ${times(3000, "long ")}\nb: [${times(90, "*a,")}*a]`),
        expect: invalid("alias-bomb", 3),
      },
      { name: "an alias to itself", content: withHeader("a: &a [*a]"), expect: invalid("alias", 2) },
      { name: "an alias to nothing", content: withHeader("title: *a"), expect: invalid("alias", 2) },
      {
        name: "a plain alias",
        content: withHeader("a: &a One\ntitle: *a"),
        expect: "preserved",
        row: { title: "One" },
      },
    ],
  },
  {
    id: "H3",
    title: "merge keys with many empty maps",
    files: [
      {
        name: "900 merges",
        content: withHeader(
          `title: One\na: &a {}\n${Array.from({ length: 900 }, (_, at) => `k${at}: {<<: *a}`).join("\n")}`,
        ),
        expect: "preserved",
        warns: ["merge-key"],
      },
      {
        name: "a merge that would pollute",
        content: withHeader("title: One\n<<: {__proto__: {polluted: 1}, title: Two}"),
        expect: "preserved",
        warns: ["merge-key"],
        row: { title: "One", rest: '{"<<": {"title": "Two", "__proto__": {"polluted": 1}}}' },
      },
    ],
  },
  {
    id: "H4",
    title: "__proto__, constructor, prototype and dotted keys",
    files: [
      {
        name: "in YAML",
        content: withHeader(
          "title: One\n__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\nprototype: 1\na.__proto__.polluted: 1",
        ),
        expect: "preserved",
        row: {
          title: "One",
          rest: '{"__proto__": {"polluted": 1}, "prototype": 1, "constructor": {"prototype": {"polluted": 1}}, "a.__proto__.polluted": 1}',
        },
      },
      {
        name: "in JSON",
        content: '---json\n{"title": "One", "__proto__": {"polluted": 1}}\n---\n',
        expect: "preserved",
        row: { title: "One", rest: '{"__proto__": {"polluted": 1}}' },
      },
      {
        name: "in TOML",
        content: '+++\ntitle = "One"\n[__proto__]\npolluted = 1\n+++\n',
        expect: "preserved",
        row: { title: "One", rest: '{"__proto__": {"polluted": 1}}' },
      },
      {
        name: "inside a JSON column",
        content: withHeader("title: One\ndata: {__proto__: {polluted: 1}, toString: 1}"),
        expect: "preserved",
        row: { data: '{"toString": 1, "__proto__": {"polluted": 1}}' },
      },
    ],
  },
  {
    id: "H5",
    title: "duplicate keys",
    files: [
      { name: "plain", content: withHeader("title: One\ntitle: Two"), expect: invalid("duplicate-key", 3) },
      {
        name: "quoted",
        content: withHeader('title: One\n"title": Two'),
        expect: invalid("duplicate-key", 3),
      },
      { name: "nested", content: withHeader("data:\n  a: 1\n  a: 2"), expect: invalid("duplicate-key", 4) },
      {
        name: "in JSON",
        content: '---json\n{"title": "One",\n"title": "Two"}\n---\n',
        expect: invalid("duplicate-key", 3),
      },
      {
        name: "in TOML",
        content: '+++\ntitle = "One"\ntitle = "Two"\n+++\n',
        expect: invalid("toml-syntax", 3),
      },
    ],
  },
  {
    id: "H6",
    title: "!!js/function, !!python, !!binary and custom tags",
    files: [
      {
        name: "a function",
        content: withHeader('title: !!js/function "function () { globalThis.canary = 1 }"'),
        expect: "preserved",
        warns: ["tag"],
        row: { title: "function () { globalThis.canary = 1 }" },
      },
      {
        name: "a list of Python's",
        content: withHeader("title: One\npy: !!python/object/apply:os.system ['true']"),
        expect: "preserved",
        warns: ["tag"],
        row: { rest: '{"py": ["true"]}' },
      },
      {
        name: "binary",
        content: withHeader("title: !!binary aGVsbG8="),
        expect: "preserved",
        warns: ["tag"],
        row: { title: "aGVsbG8=" },
      },
      {
        name: "custom, on a number",
        content: withHeader("title: !money 012\nsize: !money 012"),
        expect: "preserved",
        warns: ["tag"],
        row: { title: "012", rest: '{"size": "012"}' },
      },
    ],
  },
  {
    id: "H7",
    title: "several YAML documents in one header",
    files: [
      {
        name: "...",
        content: withHeader("title: One\n...\ntitle: Two"),
        expect: invalid("multi-document", 3),
      },
      {
        name: "... at the end",
        content: withHeader("title: One\n..."),
        expect: invalid("multi-document", 3),
      },
      {
        name: "a second header is body",
        content: "---\ntitle: One\n---\n---\ntitle: Two\n---\n",
        expect: "preserved",
        row: { title: "One", body: "---\ntitle: Two\n---\n" },
      },
    ],
  },
  {
    id: "H8",
    title: "implicit typing (no, 1e3, 0o17, 12:30, ~, .inf)",
    files: [
      ...["no", "1e3", "0o17", "12:30", "2024-01-01", ".inf", "1_000", "1.10", "0x1F", "y"].map(
        (text): FileCase => ({
          name: text,
          content: withHeader(`title: ${text}`),
          expect: "preserved",
          row: { title: text },
        }),
      ),
      { name: "~", content: withHeader("title: ~"), expect: "preserved", row: { title: null } },
      {
        name: "a boolean column does not guess",
        content: withHeader("title: One\nflag: no"),
        expect: { code: "SCHEMA_VIOLATION", rule: "not-bool", line: 3 },
        codec: "preserved",
      },
    ],
  },
  {
    id: "H9",
    title: "non-string, complex and numeric-looking keys",
    files: [
      {
        name: "numbers, in their order",
        content: withHeader("title: One\n10: a\n9: b\ntrue: c"),
        expect: "preserved",
        warns: ["odd-key"],
        row: { rest: '{"9": "b", "10": "a", "true": "c"}' },
      },
      { name: "a list", content: withHeader("? [a, b]\n: c"), expect: invalid("complex-key", 2) },
      { name: "a map", content: withHeader("{a: 1}: c"), expect: invalid("complex-key", 2) },
      { name: "nothing", content: withHeader(": c"), expect: invalid("complex-key", 2) },
    ],
  },
  {
    id: "H10",
    title: "a header never closed, a fence in a code block, a header of 5 MB",
    files: [
      {
        name: "never closed",
        content: "---\ntitle: One\n\nBody.\n",
        expect: "preserved",
        warns: ["open-header"],
        row: { title: null, body: "---\ntitle: One\n\nBody.\n" },
      },
      {
        name: "a fence in a code block",
        content: withHeader("title: One", "```\n---\ntitle: Two\n---\n```\n"),
        expect: "preserved",
        row: { title: "One" },
      },
      {
        name: "70 KB",
        content: withHeader(`title: ${times(70_000, "x")}`),
        expect: { code: "FRONT_MATTER_TOO_LARGE", rule: "header-too-large", line: 1 },
      },
    ],
    codec() {
      const text = withHeader(`title: ${times(5_000_000, "x")}`);
      assert.throws(() => parseDocument(text), { code: "FRONT_MATTER_TOO_LARGE", line: 1 });
    },
  },
  {
    id: "H11",
    title: "10,000 levels of lists or maps",
    files: [
      { name: "lists", content: nested("[", "]", 10_000), expect: invalid("too-deep", 3) },
      { name: "maps", content: nested("{a: ", "}", 10_000), expect: invalid("too-deep", 3) },
      {
        name: "block maps",
        content: withHeader(
          `data:\n${Array.from({ length: 100 }, (_, at) => `${times(at + 1, " ")}a:`).join("\n")}`,
        ),
        expect: invalid("too-deep", 36),
      },
      {
        name: "JSON",
        content: `---json\n{"data": ${times(10_000, "[")}${times(10_000, "]")}}\n---\n`,
        expect: invalid("too-deep", 2),
      },
      {
        name: "TOML",
        content: `+++\ndata = ${times(5000, "[")}${times(5000, "]")}\n+++\n`,
        expect: invalid("toml-syntax", 2),
      },
      { name: "28 levels", content: nested("[", "]", 28), expect: "preserved" },
    ],
  },
  {
    id: "H12",
    title: "tabs, odd quoting, comments, block scalars",
    files: [
      { name: "a tab as indent", content: withHeader("data:\n\ta: 1"), expect: invalid("tab-as-indent", 3) },
      {
        name: "a quote never closed",
        content: withHeader('title: "One'),
        expect: invalid("missing-char", 3),
      },
      {
        name: "comments and quotes",
        content: withHeader("# first\ntitle:   'it''s'  # why\n\n# last"),
        expect: "preserved",
        row: { title: "it's" },
      },
      {
        name: "|+",
        content: withHeader("title: |+\n  One\n\n"),
        expect: "preserved",
        row: { title: "One\n\n\n" },
      },
    ],
  },
];
