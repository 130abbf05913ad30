import assert from "node:assert/strict";
import { test } from "node:test";
import { FrontrowError } from "../errors.ts";
import { closest } from "./closest.ts";
import { isKeyLike } from "./key-like.ts";
import { parseProjectFile } from "./project-file.ts";

const read = (text: string) => parseProjectFile(text, "frontrow.yaml").project;

function refused(text: string): FrontrowError {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof FrontrowError);
    assert.equal(error.code, "CONFIG_INVALID");
    return error;
  }
  throw new Error(`accepted:\n${text}`);
}

test("an empty file is all defaults", () => {
  for (const text of ["", "# nothing\n", "stores: {}\n"]) {
    assert.deepEqual(read(text), {
      origin: null,
      config: null,
      conflicts: "manual",
      directory: {
        syncPath: "content",
        autoSync: true,
        syncDebounce: 1000,
        initialSync: true,
        entityTypes: null,
        watchInterval: null,
        scrub: null,
      },
      git: {
        autoCommit: false,
        autoSync: false,
        autoPush: false,
        syncInterval: 300,
        skipExportCheck: true,
        message: "frontrow: {summary}",
        branch: null,
      },
    });
  }
});

test("a whole file", () => {
  const project = read(`
origin:
  url: https://abcdefghijklmnopqrst.supabase.co
  key: TEAM_KEY
  schema: team
config: collections.ts
stores:
  directory:
    syncPath: brain
    syncDebounce: 500
    initialSync: false
    entityTypes: [plans, stories]
    watchInterval: 2000
  git:
    autoSync: true
    syncInterval: 60
    message: "docs: {count} documents"
`);
  assert.deepEqual(project.origin, {
    url: "https://abcdefghijklmnopqrst.supabase.co",
    key: "TEAM_KEY",
    schema: "team",
  });
  assert.equal(project.config, "collections.ts");
  assert.deepEqual(project.directory, {
    syncPath: "brain",
    autoSync: true,
    syncDebounce: 500,
    initialSync: false,
    entityTypes: ["plans", "stories"],
    watchInterval: 2000,
    scrub: null,
  });
  assert.deepEqual([project.git.autoCommit, project.git.syncInterval], [true, 60], "autoSync commits, too");
});

test("the presets of recipe 001; what the file says counts more", () => {
  const manual = read("preset: manual-commits\n");
  assert.deepEqual(
    [manual.directory.autoSync, manual.git.autoSync, manual.git.autoCommit, manual.git.autoPush],
    [true, false, false, true],
  );
  const full = read("preset: full-automation\n");
  assert.deepEqual(
    [
      full.directory.autoSync,
      full.git.autoSync,
      full.git.autoCommit,
      full.git.autoPush,
      full.git.syncInterval,
    ],
    [true, true, true, true, 300],
  );
  const mine = read(
    "preset: full-automation\nstores: { directory: { autoSync: false }, git: { autoPush: false } }\n",
  );
  assert.deepEqual([mine.directory.autoSync, mine.git.autoPush, mine.git.autoSync], [false, false, true]);
});

test("watchEnabled is taken for autoSync, with a warning that says where", () => {
  const old = "stores:\n  directory:\n    watchEnabled: false\n";
  const { project, warnings } = parseProjectFile(old, "frontrow.yaml");
  assert.equal(project.directory.autoSync, false);
  assert.deepEqual(warnings, ["frontrow.yaml:3: watchEnabled is deprecated: write autoSync: false instead."]);
  const both = parseProjectFile(`${old}    autoSync: true\n`, "frontrow.yaml");
  assert.equal(both.project.directory.autoSync, true);
  assert.match(both.warnings[0]!, /autoSync counts, remove it/);
});

const PROBLEMS: [text: string, ...said: string[]][] = [
  ["orgin:\n  url: x\n", 'line 1, column 1: "orgin" is no setting: did you mean origin?'],
  [
    "stores:\n  directory:\n    sycnPath: x\n",
    'line 3, column 5: "sycnPath" is no setting of stores.directory: did you mean syncPath?',
  ],
  [
    "stores:\n  git:\n    colour: red\n",
    'line 3, column 5: "colour" is no setting of stores.git: there is autoCommit, autoSync, autoPush, syncInterval, skipExportCheck, message, branch',
  ],
  ["origin: {}\n", "line 1, column 1: origin.url is missing: it must be a text"],
  ["origin:\n  url: ftp://x\n", "line 2, column 8: origin.url must be the project's URL, such as https://"],
  [
    "origin:\n  url: https://x.co\n  key: two words\n",
    "line 3, column 8: origin.key must be the name of an environment",
  ],
  ["conflicts: newest\n", "line 1, column 12: conflicts must be one of manual, ours, theirs"],
  ["preset: automatic\n", "line 1, column 9: preset must be one of manual-commits, full-automation"],
  [
    "stores:\n  directory: { syncDebounce: fast, autoSync: 1 }\n  git: { syncInterval: 0.5 }\n",
    "line 2, column 30: stores.directory.syncDebounce must be a number",
    "line 2, column 46: stores.directory.autoSync must be true or false",
    "line 3, column 24: stores.git.syncInterval must be a whole number",
  ],
  ["stores:\n  git: { syncInterval: 0 }\n", "line 2, column 24: stores.git.syncInterval must be at least 1"],
  [
    "stores:\n  directory:\n    entityTypes: [a, 1]\n",
    "line 3, column 22: stores.directory.entityTypes[2] must be a text",
  ],
  [
    "stores:\n  directory:\n    scrub:\n      rules:\n        - field: a\n          acton: drop\n        - regex: (a+)+\n",
    'line 6, column 11: "acton" is no setting of stores.directory.scrub.rules[1]: did you mean action?',
    "line 7, column 18: stores.directory.scrub.rules[2].regex must say how many",
  ],
  [
    'stores:\n  git:\n    message: "{sumary}"\n',
    "line 3, column 14: stores.git.message has {sumary}: there is {summary}, ",
  ],
  ["- a\n", "line 1, column 1: the file must be a map of settings"],
  ["config: a\nconfig: b\n", "line 2, column 1: a key is here twice"],
  ["config: [a\npreset: b\n", "line 2, column 1: "],
  ["config: a\n---\nconfig: b\n", "line 2, column 1: it must be one YAML document"],
];

test("every problem, with its line and column and what was expected", () => {
  for (const [text, ...said] of PROBLEMS) {
    const { message, line } = refused(text);
    for (const one of said) assert.ok(message.includes(one), `${message}\n\nsays not:\n${one}`);
    assert.equal(line, Number(/^line (\d+)/.exec(said[0]!)![1]));
  }
});

const KEYS = [
  "sb_secret_0123456789abcdef_x",
  "sb_publishable_0123456789abcdef",
  "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl",
  ["ghp", "0123456789abcdef0123456789abcdef0123"].join("_"),
  "https://ann:hunter2hunter2@x.supabase.co",
];

test("a key in the file is refused wherever it is, with what to do, and not repeated", () => {
  for (const key of KEYS) {
    for (const text of [
      `origin:\n  url: https://x.co\n  key: ${key}\n`,
      `origin:\n  url: "${key}"\n`,
      `"${key}": 1\n`,
      `stores: { git: { message: '${key}' } }\n`,
    ]) {
      const { message, hint } = refused(text);
      assert.match(message, /looks like a key/);
      assert.match(hint!, /environment variable/);
      assert.ok(!`${message}${hint}`.includes(key.slice(0, 14)), message);
    }
  }
  // Nor where the file cannot be read at all.
  const broken = refused(`origin: { key: ${KEYS[0]}\nx: [`);
  assert.ok(!broken.message.includes("sb_secret"), broken.message);
  for (const plain of [
    "SUPABASE_SECRET_KEY",
    "https://x.supabase.co",
    "frontrow: {summary}",
    "a@b.example",
  ]) {
    assert.equal(isKeyLike(plain), false, plain);
  }
});

test("what was meant", () => {
  const names = ["syncPath", "autoSync", "syncDebounce"];
  assert.deepEqual(
    ["sycnpath", "autosync", "sync_debounce", "colour", "x"].map((given) => closest(given, names)),
    ["syncPath", "autoSync", "syncDebounce", null, null],
  );
});
