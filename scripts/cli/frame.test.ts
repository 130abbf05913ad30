/** The CLI without a project: usage, help, errors, where the project is looked for, `check`. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { FAILURES, type FailureCode, FrontrowError } from "../../shared/errors.ts";
import { EXIT, exitCodeOf } from "./frame/exit.ts";
import { aligned, plural, quoted, span } from "./frame/text.ts";
import { walk } from "./frame/walk.ts";
import { cli, folderOf, root } from "./test-cli.ts";
import { verbs } from "./verbs.ts";

/** An address where nobody answers. */
const nobody = await new Promise<string>((found) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => found(`http://127.0.0.1:${port}`));
  });
});

test("--help names every verb and the exit codes; no verb at all is a usage error", async () => {
  const { code, stdout } = await cli(["--help"]);
  assert.equal(code, EXIT.ok);
  for (const { name } of verbs) assert.match(stdout, new RegExp(`^  ${name} `, "m"));
  assert.match(stdout, /Exit codes:\n {2}0 {2}done/);
  const none = await cli([]);
  assert.equal(none.code, EXIT.usage);
  assert.equal(none.stdout, "");
  assert.match(none.stderr, /Usage: frontrow <verb>/);
  assert.match((await cli(["sync", "--help"])).stdout, /--dry-run[\s\S]*--json/);
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const { code, stdout, stderr } = await cli(["--version"]);
  assert.deepEqual({ code, stdout, stderr }, { code: EXIT.ok, stdout: `${version}\n`, stderr: "" });
});

test("an unknown verb, option or argument: 2, with what was meant", async () => {
  const verb = await cli(["staus"]);
  assert.equal(verb.code, EXIT.usage);
  assert.match(verb.stderr, /Unknown command 'staus'[\s\S]*Did you mean status\?/);
  const option = await cli(["status", "--jsno"]);
  assert.equal(option.code, EXIT.usage);
  const asJson = await cli(["staus", "--json"]);
  assert.equal(asJson.code, EXIT.usage);
  const { code, rule, hint, path, line } = asJson.json.error;
  assert.deepEqual(
    { code, rule, hint, path, line },
    { code: "USAGE", rule: "unknownCommand", hint: "Did you mean status?", path: null, line: null },
  );
  for (const argv of [["check"], ["check", "a", "b"], ["sync", "--hours", "0"], ["resume", "x", "--apply"]]) {
    assert.equal((await cli(argv)).code, EXIT.usage, argv.join(" "));
  }
});

test("secrets are never printed, wherever they were typed", async () => {
  const key = "sb_secret_0123456789abcdef_x-y";
  for (const argv of [
    [`--kye=${key}`, "status"],
    ["check", key, key],
    ["check", key],
    ["status", "--url", `http://u:${key}@h`],
  ]) {
    const { stdout, stderr, code } = await cli(argv);
    assert.equal(code, EXIT.usage);
    assert.ok(!`${stdout}${stderr}`.includes("0123456789abcdef"), stderr);
  }
});

test("every failure code has an exit code", () => {
  const codes = Object.keys(FAILURES) as FailureCode[];
  const exits = new Map(codes.map((code) => [code, exitCodeOf(new FrontrowError(code, ""))]));
  assert.equal(exits.get("UNAUTHORIZED"), EXIT.unreachable);
  assert.equal(exits.get("HUB_UNAVAILABLE"), EXIT.unreachable);
  assert.equal(exits.get("NOT_REGISTERED"), EXIT.usage);
  assert.equal(exits.get("SCHEMA_VIOLATION"), EXIT.attention);
  assert.equal(exits.get("HALTED"), EXIT.attention);
  assert.equal(exitCodeOf(new TypeError("x")), EXIT.defect);
});

test("the project: options, then the environment, then the stack that runs here", async () => {
  const nowhere = await folderOf({});
  const none = await cli(["status", "--json"], { root: nowhere });
  assert.equal(none.code, EXIT.usage);
  assert.match(none.json.error.hint, /npm start/);
  const half = await cli(["status", "--url", nobody], { root: nowhere });
  assert.equal(half.code, EXIT.usage);
  assert.match(half.stderr, /secret key of http:\/\/127\.0\.0\.1:\d+ is not known/);
  const dictionary = {
    SUPABASE_URL: nobody,
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_abc"}',
  };
  assert.equal((await cli(["status"], { root: nowhere, environment: dictionary })).code, EXIT.unreachable);

  const local = { url: nobody, secretKey: "sb_secret_local", publishableKey: "p" };
  await mkdir(join(nowhere, ".frontrow"));
  const write = (pid: number): Promise<void> =>
    writeFile(join(nowhere, ".frontrow", "local.json"), JSON.stringify({ ...local, pid }));
  await write(process.pid);
  assert.equal((await cli(["status"], { root: nowhere })).code, EXIT.unreachable);
  // Its key is for it alone.
  assert.equal((await cli(["status", "--url", "https://a.example"], { root: nowhere })).code, EXIT.usage);
  await write(4_194_305);
  assert.equal((await cli(["status"], { root: nowhere })).code, EXIT.usage, "a stack that was killed");
});

test("an unreachable project: 3, and the address is no secret", async () => {
  const { code, json } = await cli(["status", "--json", "--url", nobody, "--key", "sb_secret_x"]);
  assert.equal(code, EXIT.unreachable);
  assert.equal(json.error.code, "HUB_UNAVAILABLE");
});

test("a config that is not there, does not load or is none: 2, with the file's name", async () => {
  const folder = await folderOf({ "broken.ts": "export default {", "none.ts": "export const x = 1;" });
  const project = { SUPABASE_URL: nobody, SUPABASE_SECRET_KEY: "sb_secret_x" };
  for (const file of ["missing.ts", "broken.ts", "none.ts"]) {
    const { code, json } = await cli(["sync", "--json", "--config", file], { folder, environment: project });
    assert.equal(code, EXIT.usage);
    assert.equal(json.error.code, "CONFIG_INVALID");
    assert.match(json.error.message, new RegExp(file.replace(".", "\\.")));
  }
});

test("check: the shape of its JSON, and what ends it with which code", async () => {
  const folder = await folderOf({
    "good.md": "---\ntitle: A\n---\nBody\n",
    "sub/plain.md": "no header\n",
    "bad.md": "---\na: [\n---\n",
    "code.md": "---js\n{}\n---\n",
  });
  const { code, json, stderr } = await cli(["check", folder, "--json"]);
  assert.equal(code, EXIT.ok);
  assert.equal(stderr, "");
  assert.deepEqual(Object.keys(json), ["files", "identical", "refused", "edited_one_line", "editable"]);
  assert.deepEqual([json.files, json.identical, json.edited_one_line, json.editable], [4, 2, 1, 1]);
  assert.deepEqual(
    json.refused.map(({ path }: { path: string }) => path),
    ["bad.md", "code.md"],
  );
  for (const one of json.refused) {
    assert.deepEqual(Object.keys(one), ["path", "code", "rule", "line", "message"]);
    assert.equal(typeof one.line, "number");
  }
  const human = await cli(["check", "."], { folder });
  assert.match(human.stdout, /^4 files, 2 of 2 readable/);
  assert.match(human.stdout, /bad\.md:3/);
  assert.equal((await cli(["check", await folderOf({ "a.txt": "" })])).code, EXIT.attention);
  assert.equal((await cli(["check", "nowhere", "--json"])).json.error.rule, "no-folder");
});

test("a walk ignores what is hidden or linked, and refuses names that cannot be object names", async () => {
  const folder = await folderOf({
    "a/é.md": "",
    ".git/x": "",
    ".hidden/x.md": "",
    ".env": "",
    "b\\c.md": "",
    "r\u0065\u0301.md": "",
    "r\u00e9.md": "",
  });
  await symlink("/etc/passwd", join(folder, "link.md"));
  await symlink("/etc", join(folder, "linked"));
  const { files, refused, ignored } = await walk(folder);
  assert.deepEqual(files.map(({ path }) => path).sort(), ["a/=C3=A9.md", "r=C3=A9.md"]);
  assert.equal(ignored, 4);
  assert.deepEqual(refused.map(({ rule }) => rule).sort(), ["not-portable", "same-name"]);
});

test("words: plurals, spans, columns, quoting", () => {
  assert.deepEqual([plural(1, "row"), plural(12_345, "row")], ["1 row", "12,345 rows"]);
  assert.deepEqual(
    [span(400), span(89_000), span(600_000), span(86_400_000 * 3)],
    ["0 s", "89 s", "10 min", "3 days"],
  );
  assert.deepEqual(
    aligned(
      [
        ["a", "1"],
        ["bcd", "22"],
      ],
      [1],
    ),
    ["a     1", "bcd  22"],
  );
  assert.deepEqual([quoted("a/b-1.md"), quoted("it's é")], ["a/b-1.md", "'it'\\''s é'"]);
});
