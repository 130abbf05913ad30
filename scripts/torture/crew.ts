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
  /** Resolves once all of the first ones are at work. */
  ready: Promise<unknown>;
  /** SIGKILL to one that is at work, and a new one in its place. Does nothing while none is. */
  killOne(): Promise<void>;
  /** SIGKILL to all. */
  dismiss(): Promise<void>;
}

export interface CrewOptions {
  workers: number;
  leaseSeconds: number;
  random: Random;
}

export function hire({ url, key }: Arena, { workers, leaseSeconds, random }: CrewOptions): Crew {
  const places: Child[] = [];
  const atWork = new Set<number>();
  let dismissed = false;
  const start = (place: number) =>
    new Promise<void>((ready) => {
      const input: WorkerInput = { url, key, leaseSeconds, seed: random.between(0, 2 ** 31) };
      places[place] = startChild({
        module: "./worker.ts",
        input,
        onMessage(message: WorkerMessage) {
          if ("leases" in message) crew.leases += message.leases;
          else if ("refused" in message) crew.refused += message.refused;
          else if ("stall" in message) crew.stalls++;
          else {
            atWork.add(place);
            ready();
          }
        },
        onExit(words) {
          if (!dismissed) throw new Error(`a worker ended by itself:\n${words}`);
        },
      });
    });
  const crew: Crew = {
    leases: 0,
    stalls: 0,
    refused: 0,
    kills: 0,
    ready: Promise.all(Array.from({ length: workers }, (_, place) => start(place))),
    async killOne() {
      if (atWork.size === 0) return;
      const place = random.pick([...atWork]);
      atWork.delete(place);
      await places[place]!.kill();
      crew.kills++;
      if (!dismissed) void start(place);
    },
    async dismiss() {
      dismissed = true;
      await Promise.all(places.map((child) => child.kill()));
    },
  };
  return crew;
}
