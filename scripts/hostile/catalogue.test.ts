/**
 * Every line of the hostile-input catalogue on every layer it is about: the codec, the functions over HTTP, and the
 * engine from Storage to Postgres. `npm test -- hostile` shows the list.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { note } from "../testing/note.ts";
import { CATALOGUE } from "./catalogue.ts";
import {
  checkCodec,
  checkEditedRows,
  checkEngine,
  checkHttp,
  checkNeighbours,
  placed,
  plantFiles,
} from "./files.ts";
import { LAYERS, type Layer, type Line, outcomeOf } from "./line.ts";
import { startWorld, type World } from "./world.ts";

const FILES = placed(CATALOGUE);
const passed = new Map<string, Set<Layer>>();
let world: World;

before(async () => {
  world = await startWorld();
  await plantFiles(world, FILES);
});
after(async () => {
  await world?.stop(); // undefined when it could not start
  for (const line of CATALOGUE) note(shown(line));
});

function filesOf({ id }: Line) {
  return FILES.filter(({ slug }) => slug.startsWith(`${id.toLowerCase()}-`));
}

function isAbout(line: Line, layer: Layer): boolean {
  return line[layer] !== undefined || (line.files?.length ?? 0) > 0;
}

async function check(line: Line, layer: Layer): Promise<void> {
  for (const file of filesOf(line)) {
    if (layer === "codec") checkCodec(file);
    else if (layer === "http") await checkHttp(world, file);
    else await checkEngine(world, file);
  }
  if (layer === "codec") await line.codec?.();
  else await line[layer]?.(world);
}

/** `H13 NUL in body … quarantined nul-byte (line 4)  codec✓ http✓ db✓`. */
function shown(line: Line): string {
  const marks = LAYERS.map((layer) => {
    if (!isAbout(line, layer)) return `${layer}–`;
    return `${layer}${passed.get(line.id)?.has(layer) ? "✓" : "✗"}`;
  });
  return `${line.id.padEnd(3)} ${line.title} … ${outcomeOf(line)}  ${marks.join(" ")}`;
}

// The engine before the functions, as those mark documents anew; single tests run in the order they are written.
for (const layer of ["codec", "db", "http"] as const) {
  describe(layer, () => {
    for (const line of CATALOGUE) {
      if (!isAbout(line, layer)) continue;
      test(`${line.id} ${line.title}`, async () => {
        await check(line, layer);
        passed.set(line.id, (passed.get(line.id) ?? new Set()).add(layer));
      });
    }
  });
}

test("the other documents went on", () => checkNeighbours(world));
test("an edited row does not write over a file that cannot be read", () => checkEditedRows(world, FILES));
test("nothing was run, and no object has a new property", () => {
  assert.equal((globalThis as Record<string, unknown>).canary, undefined);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

const PAGE = new URL("../../../shared/design/reliability.md", import.meta.url);

const words = (text: string) => new Set(text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? []);

test("H1 to H55 are there, once each and in order", () => {
  assert.deepEqual(
    CATALOGUE.map(({ id }) => id),
    Array.from({ length: 55 }, (_, index) => `H${index + 1}`),
  );
});

test("every line is tried on a layer at least; what is not yet there says why", () => {
  for (const line of CATALOGUE) {
    const tried = (line.files?.length ?? 0) > 0 || LAYERS.some((layer) => line[layer] !== undefined);
    assert.ok(tried, `${line.id} is tried nowhere`);
    if (line.notYet !== undefined) assert.ok(line.notYet.length > 20, `${line.id} gives no reason`);
    if (line.files === undefined) assert.ok(line.outcome ?? line.notYet, `${line.id} has no outcome`);
  }
});

test("each line is about what the page says under its number", async (t) => {
  const page = await readFile(PAGE, "utf8").catch(() => null);
  if (page === null) return t.skip("the design pages are not beside the project");
  const rows = new Map([...page.matchAll(/^\| (H\d+) \| (.+?) \|/gm)].map(([, id, input]) => [id!, input!]));
  assert.equal(rows.size, 55);
  const strange = CATALOGUE.filter(({ id, title }) => {
    const theirs = words(rows.get(id)!);
    return ![...words(title)].some((word) => theirs.has(word));
  });
  assert.deepEqual(
    strange.map(({ id, title }) => `${id}: "${title}" is not "${rows.get(id)}"`),
    [],
  );
});
