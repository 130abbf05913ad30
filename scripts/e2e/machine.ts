/**
 * One person's machine: a clone of the remote, whose files are the documents of a project. Run as a program it plays one
 * cycle, and dies where it is told to: `machine.ts '{"url":…,"key":…,"folder":…,"dieAt":"arrived"}'`.
 */
import process from "node:process";
import garden from "../../examples/garden/example.ts";
import { resolveConfig } from "../../shared/collections/mod.ts";
import { gitSettings } from "../../shared/config/git-settings.ts";
import { bind } from "../../shared/sync/binding.ts";
import { connect } from "../../shared/sync/connect.ts";
import { authorsFrom } from "../git/authors.ts";
import { createReconcile, readerOf } from "../git/reconcile-documents.ts";
import { openRepository, type Step } from "../git/repository.ts";
import { type Cycle, syncOnce } from "../git/sync.ts";
import { createReplica, type Replica } from "./replica.ts";

export interface MachineOptions {
  /** The project's. */
  url: string;
  key: string;
  /** The clone. */
  folder: string;
  /** The person who works here, as revisions name them. */
  caller?: string;
  onStep?(step: Step): void;
}

export interface Machine extends Replica {
  /** What the project has is written to files, committed, synced with the remote, and what came is brought into the project. */
  cycle(): Promise<Cycle>;
}

export async function openMachine({ url, key, folder, caller, onStep }: MachineOptions): Promise<Machine> {
  const connection = connect({ url, key, caller });
  const config = resolveConfig(garden.config);
  const bindings = await bind(config, await connection.hub.registered());
  const reconcile = createReconcile({
    readerOf(path) {
      const binding = bindings.get(replica.collectionOf(path) ?? "");
      return binding === undefined ? null : readerOf(binding);
    },
    onOverlap: () => undefined,
  });
  const replica: Replica = createReplica({ connection, config, bindings, folder, project: url, reconcile });
  const repository = await openRepository({
    folder,
    isDocument: (path) => replica.collectionOf(path) !== null,
    ...(onStep ? { onStep } : {}),
  });
  return {
    ...replica,
    async cycle() {
      await replica.pull();
      return await syncOnce(repository, {
        config: gitSettings({}, "full-automation"),
        reconcile,
        onPulled: (names) => replica.push(names),
        settle: () => replica.pull(),
        authorsOf: authorsFrom(connection.history, replica.collectionOf),
      });
    },
  };
}

if (import.meta.main) {
  const { dieAt, ...options } = JSON.parse(process.argv[2]!) as MachineOptions & { dieAt: Step };
  const machine = await openMachine({
    ...options,
    onStep(step) {
      if (step === dieAt) process.kill(process.pid, "SIGKILL");
    },
  });
  await machine.cycle();
  process.exit(0);
}
