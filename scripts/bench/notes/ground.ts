/** A project with the collection of notes, on PostgreSQL or PGlite. */
import { hasPostgres, startPostgres } from "../../local/postgres.ts";
import { openProject, type Project } from "../../start/project.ts";
import notes from "./example.ts";

export interface NotesGround {
  project: Project;
  database: "postgres" | "pglite";
  /** Of the PostgreSQL server, as superuser. */
  databaseUrl: string | undefined;
  /** Forgets every document, row, object and run; the collection stays registered. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export interface NotesGroundOptions {
  database: "postgres" | "pglite";
  /** Whether changes wake the worker, and cron runs: else only what is measured is at work. @default false */
  awake?: boolean;
}

/** Whether there is a PostgreSQL to measure on. */
export const postgresIsHere = (): Promise<boolean> => hasPostgres();

export async function openNotes({ database, awake = false }: NotesGroundOptions): Promise<NotesGround> {
  const server = database === "postgres" ? await startPostgres() : undefined;
  const project = await openProject({
    example: notes,
    dataDir: "memory",
    ...(server === undefined ? {} : { databaseUrl: server.url }),
  });
  const { sql } = project.stack;
  if (!awake) await sql.exec("delete from vault.secrets; delete from cron.job;");
  return {
    project,
    database,
    databaseUrl: server?.url,
    empty: () => empty(project),
    async stop() {
      await project.stop();
      await server?.stop();
    },
  };
}

/** What describes the project, not its documents. */
const KEPT = ["collections", "settings"];

async function empty({ stack: { sql, storage } }: Project): Promise<void> {
  const tables = await sql.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_catalog.pg_class as c
     where c.relkind = 'r' and (c.relnamespace = 'frontrow'::regnamespace and not c.relname = any ($1)
       or c.oid in ('public.notes'::regclass, 'public.plain_notes'::regclass, 'storage.objects'::regclass))`,
    [KEPT],
  );
  await sql.transaction(async (tx) => {
    // Nobody is told: this is no deletion of documents, the whole world begins anew.
    await tx.exec("set local session_replication_role = replica");
    await tx.exec(`truncate ${tables.map(({ name }) => name).join(", ")}`);
  });
  await storage.bodies.remove(await storage.bodies.versions());
}
