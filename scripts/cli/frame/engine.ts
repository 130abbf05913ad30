/** The engine as a verb uses it: a project, the config, what is registered. */
import { collectionNamed, type ResolvedConfig } from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Report } from "../../../shared/hub/hub.ts";
import { type Binding, bind } from "../../../shared/sync/binding.ts";
import { LOCAL_LIMITS } from "../../../shared/sync/budget.ts";
import type { Result } from "../../../shared/sync/pass.ts";
import { register } from "../../../shared/sync/register.ts";
import { drain } from "../../../shared/sync/worker.ts";
import { authorOf } from "./author.ts";
import { loadConfig } from "./config.ts";
import { type Project, projectOf } from "./connection.ts";
import { leftIn, reportOf } from "./state.ts";
import type { Call } from "./verb.ts";

export interface Engine extends Project {
  config: ResolvedConfig;
  /** Of the chosen collection, or of all. */
  bindings: ReadonlyMap<string, Binding>;
  collection: string | undefined;
  /** Whether this call installed the config, as nothing was registered before. */
  isNew: boolean;
  /** Collections that the hub had no document of when it was asked. */
  isEmpty: ReadonlySet<string>;
}

/** A project alone, for verbs that need no config. Verbs by which a person decides say who that is (`signed`). */
export async function openProject(call: Call, { signed = false } = {}): Promise<Project> {
  return await projectOf(call, signed ? await authorOf(call) : undefined);
}

/** @throws {FrontrowError} `CONFIG_INVALID`, `NOT_FOUND` (the collection), `NOT_REGISTERED`, `HUB_UNAVAILABLE`, `UNAUTHORIZED` */
export async function openEngine(call: Call, { registerIfNone = false } = {}): Promise<Engine> {
  const collection = chosenCollection(call);
  const [config, caller] = await Promise.all([loadConfig(call), authorOf(call)]);
  if (collection !== undefined) collectionNamed(config, collection);
  const project = await projectOf(call, caller);
  const registered = await project.hub.registered();
  const isNew = registerIfNone && registered.length === 0;
  const all = isNew ? await register(project.hub, config) : await bind(config, registered);
  const bindings = new Map([...all].filter(([name]) => collection === undefined || name === collection));
  const known = new Map(registered.map(({ name, isEmpty = false }) => [name, isEmpty]));
  const isEmpty = new Set([...bindings.keys()].filter((name) => known.get(name) ?? true));
  return { ...project, config, bindings, collection, isNew, isEmpty };
}

/** The collection a verb's first argument or `--collection` names. */
export function chosenCollection({ arguments: [named], shared }: Call): string | undefined {
  if (named === undefined || shared.collection === undefined || named === shared.collection) {
    return named ?? shared.collection;
  }
  throw new FrontrowError(
    "USAGE",
    `Two collections are named: "${named}" and --collection "${shared.collection}".`,
  );
}

/** How long to wait for what another worker holds, in milliseconds. */
const PATIENCE = 15_000;
const PAUSE = 50;

/**
 * Works until nothing of the engine's collections is due, and answers what is left then. What another worker is at is
 * waited for a while; what backs off after a failure is not.
 */
export async function settle(
  engine: Engine,
  call: Call,
  onResults: (results: readonly Result[]) => void,
): Promise<Report> {
  const { hub, bindings, bucket } = engine;
  const signal = call.io.interruption();
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const { counts } = await drain({
      hub,
      bindings,
      bucket,
      cause: "cli",
      limits: LOCAL_LIMITS,
      signal,
      onResults,
    });
    const report = await reportOf(hub, engine.collection);
    const isMoving = report.running || (counts.stale ?? 0) + (counts.fenced ?? 0) > 0;
    if (leftIn(report) === 0 || !isMoving || signal.aborted || Date.now() > deadline) return report;
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}
