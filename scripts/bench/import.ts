/**
 * A folder of real files into rows and hub state, cold, against the floor (read + COPY), the loops that people write,
 * and other programs. All are whole processes.
 */
import { type BenchOptions, type Figures, median, round } from "./case.ts";
import { type FloorName, runFloor } from "./floor.ts";
import { type Folders, openFolders } from "./folder.ts";
import { targetsOf } from "./import-targets.ts";
import { type Lane, laneFigures, type Measured, takeTurns } from "./lanes.ts";
import { coldLane } from "./notes/cold.ts";
import { type NotesGround, openNotes, postgresIsHere } from "./notes/ground.ts";
import { waysToLoad } from "./notes/ours.ts";
import { installPeers, type PeerName, runPeer } from "./peers.ts";

const DISTANCE_MS = 20;
/** Files, where each of them costs requests. */
const FEW = 200;
/** Seconds that one run may be expected to take: the whole bench must end. */
const PATIENCE = 60;

interface Scene extends Pick<BenchOptions, "progress"> {
  ground: NotesGround;
  folders: Folders;
  runs: number;
  /** By place, then by documents. */
  measured: Record<string, Record<number, Measured>>;
  /** Sizes that would have taken too long. */
  not_tried: string[];
}

export async function bench({ root, runs = 3, progress }: BenchOptions): Promise<Figures> {
  await installPeers(progress);
  const folders = await openFolders(root);
  const measured: Scene["measured"] = {};
  const not_tried: string[] = [];
  const { distinct, left_out } = folders;
  try {
    for (const database of ["postgres", "pglite"] as const) {
      if (database === "postgres" && !(await postgresIsHere())) continue;
      const ground = await openNotes({ database });
      const scene = { ground, folders, runs, measured, not_tried, progress };
      await (database === "postgres" ? onPostgres(scene) : onPglite(scene)).finally(() => ground.stop());
    }
  } finally {
    await folders.remove();
  }
  return {
    distinct_files: distinct,
    left_out,
    not_tried,
    ...Object.fromEntries(Object.entries(measured).map(([place, sizes]) => [place, figuresOf(sizes)])),
    targets: targetsOf(measured, distinct),
  };
}

async function onPostgres(scene: Scene): Promise<void> {
  const { distinct } = scene.folders;
  const peers: PeerName[] = ["velite", "content-collections"];
  await compare(scene, "postgres", FEW, async (folder, count) =>
    (await oursLanes(scene, folder, count)).filter(({ name }) => name === "frontrow_uploads"),
  );
  await compare(scene, "postgres", distinct, async (folder, count) => [
    ...(await rowsOnly(scene, folder, count)),
    floorLane(scene, "read_copy", folder, distinct),
    floorLane(scene, "read_parse_copy", folder, distinct),
    ...peers.map((name) => peerLane(name, folder, distinct)),
    { ...peerLane("mddb", folder, distinct), runs: 1 },
    floorLane(scene, "upsert_postgres", folder, distinct),
    { ...floorLane(scene, "upsert_supabase_js", folder, distinct), runs: 2 },
  ]);
  // MarkdownDB takes more than twice as long for twice as much: one size does not say it all.
  await compare(scene, "postgres", 5000, async (folder, count) => [
    (await oursLanes(scene, folder, count))[0]!,
    { ...peerLane("mddb", folder, count), runs: 1 },
  ]);
  await compare(scene, "postgres", 10_000, async (folder, count) => [
    ...(await rowsOnly(scene, folder, count)),
    floorLane(scene, "read_copy", folder, count),
    floorLane(scene, "read_parse_copy", folder, count),
    ...peers.map((name) => peerLane(name, folder, count)),
  ]);
  await compare(scene, "postgres", 50_000, async (folder, count) => [
    (await oursLanes(scene, folder, count))[0]!,
    floorLane(scene, "read_copy", folder, count),
  ]);
  await compare(scene, "postgres_20ms", FEW, (folder, count) => [
    { ...floorLane(scene, "upsert_postgres", folder, count, DISTANCE_MS), runs: 1 },
    { ...floorLane(scene, "upsert_supabase_js", folder, count, DISTANCE_MS), runs: 1 },
  ]);
  for (const size of [distinct, 10_000]) {
    await compare(scene, "postgres_20ms", size, async (folder, count) => [
      (await oursLanes(scene, folder, count, DISTANCE_MS))[0]!,
      floorLane(scene, "read_copy", folder, count, DISTANCE_MS),
    ]);
  }
}

async function onPglite(scene: Scene): Promise<void> {
  for (const size of [scene.folders.distinct, 10_000])
    await compare({ ...scene, runs: 1 }, "pglite", size, async (folder, count) =>
      (await oursLanes(scene, folder, count)).slice(0, 1),
    );
}

/** Measures one size, unless the last one says that it would take too long. */
async function compare(
  { folders, measured, not_tried, runs, progress }: Scene,
  place: string,
  count: number,
  lanesOf: (folder: string, count: number) => Promise<Lane[]> | Lane[],
): Promise<void> {
  const sizes = measured[place] ?? {};
  measured[place] = sizes;
  const before = Math.max(
    ...Object.keys(sizes)
      .map(Number)
      .filter((size) => sizes[size]!.get("frontrow")?.wholes.length),
  );
  if (before > 0) {
    const expected =
      (median(sizes[before]!.get("frontrow")!.wholes.map(({ seconds }) => seconds)) * count) / before;
    if (expected > PATIENCE) {
      not_tried.push(`${place}, ${count} files: one run would take some ${round(expected)} s`);
      return;
    }
  }
  const lanes = await lanesOf(await folders.of(count), count);
  sizes[count] = await takeTurns(lanes, runs, {
    progress: (message) => progress(`${place}, ${count} files: ${message}`),
  });
}

/** The fastest way first, called `frontrow`; the slowest writes the bucket as well. */
async function oursLanes(
  { ground }: Scene,
  folder: string,
  documents: number,
  roundTrip = 0,
): Promise<Lane[]> {
  return waysToLoad(ground).map((way, index) => {
    const name = index === 0 ? "frontrow" : `frontrow_${way}`;
    return coldLane({
      name,
      ground,
      folder,
      documents,
      roundTrip,
      way,
      ...(way === "uploads" ? { runs: 1 } : {}),
    });
  });
}

async function rowsOnly(scene: Scene, folder: string, documents: number): Promise<Lane[]> {
  return (await oursLanes(scene, folder, documents)).filter(({ name }) => name !== "frontrow_uploads");
}

function floorLane(
  { ground }: Scene,
  name: FloorName,
  folder: string,
  documents: number,
  roundTrip = 0,
): Lane {
  return { name, run: () => runFloor(name, ground, folder, documents, roundTrip) };
}

function peerLane(name: PeerName, folder: string, documents: number): Lane {
  return { name, run: () => runPeer(name, folder, documents) };
}

function figuresOf(sizes: Record<number, Measured>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sizes).map(([count, lanes]) => [
      count,
      Object.fromEntries([...lanes].map(([name, runs]) => [name, laneFigures(runs, Number(count))])),
    ]),
  );
}
