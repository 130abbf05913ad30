/** A project to measure on: the garden, on a throw-away PostgreSQL where Debian's is installed, else on PGlite. */
import type { Example } from "../../examples/example.ts";
import garden from "../../examples/garden/example.ts";
import type { Result } from "../../shared/sync/pass.ts";
import { hasPostgres, startPostgres } from "../local/postgres.ts";
import { openProject, type Project } from "../start/project.ts";

export interface Ground {
  project: Project;
  database: "postgres" | "pglite";
  stop(): Promise<void>;
}

export async function openGround(
  onResults: (results: readonly Result[]) => void = () => undefined,
  example: Example = garden,
): Promise<Ground> {
  const withCron = { extensions: ["pg_cron" as const] };
  if (!(await hasPostgres(withCron))) {
    const project = await openProject({ example, dataDir: "memory", onResults });
    return { project, database: "pglite", stop: () => project.stop() };
  }
  const server = await startPostgres(withCron);
  const project = await openProject({
    example,
    dataDir: "memory",
    databaseUrl: server.url,
    onResults,
  });
  const stop = async (): Promise<void> => {
    await project.stop();
    await server.stop();
  };
  return { project, database: "postgres", stop };
}

/** Waits until nothing is pending and no worker holds anything. */
export async function quiet({ stack }: Project, most = 120_000): Promise<void> {
  const deadline = performance.now() + most;
  for (;;) {
    const [left] = await stack.sql.query<{ busy: boolean }>(
      "select exists (select from frontrow.dirty) or exists (select from frontrow.leases where until > clock_timestamp()) as busy",
    );
    if (!left!.busy) return;
    if (performance.now() > deadline) throw new Error(`still busy after ${most} ms`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
