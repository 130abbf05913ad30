import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname!, "..", "..");
const FOLDERS = ["shared", "sql", "functions", "scripts", "examples"];

export interface Discovered {
  /** Run by Deno: every `*.test.ts` that is not in `postgres`. Paths from the project's root, sorted. */
  deno: string[];
  /** Run by Node as well: those that import nothing of ours from outside shared/. */
  node: string[];
  /** Run by Deno again with `DATABASE_URL` at a real PostgreSQL: those that start a stack which honours it. */
  database: string[];
  /** `*.pg.test.ts`: need a real PostgreSQL and start it themselves. */
  postgres: string[];
}

/** What a test imports when it does as `DATABASE_URL` says. */
const HONOUR_DATABASE_URL = ["scripts/testing/garden.ts", "scripts/local/test-target.ts"];

/** What is tested there is beside the database; `e2e -- team` plays it on PostgreSQL. */
const ONCE = ["scripts/replica/", "examples/brain/", "examples/team-cache/"];

/** Finds the test files: all, those at or under `paths`, or those with such a word in their path (`hostile`). */
export async function discover(paths: readonly string[] = []): Promise<Discovered> {
  const lists = await Promise.all(FOLDERS.map((folder) => testFiles(join(root, folder))));
  const files = lists
    .flat()
    .map((file) => relative(root, file))
    .sort();
  const chosen = paths.length === 0 ? files : files.filter((file) => paths.some(chooses(files, file)));
  const postgres = chosen.filter((file) => file.endsWith(".pg.test.ts"));
  const deno = chosen.filter((file) => !file.endsWith(".pg.test.ts"));
  const graphs = new Map(await Promise.all(deno.map(async (file) => [file, await importsOf(file)] as const)));
  const staysInShared = (file: string) => [...graphs.get(file)!].every((name) => name.startsWith("shared/"));
  const honours = (file: string) =>
    !ONCE.some((folder) => file.startsWith(folder)) &&
    HONOUR_DATABASE_URL.some((name) => graphs.get(file)!.has(name));
  return { deno, node: deno.filter(staysInShared), database: deno.filter(honours), postgres };
}

/** What is neither a file nor a folder here is looked for in the whole path. */
function chooses(files: readonly string[], file: string): (path: string) => boolean {
  const isAt = (path: string, one: string) => path === "" || one === path || one.startsWith(`${path}/`);
  return (given) => {
    const path = relative(root, resolve(given));
    if (files.some((one) => isAt(path, one))) return isAt(path, file);
    return file.includes(given);
  };
}

async function testFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith(".test.ts") && !entry.parentPath.includes("node_modules"),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The file and everything it imports by a relative path, directly or not. */
async function importsOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = await readFile(join(root, file), "utf8").catch(() => "");
  for (const [, specifier] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']+\.ts)["']/g)) {
    await importsOf(join(dirname(file), specifier!), seen);
  }
  return seen;
}
