/**
 * The worker's effects, one at a time. Every call it makes of the hub or of a store goes through `run`, which may crash
 * the worker there, hold it back, or let another one go first.
 */
import type { Hub } from "../../shared/hub/hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { drain, type RunSummary } from "../../shared/sync/worker.ts";

export type Run = <T>(effect: string, call: () => Promise<T>) => Promise<T>;

export interface Engine {
  hub: Hub;
  bucket(name: string): Store<Uint8Array>;
  bindings: ReadonlyMap<string, Binding>;
}

/** The same engine, each of its effects made by `run`. */
export function withEffects({ hub, bucket, bindings }: Engine, run: Run): Engine {
  const wrapped = new Proxy(hub, {
    get:
      (target, verb: string) =>
      (...args: unknown[]) =>
        run(verb, () => (target[verb as keyof Hub] as (...given: unknown[]) => Promise<unknown>)(...args)),
  });
  return {
    hub: wrapped,
    bindings,
    bucket(name) {
      const store = bucket(name);
      return {
        name: store.name,
        read: (...args) => run("read", () => store.read(...args)),
        write: (...args) => run("write", () => store.write(...args)),
        remove: (...args) => run("remove", () => store.remove(...args)),
      };
    },
  };
}

/** One run that does one thing after the other. */
export function drainInOrder(engine: Engine, documents = 20): Promise<RunSummary> {
  const limits = { linger: 0, requests: 1, documents, cpu: Number.POSITIVE_INFINITY };
  return drain({ ...engine, cause: "test", limits });
}

export class Crash extends Error {
  override readonly name = "Crash";
}

/** A place where a worker dies: before the effect is carried out, or after it and before its answer arrives. */
export interface CrashPoint {
  /** Counted from 1. */
  effect: number;
  when: "before" | "after";
}

/** Dies at the point, for good: nothing the dead worker still tries has an effect. Counts the effects it lived to see. */
export function crashing(point: CrashPoint | null): { run: Run; effects: string[] } {
  const effects: string[] = [];
  let dead = false;
  const run: Run = async (effect, call) => {
    if (dead) throw new Crash();
    effects.push(effect);
    const isHere = effects.length === point?.effect;
    if (isHere) dead = true;
    if (isHere && point?.when === "before") throw new Crash();
    const answer = await call();
    if (isHere) throw new Crash();
    return answer;
  };
  return { run, effects };
}

/** Drains until it crashes or ends. Answers the effects it had. */
export async function drainUntil(
  engine: Engine,
  point: CrashPoint | null,
  documents?: number,
): Promise<string[]> {
  const { run, effects } = crashing(point);
  try {
    await drainInOrder(withEffects(engine, run), documents);
  } catch (error) {
    if (!isCrash(error)) throw error;
  }
  return effects;
}

function isCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && error.cause instanceof Crash);
}

/** A worker on strings: it does one effect per `step` and waits between them, for as long as one likes. */
export class Puppet {
  /** The effect it is about to have; null when its run has ended. */
  next: string | null = null;
  #go: (() => void) | null = null;
  #arrived!: () => void;
  #arrival!: Promise<void>;
  #ended: Promise<void>;

  constructor(engine: Engine, documents = 20) {
    this.#expect();
    const run: Run = async (effect, call) => {
      this.next = effect;
      const gate = new Promise<void>((go) => {
        this.#go = go;
      });
      this.#arrived();
      await gate;
      return await call();
    };
    const ended = drainInOrder(withEffects(engine, run), documents).then(
      () => undefined,
      () => undefined,
    );
    this.#ended = ended.then(() => {
      this.next = null;
      this.#arrived();
    });
  }

  #expect(): void {
    this.#arrival = new Promise((arrived) => {
      this.#arrived = arrived;
    });
  }

  /** Has one effect; returns when it is about to have the next, or has ended. */
  async step(): Promise<void> {
    await this.#arrival;
    if (this.next === null) return;
    this.#expect();
    this.#go!();
    await this.#arrival;
  }

  /** Steps until it is about to have the effect. */
  async stepTo(effect: string): Promise<void> {
    await this.#arrival;
    while (this.next !== null && this.next !== effect) await this.step();
    if (this.next === null) throw new Error(`the run ended before "${effect}"`);
  }

  /** Steps to the end of its run. */
  async finish(): Promise<void> {
    await this.#arrival;
    while (this.next !== null) await this.step();
    await this.#ended;
  }
}
