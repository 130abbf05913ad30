/** The local stack in front of the tortured database, and the bell its workers wait at. */
import { join } from "node:path";
import { type Stack, startStack } from "../local/stack.ts";
import { type Bodies, folderBodies } from "../local/storage/bodies.ts";
import { endWithParent, inputOf, surviveCutConnections, tell } from "./children.ts";
import { type Random, seeded } from "./random.ts";

export interface StackInput {
  databaseUrl: string;
  folder: string;
  seed: number;
}

/** What the process says once it serves … */
export interface StackReady {
  url: string;
  secretKey: string;
}

/** … and whenever the doorbell is rung. */
export interface StackRing {
  isLost: boolean;
}

/** Half of all rings get lost: correctness must not depend on them. */
const LOST_RINGS = 0.5;
/** How long a worker waits for the bell, ms: what the sweep's period is in a project. */
const PATIENCE = 700;

/** Starts the stack. What is ever uploaded stays in the attic, under its version, so that nothing can be lost unseen. */
export async function openStack(
  { databaseUrl, folder, seed }: StackInput,
  onRing: (ring: StackRing) => void = () => {},
): Promise<Stack> {
  const bell = makeBell(seeded(seed), onRing);
  const stack = await startStack({
    databaseUrl,
    dataDir: folder,
    functions: { "frontrow-sync": bell.ring, "torture-bell": bell.wait },
  });
  keepAll(stack.storage.bodies, await openAttic(folder));
  return stack;
}

export const openAttic = (folder: string): Promise<Bodies> => folderBodies(join(folder, "attic"));

function keepAll(bodies: Bodies, attic: Bodies): void {
  const put = bodies.put;
  bodies.put = async (version, bytes) => {
    await attic.put(version, bytes);
    await put(version, bytes);
  };
}

function makeBell(random: Random, onRing: (ring: StackRing) => void) {
  const waiting = new Set<() => void>();
  return {
    ring: () => {
      const isLost = random.chance(LOST_RINGS);
      onRing({ isLost });
      if (!isLost) for (const wake of waiting) wake();
      return new Response(null, { status: 202 });
    },
    wait: () =>
      new Promise<Response>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve(new Response(null, { status: 204 }));
        };
        const timer = setTimeout(wake, PATIENCE);
        waiting.add(wake);
      }),
  };
}

if (import.meta.main) {
  endWithParent();
  surviveCutConnections();
  const { url, secretKey } = await openStack(inputOf<StackInput>(), tell);
  tell({ url, secretKey } satisfies StackReady);
}
