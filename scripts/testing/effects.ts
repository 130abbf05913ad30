/**
 * The worker's effects, one at a time. Every call it makes of the hub or of a store goes through `run`, which may crash
 * the worker there, hold it back, or let another one go first.
 */
import { FrontrowError } from "../../shared/errors.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import type { Clock } from "../../shared/sync/budget.ts";
import { drain, type RunSummary } from "../../shared/sync/worker.ts";

/** `path`: of the object a store's effect is about. */
export type Run = <T>(effect: string, call: () => Promise<T>, path?: string) => Promise<T>;

/** What becomes of an effect. `lost`: it never arrives · `unanswered`: it is done, and nobody is told · `repeated`: twice. */
export type Fate = "done" | "lost" | "unanswered" | "repeated";

/** Makes the effect as its fate has it, and fails as the real clients do. */
export async function fated<T>(fate: Fate, effect: string, call: () => Promise<T>, path = ""): Promise<T> {
  if (fate !== "lost") {
    if (fate === "repeated") await call().catch(() => undefined);
    const answer = await call();
    if (fate !== "unanswered") return answer;
  }
  const isOfStore = ["read", "write", "remove"].includes(effect);
  const error = new FrontrowError(
    isOfStore ? "STORE_UNAVAILABLE" : "HUB_UNAVAILABLE",
    `No answer to "${effect}".`,
    {
      path,
    },
  );
  if (effect === "read") return { state: "unknown", error } as T;
  throw error;
}

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
        read: (...args) => run("read", () => store.read(...args), args[0]),
        write: (...args) => run("write", () => store.write(...args), args[0]),
        remove: (...args) => run("remove", () => store.remove(...args), args[0]),
      };
    },
  };
}

/** One run that does one thing after the other. */
export function drainInOrder(engine: Engine, documents = 20, clock?: Clock): Promise<RunSummary> {
  const limits = { linger: 0, requests: 1, documents, cpu: Number.POSITIVE_INFINITY };
  return drain({ ...engine, cause: "test", limits, ...(clock ? { clock } : {}) });
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

export function isCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && error.cause instanceof Crash);
}

/** A worker on strings: it does one effect per `step` and waits between them, for as long as one likes. */
export class Puppet {
  /** The effect it is about to have; null when its run has ended. */
  next: string | null = null;
  #go: ((fate: Fate) => void) | null = null;
  #arrived!: () => void;
  #arrival!: Promise<void>;
  #ended: Promise<void>;

  /** `around`: what else happens to each of its effects. */
  constructor(engine: Engine, documents = 20, clock?: Clock, around: Run = (_, call) => call()) {
    this.#expect();
    const run: Run = async (effect, call, path) => {
      this.next = effect;
      const gate = new Promise<Fate>((go) => {
        this.#go = go;
      });
      this.#arrived();
      const fate = await gate;
      return await around(effect, () => fated(fate, effect, call, path), path);
    };
    const ended = drainInOrder(withEffects(engine, run), documents, clock).then(
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

  /** Is about to have its first effect, or has ended. */
  arrives(): Promise<void> {
    return this.#arrival;
  }

  /** Has one effect; returns when it is about to have the next, or has ended. */
  async step(fate: Fate = "done"): Promise<void> {
    await this.#arrival;
    if (this.next === null) return;
    this.#expect();
    this.#go!(fate);
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
