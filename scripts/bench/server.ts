/** A project to measure on: the garden, on a throw-away PostgreSQL where Debian's is installed, else on PGlite. */
import type { Example } from "../../examples/example.ts";
import garden from "../../examples/garden/example.ts";
import type { Result } from "../../shared/sync/pass.ts";
import { hasPostgres, startPostgres } from "../local/postgres.ts";
import { openProject, type Project } from "../start/project.ts";

export interface Ground {
  project: Project;
  database: "postgres" | "pglite";
  /** Absent for PGlite, which is reached through the project alone. */
  databaseUrl?: string;
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
  return { project, database: "postgres", databaseUrl: server.url, stop };
}

/** Waits until nothing is pending and no worker holds anything. */
export async function quiet(project: Project, most = 120_000): Promise<void> {
  const busy =
    "exists (select from frontrow.dirty) or exists (select from frontrow.leases where until > clock_timestamp())";
  await until(project, `not (${busy})`, most);
}

/** Waits until no worker is awake any more either. */
export async function asleep(project: Project): Promise<void> {
  await quiet(project);
  await until(project, "not exists (select from frontrow.runs where finished_at is null)", 120_000);
}

async function until({ stack }: Project, condition: string, most: number): Promise<void> {
  const deadline = performance.now() + most;
  for (;;) {
    const [found] = await stack.sql.query<{ so: boolean }>(`select ${condition} as so`);
    if (found!.so) return;
    if (performance.now() > deadline) throw new Error(`still busy after ${most} ms`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
