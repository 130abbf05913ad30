/**
 * The files of a folder and the documents of a project, kept the same by the project's own tools: an export writes what is
 * new there, a push brings what is new here, made from the revision that the export left. Its manifest is all it remembers.
 */
import { collectionOf, type ResolvedConfig } from "../../shared/collections/mod.ts";
import { decode, encode } from "../../shared/document/bytes.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { versionOf } from "../../shared/stores/directory-read.ts";
import { type DirectoryStore, openDirectoryStore } from "../../shared/stores/directory-store.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { LOCAL_LIMITS } from "../../shared/sync/budget.ts";
import type { Connection } from "../../shared/sync/connect.ts";
import { type PushAnswer, pushDocuments } from "../../shared/sync/push.ts";
import { disk } from "../directory/disk.ts";
import { exportCollection } from "../directory/export.ts";
import { type Manifest, readManifest, writeManifest } from "../directory/manifest.ts";
import { goneFrom, removeGone } from "../directory/prune.ts";
import type { Reconcile } from "../git/reconcile.ts";
import { eventually } from "./case.ts";

export interface ReplicaOptions {
  connection: Connection;
  config: ResolvedConfig;
  bindings: ReadonlyMap<string, Binding>;
  folder: string;
  /** Whose documents these are. */
  project: string;
  reconcile: Reconcile;
}

export interface Replica {
  /** The collection of an object name; null: no document. */
  collectionOf(path: string): string | null;
  /** Brings what these files say into the project; what is there by now is merged in, and into the file. */
  push(paths: Iterable<string>): Promise<void>;
  /** Writes what the project has into the folder, once it has nothing under way. */
  pull(): Promise<void>;
}

/** A document that others keep changing is pushed again, at most. */
const TRIES = 20;

export function createReplica(options: ReplicaOptions): Replica {
  const { connection, config, bindings, folder, project, reconcile } = options;
  const { hub, history, peer, bucket } = connection;
  const find = (path: string): string | null => {
    for (const one of config.collections) if (collectionOf(config, one.bucket, path)) return one.name;
    return null;
  };

  async function withFolder<T>(use: (manifest: Manifest, store: DirectoryStore) => Promise<T>): Promise<T> {
    const manifest = await readManifest(folder, project);
    const { stamps, made } = manifest;
    const done = await use(manifest, await openDirectoryStore({ disk, folder, stamps, made }));
    await writeManifest(folder, project, manifest);
    return done;
  }

  async function pushOne(path: string, manifest: Manifest, store: DirectoryStore): Promise<void> {
    const collection = find(path);
    if (collection === null) return;
    for (let tries = 1; tries <= TRIES; tries++) {
      const known = manifest.files.get(path);
      const file = await fileAt(store, path);
      if ((file === null && known === undefined) || (file !== null && known?.version === file.version))
        return;
      const item = { collection, path, expected: known?.revision ?? null, text: file?.text ?? null };
      const [answer] = (await pushDocuments({
        hub,
        peer,
        bindings,
        bucket,
        request: crypto.randomUUID(),
        reader: "",
        items: [item],
        limits: LOCAL_LIMITS,
      })) as [PushAnswer];
      if (answer.outcome === "accepted") {
        if (file === null || answer.revision == null) manifest.files.delete(path);
        else manifest.files.set(path, { collection, revision: answer.revision, version: file.version });
        return;
      }
      if (answer.outcome === "newer") await mergeNewer(path, collection, answer, manifest, store);
      else if (answer.outcome !== "busy") {
        throw new FrontrowError(
          "IN_THE_WAY",
          `"${path}" is ${answer.outcome}: ${answer.message ?? answer.code}`,
        );
      }
    }
    throw new FrontrowError("REPLICA_MOVED", `"${path}" moved on each time.`);
  }

  /** The file becomes what both made of it, and the next push is made from the newer revision. */
  async function mergeNewer(
    path: string,
    collection: string,
    { revision, text }: PushAnswer,
    manifest: Manifest,
    store: DirectoryStore,
  ): Promise<void> {
    const known = manifest.files.get(path);
    const base =
      known === undefined
        ? null
        : (await history.revision({ collection, path, revision: known.revision })).text;
    const file = await fileAt(store, path);
    const theirs = text ?? null;
    const merged = (await reconcile({ path, base, ours: file?.text ?? null, theirs })).text;
    const permit = { base: file?.version ?? null, intent: null };
    if (merged === null) await store.remove(path, permit);
    else if (merged !== file?.text) await store.write(path, encode(merged), permit);
    if (theirs === null || revision == null) manifest.files.delete(path);
    else manifest.files.set(path, { collection, revision, version: await versionOf(encode(theirs)) });
  }

  return {
    collectionOf: find,
    push: (paths) =>
      withFolder(async (manifest, store) => {
        for (const path of paths) await pushOne(path, manifest, store);
      }),
    async pull() {
      const isQuiet = async () =>
        (await hub.report()).collections.every((one) => one.pending + one.in_flight === 0);
      if (!(await eventually(isQuiet))) throw new Error("the project does not come to rest");
      await withFolder(async (manifest, store) => {
        const there = new Set<string>();
        for (const collection of bindings.keys()) {
          await exportCollection(
            {
              history,
              store,
              manifest,
              force: false,
              portable: true,
              dryRun: false,
              signal: new AbortController().signal,
              onOutcome: () => undefined,
              onPage: () => Promise.resolve(),
            },
            collection,
            there,
          );
          const { removable } = await goneFrom(store, manifest, collection, there);
          for (const path of removable) await removeGone(store, manifest, path);
        }
      });
    },
  };
}

async function fileAt(
  store: DirectoryStore,
  path: string,
): Promise<{ text: string; version: string } | null> {
  const seen = await store.look(path);
  if (seen.state === "unknown") throw seen.error;
  if (seen.state === "absent") return null;
  const found = await store.read(path, seen);
  if (found.state === "unknown") throw found.error;
  return found.state === "absent" ? null : { text: decode(found.content), version: found.version };
}
