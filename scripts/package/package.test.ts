/** The package as a stranger gets it: packed, installed into an empty folder, run by plain Node. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import gardenConfig from "../../examples/garden/config.ts";
import { createApiApp } from "../../functions/api/app.ts";
import { createVerify } from "../../functions/api/verify.ts";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { connect } from "../../shared/sync/connect.ts";
import { bin, type Ran, root, run } from "../checks/run.ts";
import { EXIT } from "../cli/frame/exit.ts";
import { startGarden } from "../cli/test-cli.ts";
import { buildPackage } from "./build.ts";
import { importedBy, manifestOf } from "./manifest.ts";

/** The oldest Node that the package says it runs on. */
const OLDEST = "22.13.1";
const { version: VERSION } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};
const PINNED = join(root, "node_modules", "node", "bin");

const CONFIG = `import { defineCollection, defineConfig, type FieldsOf } from "frontrow";
import { z } from "zod";

const notes = defineCollection({
  name: "notes",
  table: "notes",
  path: "notes/:slug.md",
  fields: z.object({ title: z.string() }),
  body: "body",
});
export type Note = FieldsOf<typeof notes>;
export const note: Note = { title: "typed" };
export default defineConfig({ collections: [notes] });
`;
/** Loads the config, and finds no project behind it. */
const SYNC = ["sync", "--json", "--url", "http://127.0.0.1:9", "--key", "sb_secret_none"];

let folder: string;
let home: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "frontrow-package-"));
  home = join(folder, "home");
  await buildPackage(join(folder, "dist"));
  await mkdir(join(home, "content", "deep"), { recursive: true });
  await writeFile(join(home, "package.json"), '{ "private": true }\n');
  await writeFile(join(home, "frontrow.config.ts"), CONFIG);
  await writeFile(join(home, "content", "a.md"), "---\ntitle: A\n---\n\nBody\n");
  const { output, code } = await npm([
    "pack",
    "--silent",
    "--pack-destination",
    folder,
    join(folder, "dist"),
  ]);
  assert.equal(code, 0, output);
  const installed = await npm([
    "install",
    "--prefer-offline",
    "--silent",
    join(folder, `frontrow-${VERSION}.tgz`),
  ]);
  assert.equal(installed.code, 0, installed.output);
});
after(() => rm(folder, { recursive: true, force: true }));

/** npm as a person calls it, not as the child of the npm that runs these tests. */
function npm(args: readonly string[], node = PINNED, cwd = home): Promise<Ran> {
  const nothing = Object.keys(process.env).filter((name) => /^npm_|^SUPABASE_|^NODE_/i.test(name));
  const env = Object.fromEntries(nothing.map((name) => [name, undefined]));
  const PATH = `${node}${delimiter}${process.env.PATH}`;
  return run("npm", args, { cwd, env: { ...env, PATH, npm_config_loglevel: "error" } });
}

const npx = (args: readonly string[], node: string, cwd?: string): Promise<Ran> =>
  npm(["exec", "--no", "--", "frontrow", ...args], node, cwd);

async function works(node: string): Promise<void> {
  const version = await npx(["--version"], node);
  assert.deepEqual([version.code, version.output], [0, VERSION]);
  const help = await npx(["--help"], node);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Usage: npx frontrow <verb>[\s\S]*Exit codes:/);
  const check = await npx(["check", "content", "--json"], node);
  assert.equal(check.code, 0, check.output);
  assert.deepEqual(JSON.parse(check.output), {
    files: 1,
    identical: 1,
    refused: [],
    edited_one_line: 1,
    editable: 1,
  });
  // From a folder below, as git finds its repository: past the config, and not a word more (no warning of Node's).
  const sync = await npx(SYNC, node, join(home, "content", "deep"));
  assert.equal(JSON.parse(sync.output).error.code, "HUB_UNAVAILABLE", sync.output);
  assert.equal(sync.code, EXIT.unreachable);
}

test("npx frontrow on this project's Node", () => works(PINNED));

test(`npx frontrow on Node ${OLDEST}`, async (t) => {
  const named = `node-${process.platform}-${process.arch}`;
  const place = join(folder, "oldest");
  await mkdir(place);
  await writeFile(join(place, "package.json"), '{ "private": true }\n');
  const got = await npm(["install", "--prefer-offline", "--silent", `${named}@${OLDEST}`], PINNED, place);
  if (got.code !== 0) return t.skip(`${named}@${OLDEST} cannot be fetched`);
  const node = join(place, "node_modules", named, "bin");
  assert.equal((await run(join(node, "node"), ["--version"])).output, `v${OLDEST}`);
  await works(node);
});

test("a clone, from the package: sent from one folder, fetched into another, and not a word of Node's", async (t) => {
  const garden = await startGarden();
  t.after(() => garden.stack.stop());
  assert.equal((await garden.cli(["register"])).code, EXIT.ok);
  const { stack } = garden;
  const connection = connect({ url: stack.url, key: stack.secretKey });
  const verify = createVerify(stack);
  const config = resolveConfig(gardenConfig);
  const secretKeys = [stack.secretKey];
  const app = createApiApp({
    ...connection,
    config,
    limits: {},
    url: stack.url,
    secretKeys,
    verify,
    now: Date.now,
  });
  stack.mount("frontrow-api", app.fetch);

  const program = join(home, "node_modules", "frontrow", "bin", "frontrow.js");
  const source = (await readFile(join(root, "examples", "garden", "config.ts"), "utf8"))
    .replace("../../shared/collections/mod.ts", "frontrow")
    .replace(/^import type .*\n/m, "")
    .replace("<Database>", "");
  const old = join(
    folder,
    "oldest",
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin",
    "node",
  );
  const nodes = [join(PINNED, "node"), ...(existsSync(old) ? [old] : [])];
  for (const [at, node] of nodes.entries()) {
    const place = join(folder, `clone-${at}`);
    await mkdir(join(place, "content", "users", "ann", "parts"), { recursive: true });
    await writeFile(join(place, "frontrow.config.ts"), source);
    const text = `---\nname: Part ${at}\nstatus: active\n---\nBody\n`;
    await writeFile(join(place, "content", "users", "ann", "parts", `p${at}.md`), text);
    const env = { TEAM_KEY: stack.secretKey, NODE_OPTIONS: undefined };
    const frontrow = async (...argv: string[]) => {
      const { code, output } = await run(node, [program, ...argv, "--json"], { cwd: place, env });
      assert.equal(code, EXIT.ok, output);
      // One line, of stdout and stderr together: no warning.
      return JSON.parse(output);
    };
    await frontrow("init", stack.url, "--key-variable", "TEAM_KEY", "--quiet");
    const { counts } = await frontrow("sync", "--quiet");
    assert.equal(counts.accepted, 1);
    for (let one = 0; one <= at; one++) {
      const there = await readFile(join(place, "content", "users", "ann", "parts", `p${one}.md`), "utf8");
      assert.match(there, new RegExp(`name: Part ${one}`));
    }
  }
});

test("the config is the person's: its types are right, and a broken one is told by its name", async () => {
  const types = await run(
    bin("tsc"),
    ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--types", "", "frontrow.config.ts"],
    { cwd: home },
  );
  assert.equal(types.output, "");
  const file = join(home, "broken.config.mjs");
  await writeFile(
    file,
    'import { defineConfig } from "frontrow";\nexport default defineConfig({ colections: [] });\n',
  );
  const { code, output } = await npx([...SYNC, "--config", file], PINNED);
  assert.equal(code, EXIT.usage);
  assert.equal(JSON.parse(output).error.code, "CONFIG_INVALID");
});

test("without the package in the project, as npx runs what it fetched: frontrow and zod are the program's own", async () => {
  const bare = join(folder, "bare");
  await mkdir(bare);
  await writeFile(join(bare, "frontrow.config.ts"), CONFIG);
  const program = join(home, "node_modules", "frontrow", "bin", "frontrow.js");
  const { code, output } = await run(join(PINNED, "node"), [program, ...SYNC], { cwd: bare });
  assert.deepEqual([code, JSON.parse(output).error.code], [EXIT.unreachable, "HUB_UNAVAILABLE"], output);
});

test("the repository needs no package: deno run", async () => {
  const program = join(root, "scripts", "frontrow.ts");
  const { code, output } = await run(bin("deno"), ["run", "-A", program, "check", "content", "--json"], {
    cwd: home,
  });
  assert.deepEqual([code, JSON.parse(output).files], [0, 1]);
});

test("what is packed: no source, no test, no dependency of the tests", async () => {
  const files = await readdir(join(home, "node_modules", "frontrow"), { recursive: true });
  for (const wanted of ["README.md", "LICENSE", "bin/frontrow.js", "shared/mod.d.ts"]) {
    assert.ok(files.includes(wanted), wanted);
  }
  assert.deepEqual(
    files.filter((file) => /(?<!\.d)\.ts$|test/.test(file)),
    [],
  );
});

test("a dependency that people would not get is found when the package is built", () => {
  const code =
    'import { a } from "yaml";\nimport {\n  b,\n} from "@electric-sql/pglite";\nawait import("./x.js");\n';
  assert.deepEqual(importedBy(code), ["yaml", "@electric-sql/pglite"]);
  const project = {
    name: "n",
    version: "1.0.0",
    license: "MIT",
    dependencies: { yaml: "2.9.1", zod: "4.0.0" },
  };
  assert.deepEqual(manifestOf(project, ["yaml"]).dependencies, { yaml: "2.9.1" });
  assert.throws(() => manifestOf(project, importedBy(code)), /imports @electric-sql\/pglite/);
});
