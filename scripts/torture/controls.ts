/** The controls: naive designs that the same oracle must find fault with. An oracle that never complains proves nothing. */
import { drainInOrder } from "../testing/effects.ts";
import { endWaits } from "../testing/garden.ts";
import { type Arena, openArena } from "./arena.ts";
import type { Cluster } from "./cluster.ts";
import { gather } from "./gather.ts";
import { lateApply, lateCommit, lateUpload, oppositeOrder, type Scene } from "./scenes.ts";
import { countsOf } from "./torture.ts";
import { judge } from "./verdict.ts";

interface Control {
  scene: Scene;
  /** The protections that are missing (scripts/testing/mutations.ts). */
  mutations: readonly string[];
}

export const CONTROLS: Readonly<Record<string, Control>> = {
  "cursor-over-id": { scene: lateCommit, mutations: [] },
  "upsert-in-trigger": { scene: oppositeOrder, mutations: [] },
  // The token alone can be spared: what the plan was made from is checked, too. Who believes a late worker checks neither.
  "no-fence": {
    scene: lateApply,
    mutations: [
      "the lease's token in apply",
      "the hub's revision",
      "the object's version",
      "the row's hash before a write",
    ],
  },
  "no-cas": { scene: lateUpload, mutations: ["the fence on uploads"] },
};

export interface ControlOptions {
  cluster: Cluster;
  /** Made for it. */
  database: string;
}

/** Plays a control's scene on the hub without its protection. */
export async function playControl(name: string, { cluster, database }: ControlOptions) {
  const { scene, mutations } = CONTROLS[name]!;
  return await inArena({ cluster, database, mutations }, async (arena) => {
    await finish(arena, scene, true);
  });
}

/** Plays all scenes on the hub as it is: nothing may be found. */
export async function playProtected(options: ControlOptions) {
  return await inArena({ ...options, mutations: [] }, async (arena) => {
    for (const { scene } of Object.values(CONTROLS)) await finish(arena, scene, false);
  });
}

async function inArena(
  options: ControlOptions & { mutations: readonly string[] },
  play: (arena: Arena) => Promise<void>,
) {
  const { cluster } = options;
  const arena = await openArena({ ...options, here: true, seed: 1 });
  try {
    const before = await cluster.deadlocks(arena.sql);
    await play(arena);
    const deadlocks = (await cluster.deadlocks(arena.sql)) - before;
    return { ...countsOf(judge(await gather(arena))), deadlocks };
  } finally {
    await arena.close();
  }
}

/** Everybody gets their time: leases end, and what is due is drained. */
async function finish(arena: Arena, scene: Scene, isNaive: boolean): Promise<void> {
  const engine = await scene(arena, isNaive);
  for (let round = 0; round < 3; round++) {
    await endWaits(arena.sql);
    await drainInOrder(engine);
  }
}
