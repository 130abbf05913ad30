/** The clone that a person stands in: `frontrow.yaml` with an origin, and a hub beside it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedConfig } from "../../../shared/collections/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { bindingOf, type Clone, type ConnectedClone, ownerOf } from "../../../shared/replica/clone.ts";
import type { Origin } from "../../../shared/replica/origin.ts";
import type { OpenClone } from "../../replica/open.ts";
import { addressOf } from "../frame/address.ts";
import { authorOf } from "../frame/author.ts";
import { type Chooses, chosenPaths } from "../frame/chosen-paths.ts";
import { loadConfig } from "../frame/config.ts";
import { type FoundProjectFile, projectFileOf } from "../frame/project-file.ts";
import { scrubbingOfProject } from "../frame/scrubbing.ts";
import type { Call } from "../frame/verb.ts";

/** Who wants to know what is being done. */
export type Watching = Pick<Clone, "onOutcome" | "onWork">;

export interface Ground {
  root: string;
  /** Where the documents are. */
  folder: string;
  project: FoundProjectFile;
  /** With `named` only what these files and folders are, and of that what `--filter` lets through. */
  open(watching?: Watching, named?: readonly string[]): Promise<OpenClone>;
  connect(watching?: Watching): Promise<ConnectedClone>;
}

export const HUB = ".frontrow/hub.db";

/** null: the person stands in none. */
export async function groundOf(call: Call): Promise<Ground | null> {
  const project = await projectFileOf(call);
  if (project?.origin == null || !existsSync(join(project.folder, HUB))) return null;
  return groundIn(project, call);
}

export function groundIn(project: FoundProjectFile, call: Call): Ground {
  const root = project.folder;
  const folder = join(root, project.directory.syncPath);

  async function open(watching: Watching = {}, named: readonly string[] = []): Promise<OpenClone> {
    const [{ openClone }, config, author, isNamed] = await Promise.all([
      import("../../replica/open.ts"),
      loadConfig(call),
      authorOf(call),
      chosenPaths(call, folder, named),
    ]);
    const clone = await openClone({
      root,
      folder,
      config: kept(config, project),
      author: author ?? null,
      strategy: project.conflicts,
      scrubbing: await scrubbingOfProject(call),
      signal: call.io.interruption(),
    });
    call.atEnd(async () => clone.close());
    const isChosen = both(inCollection(clone, call), isNamed);
    return Object.assign(clone, watching, isChosen === null ? {} : { isChosen });
  }

  return {
    root,
    folder,
    project,
    open,
    async connect(watching) {
      const clone = await open(watching);
      return Object.assign(clone, { origin: await originOf(project, call, clone.author) });
    },
  };
}

/** The origin that `frontrow.yaml` names. A person's token and a program's key are told apart by what is in them. */
export async function originOf(
  project: FoundProjectFile,
  call: Call,
  author: string | null,
): Promise<Origin> {
  // Not what the environment says: a clone has one origin.
  const named = { ...call, shared: { ...call.shared, url: project.origin!.url } };
  const [{ createOrigin }, { url, key }] = await Promise.all([
    import("../../../shared/replica/origin.ts"),
    addressOf(named),
  ]);
  const who = isPersons(key) ? { token: key } : { key, author: author ?? undefined };
  return createOrigin({ url, ...who, signal: call.io.interruption() });
}

/** Whether a key is a signed-in person's token, and no program's. */
export function isPersons(key: string): boolean {
  const [, payload] = key.split(".");
  if (!key.startsWith("eyJ") || payload === undefined) return false;
  try {
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))).role === "authenticated";
  } catch {
    return false;
  }
}

/** `--collection`. Others are in the clone all the same: their news are kept, and an id is rewritten in them. */
function inCollection(clone: Clone, { shared: { collection } }: Call): Chooses | null {
  if (collection === undefined) return null;
  bindingOf(clone, collection);
  return (path) => ownerOf(clone, path)?.collection.name === collection;
}

function both(one: Chooses | null, other: Chooses | null): Chooses | null {
  return one && other ? (path) => one(path) && other(path) : (one ?? other);
}

/** What `entityTypes` of `frontrow.yaml` leaves out is not in the clone at all. */
function kept(
  config: ResolvedConfig,
  { directory: { entityTypes: wanted } }: FoundProjectFile,
): ResolvedConfig {
  if (wanted === null) return config;
  const collections = config.collections.filter(({ name }) => wanted.includes(name));
  if (collections.length === 0)
    throw new FrontrowError("NOT_FOUND", `There is no collection "${wanted.join(", ")}" in this clone.`);
  return { ...config, collections };
}
