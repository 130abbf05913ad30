import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, appendFile, chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeData } from "./postgres-data.ts";
import { childrenOf, killQuietly, someAlive } from "./processes.ts";

const run = promisify(execFile);

export interface StartPostgresOptions {
  /** `pg_cron` is preloaded and bound to the database `postgres`; it must be installed (`postgresql-NN-cron`). */
  extensions?: "pg_cron"[];
  /** Turns fsync on, for tests that pull the plug. @default false */
  fsync?: boolean;
  /** Major version. @default the newest found */
  version?: number;
  /** Lines of postgresql.conf, over the ones made here. */
  settings?: Readonly<Record<string, string | number>>;
  /** Told of what the server logs, in pieces as they come. */
  log?(text: string): void;
}

export interface TestPostgres {
  url: string;
  version: number;
  /** Starts the same cluster again after `kill9` or `stop`. */
  restart(): Promise<void>;
  /** SIGKILL to the postmaster and all its children, as a power cut: unlogged tables are empty afterwards. */
  kill9(): Promise<void>;
  /** Stops and deletes the cluster. Safe to repeat. */
  stop(): Promise<void>;
}

/** The folders that hold a server's programs, newest major first. */
async function binFolders(): Promise<{ version: number; bin: string }[]> {
  const majors = await readdir("/usr/lib/postgresql").catch(() => [] as string[]);
  const candidates = majors.map((major) => ({
    version: Number(major),
    bin: `/usr/lib/postgresql/${major}/bin`,
  }));
  const configured = await run("pg_config", ["--bindir"]).catch(() => undefined);
  if (configured) {
    const bin = configured.stdout.trim();
    const { stdout } = await run("pg_config", ["--version"]);
    candidates.push({ version: Number(/\d+/.exec(stdout)?.[0]), bin });
  }
  const usable = [];
  for (const candidate of candidates) {
    const found = await access(join(candidate.bin, "initdb")).then(
      () => true,
      () => false,
    );
    if (found) usable.push(candidate);
  }
  return usable.sort((a, b) => b.version - a.version);
}

/** Whether `startPostgres` can work here; for `test({ skip })`. */
export async function hasPostgres({ extensions = [], version }: StartPostgresOptions = {}): Promise<boolean> {
  const found = (await binFolders()).find((folder) => !version || folder.version === version);
  if (!found) return false;
  if (!extensions.includes("pg_cron")) return true;
  return await access(`/usr/share/postgresql/${found.version}/extension/pg_cron.control`).then(
    () => true,
    () => false,
  );
}

/**
 * Starts a throw-away PostgreSQL on a free loopback port: superuser `postgres`, no password, no unix socket.
 * Postgres refuses to run as root; then everything runs as the system user `postgres`.
 * @throws when the programs are missing, saying what to install
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<TestPostgres> {
  const { extensions = [], fsync = false, version: wanted } = options;
  const found = (await binFolders()).find((folder) => !wanted || folder.version === wanted);
  if (!found)
    throw new Error(
      "Cannot start PostgreSQL as its programs are missing: install the Debian package postgresql",
    );
  if (!(await hasPostgres(options))) {
    throw new Error(
      `Cannot start PostgreSQL with pg_cron: install the Debian package postgresql-${found.version}-cron`,
    );
  }
  const { bin, version } = found;
  const folder = await mkdtemp(join(tmpdir(), "frontrow-postgres-"));
  const data = join(folder, "data");
  const asUser = process.getuid?.() === 0 ? await idsOf("postgres") : {};
  if (asUser.uid !== undefined) await chown(folder, asUser.uid, asUser.gid!);
  await makeData(bin, data, asUser);
  const port = await freePort();
  const settings = {
    listen_addresses: "'127.0.0.1'",
    port,
    unix_socket_directories: "''",
    fsync: fsync ? "on" : "off",
    synchronous_commit: fsync ? "on" : "off",
    full_page_writes: fsync ? "on" : "off",
    shared_buffers: "'32MB'",
    max_connections: 60,
    wal_level: "minimal",
    max_wal_senders: 0,
    timezone: "'UTC'",
    ...(extensions.includes("pg_cron")
      ? {
          shared_preload_libraries: "'pg_cron'",
          "cron.database_name": "'postgres'",
          "cron.use_background_workers": "on",
        }
      : {}),
    ...options.settings,
  };
  await appendFile(
    join(data, "postgresql.conf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );

  let server: ChildProcess | undefined;
  const start = async () => {
    let log = "";
    const child = spawn(join(bin, "postgres"), ["-D", data], {
      ...asUser,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = child;
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", (chunk) => {
        log = (log + chunk).slice(-4000);
        options.log?.(String(chunk));
        if (/database system is ready to accept connections/.test(log)) resolve();
      });
      child.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${log}`)));
      child.once("error", reject);
    });
  };
  const end = async (signal: "SIGINT" | "SIGKILL") => {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const children = signal === "SIGKILL" ? await childrenOf(child.pid!) : [];
    child.kill(signal); // SIGINT is the fast shutdown
    for (const pid of children) killQuietly(pid);
    await ended;
    // a new postmaster must not meet what is left of the old one
    while (await someAlive(children)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    version,
    restart: async () => {
      await end("SIGINT");
      await rm(join(data, "postmaster.pid"), { force: true });
      await start();
    },
    kill9: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGINT");
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function idsOf(user: string): Promise<{ uid?: number; gid?: number }> {
  const id = async (flag: string) => Number((await run("id", [flag, user])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
