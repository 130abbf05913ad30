/** Opens a clone: the folder, its hub in `.frontrow/hub.db`, and what the origin said of its collections. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedConfig } from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { RegisteredCollection } from "../../shared/hub/hub.ts";
import type { Clone } from "../../shared/replica/clone.ts";
import type { LocalHub } from "../../shared/replica/local-hub.ts";
import type { Origin } from "../../shared/replica/origin.ts";
import type { LocalStrategy } from "../../shared/replica/plan.ts";
import type { Scrubbing } from "../../shared/scrub/rules.ts";
import { openDirectoryStore } from "../../shared/stores/directory-store.ts";
import { bind } from "../../shared/sync/binding.ts";
import { disk } from "../directory/disk.ts";
import { openSqliteHub } from "./sqlite-hub.ts";

export interface OpenOptions {
  /** Where `.frontrow/` is. */
  root: string;
  /** Where the documents are. @default root */
  folder?: string;
  config: ResolvedConfig;
  author: string | null;
  /** @default "manual" */
  strategy?: LocalStrategy;
  /** What is taken out of what is written into the folder. @default null */
  scrubbing?: Scrubbing | null;
  signal?: AbortSignal;
  onOutcome?: Clone["onOutcome"];
}

export interface OpenClone extends Clone {
  /** Saves what was seen of the folder, and closes the hub. */
  close(): void;
}

const REGISTERED = "registered";
const ORIGIN = "origin";

/** @throws {FrontrowError} `NOT_REGISTERED` when this clone never heard what the origin's collections are. */
export async function openClone(options: OpenOptions): Promise<OpenClone> {
  const { root, folder = root, config, author, strategy = "manual", scrubbing = null } = options;
  const { signal, onOutcome } = options;
  const hub = openHub(root);
  try {
    const registered = hub.get(REGISTERED);
    if (registered === null)
      throw new FrontrowError("NOT_REGISTERED", `The clone in "${root}" never spoke with its origin.`, {
        path: root,
        hint: 'Run "frontrow init" where the origin can be reached.',
      });
    const bindings = await bind(config, JSON.parse(registered) as RegisteredCollection[]);
    const stamps = hub.stamps();
    const store = await openDirectoryStore({ disk, folder, stamps });
    return {
      hub,
      folder: store,
      config,
      bindings,
      author,
      strategy,
      scrubbing,
      signal,
      ...(onOutcome === undefined ? {} : { onOutcome }),
      close() {
        hub.saveStamps(stamps);
        hub.close();
      },
    };
  } catch (error) {
    hub.close();
    throw error;
  }
}

/**
 * Makes a clone's hub, or renews what it knows of the origin's collections. A hub of another origin is left alone.
 * @throws {FrontrowError} `PROJECT_MISMATCH`, or as the origin
 */
export async function initClone(root: string, origin: Origin): Promise<void> {
  const hub = openHub(root);
  try {
    const known = hub.get(ORIGIN);
    if (known !== null && known !== origin.url)
      throw new FrontrowError("PROJECT_MISMATCH", `The clone in "${root}" is one of ${known}.`, {
        path: root,
        hint: "Clone into another folder, or delete .frontrow/hub.db: it is rebuilt from the files and the origin.",
      });
    hub.set(REGISTERED, JSON.stringify(await origin.collections()));
    hub.set(ORIGIN, origin.url);
  } finally {
    hub.close();
  }
}

function openHub(root: string): LocalHub {
  const folder = join(root, ".frontrow");
  if (mkdirSync(folder, { recursive: true }) !== undefined)
    // Never in a repository: each clone has its own.
    writeFileSync(join(folder, ".gitignore"), "*\n");
  return openSqliteHub(join(folder, "hub.db"));
}
