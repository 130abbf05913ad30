/** The workers: so many processes at any time; one that is killed is replaced. */
import type { Arena } from "./arena.ts";
import { type Child, startChild } from "./children.ts";
import type { Random } from "./random.ts";
import type { WorkerInput, WorkerMessage } from "./worker.ts";

export interface Crew {
  /** Documents leased so far. */
  leases: number;
  /** Stalls past the lease so far. */
  stalls: number;
  /** Writes refused so far, because a lease was lost or something had moved. */
  refused: number;
  kills: number;
  /** SIGKILL to one of them, and a new one in its place. */
  killOne(): Promise<void>;
  /** SIGKILL to all. */
  dismiss(): Promise<void>;
}

export function hire(
  { url, key }: Arena,
  { workers, leaseSeconds, random }: { workers: number; leaseSeconds: number; random: Random },
): Crew {
  const places: Child[] = [];
  let dismissed = false;
  const start = (place: number) => {
    const input: WorkerInput = { url, key, leaseSeconds, seed: random.between(0, 2 ** 31) };
    places[place] = startChild({
      module: "./worker.ts",
      input,
      onMessage(message: WorkerMessage) {
        if ("leases" in message) crew.leases += message.leases;
        else if ("refused" in message) crew.refused += message.refused;
        else crew.stalls++;
      },
      onExit: () => {
        if (!dismissed) start(place);
      },
    });
  };
  const crew: Crew = {
    leases: 0,
    stalls: 0,
    refused: 0,
    kills: 0,
    async killOne() {
      const place = random.between(0, places.length - 1);
      await places[place]!.kill();
      crew.kills++;
      if (!dismissed) start(place);
    },
    async dismiss() {
      dismissed = true;
      await Promise.all(places.map((child) => child.kill()));
    },
  };
  for (let place = 0; place < workers; place++) start(place);
  return crew;
}
