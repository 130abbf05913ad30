/** Exports the engine's collections into one folder: its manifest, every page, what is gone, and what a person is asked. */
import { access } from "node:fs/promises";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Scrubbing } from "../../../shared/scrub/rules.ts";
import { type Counts, count } from "../../../shared/scrub/segments.ts";
import { openDirectoryStore } from "../../../shared/stores/directory-store.ts";
import { disk } from "../../directory/disk.ts";
import { type Exporting, exportCollection, outcomeOf } from "../../directory/export.ts";
import { MANIFEST, type Manifest, readManifest, writeManifest } from "../../directory/manifest.ts";
import { goneFrom, isMany, removeGone } from "../../directory/prune.ts";
import type { Engine } from "./engine.ts";
import { plural } from "./text.ts";
import type { Call } from "./verb.ts";

/** Files written between two savings of the manifest, at least. */
const SAVE_EVERY = 1000;

export interface ExportRequest {
  folder: string;
  /** Whose documents they are: files of another project's export are not ours. */
  project: string;
  force: boolean;
  /** Remove the files of documents that are gone. */
  remove: boolean;
  portable: boolean;
  dryRun: boolean;
  /** What is taken out of what is written; null: nothing. */
  scrubbing: Scrubbing | null;
  onOutcome(): void;
}

export interface Exported {
  documents: number;
  counts: Record<string, number>;
  /** Files that differ and are not ours, by object name. */
  differs: string[];
  errors: FrontrowError[];
  /** Files of documents that are gone, and are still there. */
  gone: string[];
  /** Those of them that a person has to confirm. */
  held: string[];
  interrupted: boolean;
  /** Of what was written: values taken out, by their rules. */
  scrubbed: Counts;
}

export async function exportFolder(engine: Engine, call: Call, request: ExportRequest): Promise<Exported> {
  const { folder, project, force, remove, portable, dryRun, scrubbing } = request;
  const collections = engine.config.collections.filter(({ name }) => engine.bindings.has(name));
  const { problem, ...manifest } = await readManifest(folder, project);
  if (problem !== null) {
    call.out.note(`${MANIFEST} does not count, as ${problem}: no file is known to be an export's.`);
  }
  const maxBytes = Math.max(...collections.map(({ policies }) => policies.maxBytes));
  const store = await storeOf(request, manifest, maxBytes);
  const done: Exported = {
    documents: 0,
    counts: {},
    differs: [],
    errors: [],
    gone: [],
    held: [],
    interrupted: false,
    scrubbed: {},
  };

  let unsaved = 0;
  function note(path: string, outcome: string, error?: FrontrowError): void {
    done.counts[outcome] = (done.counts[outcome] ?? 0) + 1;
    if (outcome === "created" || outcome === "updated") unsaved++;
    if (outcome === "differs") done.differs.push(path);
    if (error !== undefined) done.errors.push(error);
    request.onOutcome();
  }
  const save = async (): Promise<void> => {
    if (!dryRun) await writeManifest(folder, project, manifest);
    unsaved = 0;
  };
  const exporting: Exporting = {
    history: engine.history,
    store,
    manifest,
    force,
    portable,
    dryRun,
    signal: call.io.interruption(),
    scrubbing,
    onScrubbed: (counts) => {
      for (const [label, values] of Object.entries(counts)) count(done.scrubbed, label, values);
    },
    onOutcome: note,
    // Every so often, so that it costs little in a large folder: what a crash forgets is found to be the same.
    onPage: async () => {
      if (unsaved >= Math.max(SAVE_EVERY, manifest.files.size / 10)) await save();
    },
  };

  const there = new Set<string>();
  for (const { name } of collections) {
    done.interrupted ||= !(await exportCollection(exporting, name, there));
  }
  done.documents = there.size;
  // Only a whole list shows what is gone.
  if (done.interrupted) {
    await save();
    return done;
  }
  for (const { name, policies } of collections) {
    const { removable, edited, unknown } = await goneFrom(store, manifest, name, there);
    if (!remove) {
      done.gone.push(...removable, ...edited);
      continue;
    }
    for (const path of edited) note(path, "differs");
    for (const { path, error } of unknown) note(path, outcomeOf(error), error);
    const remaining = [...manifest.files].filter(([path, one]) => one.collection === name && there.has(path));
    const isHeld =
      isMany(removable.length, remaining.length, policies.valve) &&
      !(await mayRemove(removable, call, dryRun));
    if (isHeld) done.held.push(...removable);
    else for (const path of removable) await removeOne(path);
  }
  await save();
  return done;

  async function removeOne(path: string): Promise<void> {
    try {
      if (!dryRun) await removeGone(store, manifest, path);
      note(path, "deleted");
    } catch (error) {
      if (!(error instanceof FrontrowError)) throw error;
      note(path, outcomeOf(error), error);
    }
  }
}

/** A dry run in a folder that is not there finds nothing in it. */
async function storeOf(
  { folder, portable, dryRun }: ExportRequest,
  { stamps, made }: Manifest,
  maxBytes: number,
): Promise<Exporting["store"]> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere || !dryRun) return await openDirectoryStore({ disk, folder, portable, maxBytes, stamps, made });
  const none = () => Promise.reject(new Error("a dry run writes nothing"));
  return { look: async () => ({ state: "absent" }), write: none, remove: none };
}

async function mayRemove(gone: readonly string[], { shared, io }: Call, dryRun: boolean): Promise<boolean> {
  if (dryRun || shared.yes) return true;
  return (
    io.ask !== null && (await io.ask(`Remove ${plural(gone.length, "file")} of documents that are gone?`))
  );
}
