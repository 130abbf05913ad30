/** Runs command lines in this process, as the tests of the verbs do. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "../../shared/sync/connect.ts";
import { type Stack, type StackOptions, startStack } from "../local/stack.ts";
import type { Io } from "./frame/io.ts";
import { run } from "./frame/run.ts";

export const root = join(import.meta.dirname!, "..", "..");

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  json: any;
}

/** Runs one command line; with `--json`, checks that stdout is one line with one object. */
export async function cli(argv: readonly string[], over: Partial<Io> = {}): Promise<Ran> {
  const ran: Ran = { code: -1, stdout: "", stderr: "", json: undefined };
  const io: Io = {
    stdout: (text) => {
      ran.stdout += text;
    },
    stderr: (text) => {
      ran.stderr += text;
    },
    stdin: () => Promise.resolve(new Uint8Array()),
    colour: { stdout: false, stderr: false },
    isTerminal: false,
    columns: 100,
    environment: {},
    root,
    folder: root,
    program: "frontrow",
    ask: null,
    interruption: () => new AbortController().signal,
    ...over,
  };
  ran.code = await run(argv, io);
  if (argv.includes("--json")) {
    assert.match(ran.stdout, /^\{.*\}\n$/, `one line of JSON: ${ran.stdout} ${ran.stderr}`);
    ran.json = JSON.parse(ran.stdout);
  }
  return ran;
}

export interface Garden {
  stack: Stack;
  environment: Record<string, string>;
  /** Runs one command line against this stack. */
  cli(argv: readonly string[], over?: Partial<Io>): Promise<Ran>;
  put(path: string, text: string): Promise<void>;
  served(path: string): Promise<string | null>;
}

/** A stack with the migrations and the garden's table, and nothing registered. */
export async function startGarden(options: StackOptions = {}): Promise<Garden> {
  const stack = await startStack({ cron: false, pgNet: "off", ...options });
  await stack.migrate(join(root, "supabase", "migrations"));
  const schema = await readFile(join(root, "examples", "garden", "schema.sql"), "utf8");
  // As on hosted Supabase: the user's tables belong to the role that installed Frontrow, and not to a superuser.
  await stack.sql.transaction(async (tx) => {
    await tx.exec("set local role hosted_postgres");
    await tx.exec(schema);
  });
  const environment = { SUPABASE_URL: stack.url, SUPABASE_SECRET_KEY: stack.secretKey };
  const { client } = connect({ url: stack.url, key: stack.secretKey });
  const content = client.storage.from("content");
  return {
    stack,
    environment,
    async cli(argv, over = {}) {
      const ran = await cli(argv, { environment, ...over });
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes(stack.secretKey), "the key must not be printed");
      return ran;
    },
    async put(path, text) {
      const options = { upsert: true, contentType: "text/markdown" };
      const { error } = await content.upload(path, new TextEncoder().encode(text), options);
      assert.equal(error, null);
    },
    async served(path) {
      const { data } = await content.download(path, { cacheNonce: crypto.randomUUID() });
      return data === null ? null : await data.text();
    },
  };
}

/** A new folder with these files. */
export async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-cli-"));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
