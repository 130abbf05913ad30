/**
 * One developer of `npm run e2e -- team`: edits files as an editor does, syncs, is offline for a while, decides about
 * conflicts. It may be killed at any moment and is started again; what it meant to do stands in its journal first.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { absorb } from "../../../shared/replica/absorb.ts";
import type { ConnectedClone } from "../../../shared/replica/clone.ts";
import { createCloneIds } from "../../../shared/replica/ids.ts";
import type { LocalDecision } from "../../../shared/replica/local-hub.ts";
import { createOrigin } from "../../../shared/replica/origin.ts";
import { settleDocument } from "../../../shared/replica/settle.ts";
import { syncClone } from "../../../shared/replica/sync.ts";
import { openClone } from "../../replica/open.ts";
import { seeded } from "../../torture/random.ts";
import { loadTeamConfig } from "./config.ts";
import type { JournalEntry } from "./evidence.ts";

const [folder, url, key, name, seed, rounds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];

/** Documents that everybody edits. */
const HOT = 20;
/** One line for each edit: what was written, into which file. */
const journal = join(folder, ".journal");
const author = `${name}@example.org`;
let isOnline = true;
const origin = createOrigin({
  url,
  key,
  author,
  fetch: (input, init) => (isOnline ? fetch(input, init) : Promise.reject(new TypeError("offline"))),
});
const clone = await openClone({ root: folder, config: await loadTeamConfig(), author });
const connected: ConnectedClone = { ...clone, origin };
const { hub } = clone;
const done = Number(hub.get("e2e_rounds") ?? "0");
/** Each start draws anew, so that a kill is not met again at the same place. */
const starts = Number(hub.get("e2e_starts") ?? "0") + 1;
hub.set("e2e_starts", String(starts));
const random = seeded(Number(seed) * 1000 + starts);
let offlineFor = 0;

for (let round = done; round < Number(rounds); round++) {
  if (offlineFor === 0 && random.chance(0.2)) offlineFor = random.between(1, 4);
  isOnline = offlineFor === 0;
  if (offlineFor > 0) offlineFor--;
  if (random.chance(0.8)) await syncClone(connected);
  else await absorb(clone);
  await decide();
  const paths = hub.entries().filter(({ deleted, directory }) => !deleted && directory !== null);
  for (let edits = random.between(1, 4); edits > 0; edits--) {
    if (paths.length === 0 || random.chance(0.1)) await create(`${name}x${starts}x${round}x${edits}`);
    // Each document once in a round: only what is in the hub may be written over.
    else edit(paths.splice(pick(paths.length), 1)[0]!.path, `${name}x${starts}x${round}x${edits}`);
  }
  hub.set("e2e_rounds", String(round + 1));
}
isOnline = true;
await syncClone(connected);
clone.close();

/** Half of the time one of the few that everybody is at. */
function pick(count: number): number {
  return random.between(0, (random.chance(0.5) ? Math.min(count, HOT) : count) - 1);
}

async function decide(): Promise<void> {
  for (const conflict of hub.conflicts("open")) {
    if (random.chance(0.5)) continue;
    const { ours, theirs, overlapping, id } = conflict;
    const side = (): "ours" | "theirs" => (random.chance(0.5) ? "ours" : "theirs");
    const decision: LocalDecision =
      ours !== null && theirs !== null && random.chance(0.3)
        ? { fields: Object.fromEntries(overlapping.map((label) => [label, side()])) }
        : { keep: side() };
    hub.decide(id, decision, author);
    await settleDocument(clone, { collection: conflict.collection, path: conflict.path });
  }
}

/** As `frontrow new` does: the id first, then the file. */
async function create(token: string): Promise<void> {
  const id = await createCloneIds(clone, isOnline ? origin : null).next("stories");
  note({ token: null, path: id, kind: "id" });
  save(
    `stories/${id}.md`,
    `---\ntitle: N${token}\nteam: e2e\nstatus: open\n---\n\nMade by ${name}.\n`,
    `N${token}`,
    "field",
  );
}

function edit(path: string, token: string): void {
  const file = join(folder, path);
  if (!existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  if (random.chance(0.01)) {
    rmSync(file);
    note({ token: null, path, kind: "deleted" });
    return;
  }
  if (random.chance(0.5)) {
    const changed = text.replace(/^title: .*$/m, `title: F${token}`);
    if (changed !== text) save(path, changed, `F${token}`, "field");
    return;
  }
  const lines = text.split("\n");
  const header = lines.indexOf("---", 1);
  const at = random.between(header + 1, lines.length);
  lines.splice(at, 0, `- B${token}`);
  save(path, lines.join("\n"), `B${token}`, "body");
}

/** Whole or not at all, as editors do. */
function save(path: string, text: string, token: string, kind: "field" | "body"): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.e2e-tmp`;
  writeFileSync(beside, text);
  renameSync(beside, file);
  note({ token, path, kind });
}

function note(entry: JournalEntry): void {
  appendFileSync(journal, `${JSON.stringify(entry)}\n`);
}
