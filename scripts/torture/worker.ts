/** One worker process: the real loop over HTTP, with a short lease, that stalls now and then for longer than it holds. */
import { setTimeout as pause } from "node:timers/promises";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { bind } from "../../shared/sync/binding.ts";
import { connect } from "../../shared/sync/connect.ts";
import type { Result } from "../../shared/sync/pass.ts";
import { drain } from "../../shared/sync/worker.ts";
import { type Run, withEffects } from "../testing/effects.ts";
import { endWithParent, inputOf, tell } from "./children.ts";
import { config } from "./config.ts";
import { seeded } from "./random.ts";

export interface WorkerInput {
  url: string;
  key: string;
  seed: number;
  leaseSeconds: number;
}

/** What it says: that it is at work, documents it leased, effects it stalled at, writes of its that were refused as something had moved. */
export type WorkerMessage = { ready: true } | { leases: number } | { stall: string } | { refused: number };

/** How often it stalls before an effect, and after one, before it looks at the answer. */
const STALLS = { before: 0.01, after: 0.01 };
/** Between an upload and its confirmation a stall hurts most. */
const HURTS: Record<string, number> = { write: 4, remove: 8, confirm: 4, apply: 2 };

async function work({ url, key, seed, leaseSeconds }: WorkerInput): Promise<never> {
  const random = seeded(seed);
  const { hub, bucket } = connect({ url, key });
  const stall = async (effect: string, probability: number) => {
    if (!random.chance(probability * (HURTS[effect] ?? 1))) return;
    tell({ stall: effect } satisfies WorkerMessage);
    await pause(leaseSeconds * 1000 * (1.1 + random.next()));
  };
  const run: Run = async (effect, call) => {
    await stall(effect, STALLS.before);
    const answer = await call();
    if (effect === "claim") {
      const { length } = answer as unknown[];
      if (length > 0) tell({ leases: length } satisfies WorkerMessage);
    }
    await stall(effect, STALLS.after);
    return answer;
  };
  let bindings: Awaited<ReturnType<typeof bind>> | null = null;
  for (;;) {
    try {
      if (bindings === null) {
        bindings = await bind(resolveConfig(config), await hub.registered());
        tell({ ready: true } satisfies WorkerMessage);
      }
      await drain({
        ...withEffects({ hub, bucket, bindings }, run),
        cause: "torture",
        leaseSeconds,
        onResults: tellRefusals,
        limits: { linger: 200, documents: 8, cpu: Number.POSITIVE_INFINITY },
      });
      await fetch(`${url}/functions/v1/torture-bell`, { method: "POST" }).then((bell) => bell.body?.cancel());
    } catch {
      // The database is down or the connection was cut: what was claimed falls free when its lease runs out.
      await pause(50);
    }
  }
}

function tellRefusals(results: readonly Result[]): void {
  const refused = results.filter(({ outcome }) => outcome === "stale" || outcome === "fenced").length;
  if (refused > 0) tell({ refused } satisfies WorkerMessage);
}

if (import.meta.main) {
  endWithParent();
  await work(inputOf<WorkerInput>());
}
