/** The engine at work: whole runs, runs that die or lose an answer, and workers that go forward one effect at a time. */

import type { Clock } from "../../shared/sync/budget.ts";
import { Crash, drainInOrder, fated, isCrash, Puppet, type Run, withEffects } from "../testing/effects.ts";
import type { Fate } from "./commands.ts";
import type { Scene } from "./scene.ts";
import { engineOf } from "./watch.ts";

const YEAR = 365 * 86_400_000;
/** Documents of one claim: few, so that a run has more than one. */
const DOCUMENTS = 2;
/** A run with more effects than this does not end. */
const ENDLESS = 400;

/** The workers' own clock: the database's, wrong by years where that is asked for. */
function clockOf(scene: Scene): Clock {
  return { now: () => scene.arena.now() + scene.skew * YEAR, sleep: () => Promise.resolve() };
}

/** What is odd about the documents themselves: one throws in the worker's hands, another takes the worker with it. */
function hazards(scene: Scene, actor: string): Run {
  let isDead = false;
  return async (effect, call, path) => {
    if (isDead) throw new Crash();
    scene.watch.actor = actor;
    if (effect === "read" && path !== undefined && scene.killers.has(path)) {
      isDead = true;
      scene.watch.trace.push(`${actor} dies of ${path}`);
      scene.coverage.note("fault", "killed by a document");
      throw new Crash();
    }
    if (effect === "read" && path !== undefined && scene.poison.has(path)) {
      scene.coverage.note("fault", "poison");
      throw new Error("poison");
    }
    return await call();
  };
}

export interface Mishap {
  /** Counted from 1. */
  effect: number;
  what: "dies before" | "dies after" | Exclude<Fate, "done">;
}

/** Drains until nothing is due, or until the mishap ends the worker. Answers how many effects it had. */
export async function run(
  scene: Scene,
  mishap: Mishap | null = null,
  documents = DOCUMENTS,
): Promise<number> {
  let count = 0;
  let isDead = false;
  const hazard = hazards(scene, "run");
  const around: Run = async (effect, call, path) => {
    if (isDead) throw new Crash();
    if (++count > ENDLESS) {
      scene.watch.fail("I13", `a run does not end: ${scene.watch.trace.slice(-8).join("; ")}`);
      isDead = true;
      throw new Crash();
    }
    const what = count === mishap?.effect ? mishap.what : null;
    if (what !== null) scene.coverage.note("crash point", `${what} ${effect}`);
    if (what === "dies before" || what === "dies after") {
      isDead = true;
      scene.watch.actor = "run";
      if (what === "dies after") await call().catch(() => undefined);
      scene.watch.trace.push(`run ${what} ${effect}`);
      throw new Crash();
    }
    return await hazard(effect, () => fated(what ?? "done", effect, call, path), path);
  };
  try {
    await drainInOrder(withEffects(engineOf(scene.arena, scene.watch), around), documents, clockOf(scene));
  } catch (error) {
    if (!isCrash(error) && !isUnanswered(error)) throw error;
  }
  return count;
}

/** A hub that did not answer ends a run; that is no defect. */
function isUnanswered(error: unknown): boolean {
  return (error as { code?: string }).code === "HUB_UNAVAILABLE";
}

/** Three workers on strings. */
export class Puppets {
  readonly #held: (Puppet | null)[] = [null, null, null];
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  get areIdle(): boolean {
    return this.#held.every((puppet) => puppet === null);
  }

  /** One effect of one worker; a worker that has ended starts anew. Answers whether it is still at work. */
  async step(worker: number, fate: Fate = "done"): Promise<boolean> {
    const scene = this.#scene;
    const name = `w${worker}`;
    let puppet = this.#held[worker] ?? null;
    if (puppet === null) {
      puppet = new Puppet(
        engineOf(scene.arena, scene.watch),
        DOCUMENTS,
        clockOf(scene),
        hazards(scene, name),
      );
      this.#held[worker] = puppet;
      await puppet.arrives();
    }
    if (fate !== "done" && puppet.next !== null) scene.coverage.note("crash point", `${fate} ${puppet.next}`);
    await puppet.step(fate);
    if (puppet.next === null) this.#held[worker] = null;
    return puppet.next !== null;
  }

  /** Two runs meet: `order` says who goes next. */
  async race(order: readonly number[]): Promise<void> {
    const working = [true, true];
    for (let i = 0; i < ENDLESS && working.some(Boolean); i++) {
      const worker = order[i % order.length]!;
      const next = working[worker] ? worker : 1 - worker;
      working[next] = await this.step(next);
    }
  }

  async finish(): Promise<void> {
    for (const worker of this.#held.keys()) {
      for (let i = 0; this.#held[worker] !== null && i < ENDLESS; i++) await this.step(worker);
    }
  }
}
