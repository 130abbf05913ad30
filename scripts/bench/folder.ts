/** Folders of real markdown to measure on. */
import { copyFile, link, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import matter from "gray-matter";
import { parse as parseYaml } from "yaml";
import { decode, parseDocument } from "../../shared/document/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { pooled } from "../../shared/sync/pool.ts";
import { markdownFiles } from "../check/check-directory.ts";

export interface Folders {
  /** Different real files. */
  distinct: number;
  /** Files that ours, gray-matter or yaml cannot read, by whom first: most of those measured would stop there. */
  left_out: Record<string, number>;
  /**
   * A folder of that many files, the real ones again and again under new names; all end in `.md`. Made once; the files
   * are hard links among themselves, so never write into one: remove it first.
   */
  of(count: number): Promise<string>;
  remove(): Promise<void>;
}

/** @param root where real markdown is; it is only read */
export async function openFolders(root: string): Promise<Folders> {
  const home = await mkdtemp(join(tmpdir(), "frontrow-bench-"));
  const names: string[] = [];
  const left_out: Record<string, number> = {};
  for (const path of await markdownFiles(root)) {
    const below = relative(root, path);
    // Everybody's walk leaves out dot folders; the corpora's own README says where they are from.
    if (below === "README.md" || /(^|\/)\./.test(below)) continue;
    const refuser = refuserOf(await readFile(path));
    if (refuser !== null) {
      left_out[refuser] = (left_out[refuser] ?? 0) + 1;
      continue;
    }
    const name = nameOf(below);
    await mkdir(dirname(join(home, "originals", name)), { recursive: true });
    await copyFile(path, join(home, "originals", name));
    names.push(name);
  }
  if (names.length === 0) throw new Error(`Cannot measure imports, as no markdown is below ${root}.`);
  names.sort();
  const made = new Map<number, Promise<string>>();

  async function make(count: number): Promise<string> {
    const folder = join(home, String(count));
    const wanted = Array.from({ length: count }, (_, index) => {
      const name = names[index % names.length]!;
      const round = Math.floor(index / names.length);
      return { name, path: join(folder, round === 0 ? "." : `again${round}`, name) };
    });
    for (const parent of new Set(wanted.map(({ path }) => dirname(path))))
      await mkdir(parent, { recursive: true });
    await pooled(wanted, 16, async ({ name, path }) => await link(join(home, "originals", name), path));
    return folder;
  }

  return {
    distinct: names.length,
    left_out,
    of(count) {
      const known = made.get(count) ?? make(count);
      made.set(count, known);
      return known;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** One ending, and no file that begins with `_`: velite leaves those out. */
function nameOf(path: string): string {
  const plain = path.replace(/(^|\/)_(?=[^/]*$)/, "$1under-");
  return plain.endsWith(".md") ? plain : `${plain}.md`;
}

function refuserOf(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = decode(bytes);
    parseDocument(text);
  } catch (error) {
    if (error instanceof FrontrowError) return "frontrow";
    throw error;
  }
  try {
    // A header that is one text has no fields; MarkdownDB stops there.
    if (typeof matter(text, {}).data !== "object") return "gray-matter";
  } catch {
    return "gray-matter";
  }
  try {
    parseYaml(/^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? "", { logLevel: "error" });
  } catch {
    return "yaml";
  }
  return null;
}
