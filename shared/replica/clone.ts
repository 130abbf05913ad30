/** A clone: a folder of documents, its local hub, and the origin they come from. */
import { collectionOf, type ResolvedCollection, type ResolvedConfig } from "../collections/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { Scrubbing } from "../scrub/rules.ts";
import type { DirectoryStore } from "../stores/directory-store.ts";
import type { Binding } from "../sync/binding.ts";
import type { LocalHub } from "./local-hub.ts";
import type { Origin } from "./origin.ts";
import type { LocalStrategy } from "./plan.ts";

export interface Clone {
  hub: LocalHub;
  folder: DirectoryStore;
  config: ResolvedConfig;
  bindings: ReadonlyMap<string, Binding>;
  /** Who makes revisions here. */
  author: string | null;
  strategy: LocalStrategy;
  /** What is taken out of what is written into the folder; the hub has it all. @default null */
  scrubbing?: Scrubbing | null;
  /** Documents that are looked at; others are left as they are. @default all */
  isChosen?: ((path: string) => boolean) | undefined;
  /** Told how much there is to do, before it is begun. */
  onWork?: ((what: "taking in" | "merging" | "pushing", documents: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Told of every document that something happened to. */
  onOutcome?(one: CloneOutcome): void;
}

/** A clone that may speak with its origin. */
export interface ConnectedClone extends Clone {
  origin: Origin;
}

export interface CloneOutcome {
  collection: string;
  path: string;
  /** As the engine names them; besides `held` (the valve), `refused`, `accepted`, `busy`. */
  outcome: string;
  error?: FrontrowError;
}

/** The collection whose document a file is; null: none's. */
export function ownerOf({ config, bindings }: Clone, path: string): Binding | null {
  const owner = config.collections.find(
    (one: ResolvedCollection) => collectionOf(config, one.bucket, path) === one,
  );
  return (owner && bindings.get(owner.name)) ?? null;
}

/** @throws {FrontrowError} `NOT_FOUND` */
export function bindingOf({ bindings }: Clone, collection: string): Binding {
  const binding = bindings.get(collection);
  if (binding === undefined)
    throw new FrontrowError("NOT_FOUND", `There is no collection "${collection}" in this clone.`);
  return binding;
}
