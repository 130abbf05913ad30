/**
 * Other programs that make something queryable of a folder of markdown. They are installed when they are first asked
 * for, into `peers/node_modules`.
 */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { NODE, runWhole, type Whole } from "./whole.ts";

const home = fileURLToPath(new URL("peers", import.meta.url));
const modules = join(home, "node_modules");

interface Peer {
  command(folder: string): string[];
  /** How many documents are in what it made in `output`. */
  count(output: string): Promise<number>;
}

const text = (path: string): Promise<string> => readFile(path, "utf8");

const PEERS = {
  /** gray-matter and a syntax tree of the body → SQLite. Its Postgres backend does not work. */
  mddb: {
    command: (folder) => [join(modules, "mddb/dist/src/bin/index.js"), folder],
    count: async (output) => JSON.parse(await text(join(output, ".markdowndb/files.json"))).length,
  },
  /** yaml → one JSON file. */
  velite: {
    command: () => [
      join(modules, "velite/bin/velite.js"),
      "build",
      "-c",
      join(home, "velite.config.mjs"),
      "--silent",
    ],
    count: async (output) => JSON.parse(await text(join(output, "notes.json"))).length,
  },
  /** gray-matter and zod → one JavaScript file. */
  "content-collections": {
    command: () => [join(home, "content-collections.mjs")],
    count: async (output) => (await text(join(output, "allNotes.js"))).split('"_meta": {').length - 1,
  },
} satisfies Record<string, Peer>;

export type PeerName = keyof typeof PEERS;
export const peerNames = Object.keys(PEERS) as PeerName[];

/** One cold run. @throws {Error} when it fails or leaves documents out */
export async function runPeer(name: PeerName, folder: string, documents: number): Promise<Whole> {
  const peer: Peer = PEERS[name];
  const output = await mkdtemp(join(tmpdir(), "frontrow-bench-peer-"));
  try {
    const whole = await runWhole([NODE, ...peer.command(folder)], {
      cwd: output,
      env: { BENCH_FOLDER: folder, BENCH_OUTPUT: output, BENCH_PEERS: home, NODE_ENV: "production" },
    });
    const made = await peer.count(output);
    if (made !== documents) throw new Error(`${name} made ${made} of ${documents} documents`);
    return whole;
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** Installs what `peers/package-lock.json` names; takes a minute or two, once. */
export async function installPeers(progress: (message: string) => void): Promise<void> {
  const isHere = await stat(join(modules, ".package-lock.json")).then(
    () => true,
    () => false,
  );
  if (isHere) return;
  progress("installing MarkdownDB, Velite and content-collections …");
  // Not `npm ci`: it refuses a lockfile without download addresses.
  await runWhole(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: home,
    patience: 900,
    env: { PATH: `${dirname(NODE)}${delimiter}${process.env.PATH ?? ""}` },
  });
}
